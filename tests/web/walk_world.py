"""A world in which every page that no other walk visits has something to show, and their list."""

import time
from importlib import import_module

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.urls import reverse

from chambers.services import links
from chambers.services.joining import secret_of
from marketplace.models import Feedback
from marketplace.services import desk, direct, feeds, interests
from marketplace.services.conversations import begin_conversation, write_message
from marketplace.services.searches import _STOP, save_search
from tests import event_factories as make
from tests import factories
from tests.marketplace import interest_world
from tests.marketplace.direct_world import side, soon
from tests.marketplace.test_outcomes import Signed


class World:
    """``we`` and ``they`` have met and write to each other; ``anna`` and ``keiko`` have not."""

    def __init__(self):
        self.signed = Signed()
        self.we, self.they = self.signed.we, self.signed.they
        self.ours, self.theirs = self.signed.ours, self.signed.theirs
        self.signed.says("guest", Feedback.Said.HELD)
        self.outcome = self.signed.report()
        asked = begin_conversation(self.ours, self.theirs, by=self.we, text="Do you make valves?")
        self.talk = asked.conversation
        self.answer = write_message(
            self.talk, company=self.theirs, by=self.they, text="Yes, in brass and in steel."
        )
        self.search = save_search(by=self.we, kind="companies", query="q=pump", name="Pumps")
        feeds.open_feed(self.we, name="My phone")
        self.colleague = factories.RepresentativeFactory(company=self.ours, role="editor").person
        self.asks = factories.JoinRequestFactory(company=self.ours, message="I work in sales")
        self.invited = factories.InvitationFactory(company=self.ours)
        self.mail = factories.MailFactory(
            html="<p>Good day</p>", text="Good day\nhttp://x.example/"
        )
        self.person = make.ParticipantFactory(
            registration__company=self.ours, person=self.colleague, name="Boris"
        )
        self._outside_events()
        self._interest()
        self._accounts()

    def _outside_events(self):
        """A meeting outside events that is agreed, and a request that waits."""
        keiko = side("株式会社アサヒ計装", "Asia/Tokyo", "JP")
        self.partner, self.other = keiko.company, side("Minsk Instruments").company
        asked = direct.ask_directly(
            self.ours, keiko.company, by=self.we, times=[(soon(), 30)], link="https://x.example/1"
        )
        self.meeting = direct.accept(asked, by=keiko.person, slot=asked.slots.get())
        make.MeetingRequestFactory(event=self.person.registration.event)
        self.offer = factories.OpportunityFactory(published=True, company=self.other)

    def _interest(self):
        """Of keiko's company in anna's offer, with anna."""
        scene = interest_world.build()
        self.anna, self.keiko = scene.anna, scene.keiko
        interest = interests.forward_interest(scene.express(), by=scene.sato)
        self.interest = interests.forward_interest(interest, by=scene.irina)

    def _accounts(self):
        """``guarded`` signs in with a second factor; ``new`` has not confirmed the address."""
        self.guarded, self.new = factories.UserFactory(), factories.UserFactory()
        for person in (self.we, self.guarded, self.new):
            EmailAddress.objects.create(
                user=person, email=person.email, verified=person != self.new, primary=True
            )
        TOTP.activate(self.guarded, generate_totp_secret())
        RecoveryCodes.activate(self.guarded)
        self.confirmation = EmailConfirmationHMAC(EmailAddress.objects.get(user=self.new)).key
        self.reset = (user_pk_to_url_str(self.new), default_token_generator.make_token(self.new))


def freshly_signed_in(tab):
    """The password was given a moment ago: what asks for it again opens at once."""
    (cookie,) = [
        one for one in tab.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME
    ]
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookie["value"])
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()


def pages(world):
    """{reader: [(name of the address, address)]} of everything to be looked at."""
    talk, meeting = world.talk.public_id, world.meeting.public_id
    of_us = [
        ("searches",),
        ("search-new", "companies"),
        ("search", world.search.public_id),
        ("calendars",),
        ("tokens",),
        ("mail-choices",),
        ("conversations",),
        ("conversation", talk),
        ("message-report", world.answer.public_id),
        ("company-message", world.partner.public_id),
        ("opportunity-message", world.offer.public_id),
        ("meeting-message", world.signed.meeting.public_id),
        ("meeting-link", world.signed.meeting.public_id),
        ("join-request", world.asks.public_id),
        ("person", world.colleague.public_id),
        ("participant", world.person.public_id),
        ("participant-remove", world.person.public_id),
        ("meetings",),
        ("direct-ask", world.other.public_id),
        ("direct-join", world.other.public_id),
        ("meeting-where", meeting),
        ("meeting-colleague", meeting),
        ("account-delete",),
        ("account_reauthenticate",),
        ("account_email",),
        ("account_change_password",),
        ("mfa_activate_totp",),
    ]
    of_guests = [
        (
            "link",
            links.link(_STOP, person=world.we, key=str(world.search.public_id)).split("/")[-2],
        ),
        ("display", desk.open_display(world.signed.event, by=None)),
        ("invitation", secret_of(world.invited)),
        ("demo-mails",),
        ("demo-mail", world.mail.public_id),
        ("account_inactive",),
        ("account_email_verification_sent",),
        ("account_confirm_email", world.confirmation),
        ("account_confirm_email", "unknown"),
        ("account_reset_password_done",),
        ("account_reset_password_from_key", *world.reset),
        ("account_reset_password_from_key", "a", "unknown"),
        ("account_reset_password_from_key_done",),
    ]
    of_guarded = [
        ("mfa_view_recovery_codes",),
        ("mfa_generate_recovery_codes",),
        ("mfa_deactivate_totp",),
        ("mfa_reauthenticate",),
    ]
    interest = world.interest.public_id
    named = {
        world.we: of_us,
        world.they: [("outcome-refuse", world.outcome.public_id)],
        world.anna: [("interest-question", interest)],
        world.keiko: [("interest-withdraw", interest)],
        world.guarded: of_guarded,
        None: of_guests,
    }
    return {
        reader: [(name, reverse(name, args=keys)) for name, *keys in rows]
        for reader, rows in named.items()
    }
