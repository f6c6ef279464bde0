"""Chamber staff is mailed what waits for it, in its language, once, and may choose not to be."""

import pytest
from django.utils import translation

from chambers.models import Delivery, Mail, Topic
from chambers.services.memberships import apply_for_membership
from chambers.services.topics import choices_of, choose_delivery
from marketplace.models import Dispute, Feedback
from marketplace.services import direct, outcomes
from tests import factories
from tests.marketplace.direct_world import side, soon
from tests.marketplace.test_feedback import Past
from tests.marketplace.test_outcomes import Signed

pytestmark = pytest.mark.django_db
Said = Feedback.Said


def mails(kind):
    return list(Mail.objects.filter(kind=kind).order_by("pk"))


def test_a_contradiction_at_an_event_is_mailed_to_its_organiser_each_time_it_opens():
    past = Past()
    factories.StaffFactory(chamber=past.event.chamber, role="viewer")
    past.says("host", Said.HELD)
    assert mails("chamber_dispute") == []

    past.says("guest", Said.THEY_MISSED)

    (mail,) = mails("chamber_dispute")
    names = [one.registration.company.legal_name for one in (past.host, past.guest)]
    assert (mail.to, mail.chamber) == (past.manager.email, past.event.chamber)
    assert mail.subject.startswith("Please settle: what happened at ")
    for line in (f"- {names[0]}: {Said.HELD.label}", f"- {names[1]}: {Said.THEY_MISSED.label}"):
        assert line in mail.text
    assert f"/admin/marketplace/dispute/{Dispute.objects.get().pk}/change/" in mail.text
    assert mail.html
    assert "Choose which mails you get" in mail.html

    past.says("guest", Said.HELD)
    assert len(mails("chamber_dispute")) == 1
    past.says("guest", Said.THEY_MISSED)
    assert len(mails("chamber_dispute")) == 2


class Direct:
    """Two companies that agree on a meeting outside events with an interpreter."""

    def __init__(self):
        self.anna, self.keiko = side("Romashka"), side("Asahi", "Asia/Tokyo", "JP")
        chambers = [one.company.memberships.get().chamber for one in (self.anna, self.keiko)]
        self.ours, self.theirs = (
            factories.StaffFactory(chamber=one, person__language="ru").person for one in chambers
        )
        request = direct.ask_directly(
            self.anna.company,
            self.keiko.company,
            by=self.anna.person,
            times=[(soon(), 30)],
            message="Our secret price is 7",
            wants_interpreter=True,
        )
        self.meeting = direct.accept(request, by=self.keiko.person, slot=request.slots.first())


def test_a_wish_for_an_interpreter_goes_to_the_chamber_of_who_asked_and_tells_no_word_of_theirs():
    world = Direct()

    (mail,) = mails("chamber_interpreter")

    assert mail.to == world.ours.email
    assert mail.language == "ru"
    assert f"/admin/marketplace/interpreterwish/{world.meeting.interpreter_wish.pk}/" in mail.text
    assert "Asahi × Romashka" in mail.text
    assert "secret" not in mail.text + mail.html


def test_a_paper_goes_to_the_chambers_of_both_but_not_to_who_speaks_for_one_of_them():
    signed = Signed()
    factories.RepresentativeFactory(company=signed.ours, person=signed.chamber)
    own = signed.ours.memberships.get().chamber
    judge = factories.StaffFactory(chamber=own).person
    outcome = signed.report()
    assert mails("chamber_outcome") == []

    outcomes.confirm_outcome(outcome, by=signed.they)

    (mail,) = mails("chamber_outcome")
    assert (mail.to, mail.chamber) == (judge.email, own)
    assert mail.subject.startswith(f"Please confirm {outcome.reference}: ")
    assert "1,250,000.00 RUB" in mail.text


def test_an_application_goes_to_the_managers_of_its_chamber():
    chamber = factories.ChamberFactory()
    manager = factories.StaffFactory(chamber=chamber, person__language="ja").person
    factories.StaffFactory(chamber=chamber, role="viewer")
    factories.StaffFactory()
    owner = factories.RepresentativeFactory(role="owner")

    made = apply_for_membership(owner.company, to=chamber, by=owner.person)
    apply_for_membership(factories.CompanyFactory(), to=chamber)

    (mail,) = mails("chamber_membership")
    assert (mail.to, mail.language, mail.chamber) == (manager.email, "ja", chamber)
    assert owner.company.legal_name in mail.subject
    assert f"/admin/chambers/membership/{made.pk}/change/" in mail.text


def test_only_staff_chooses_about_mails_of_their_work_and_may_end_them():
    past = Past()
    assert Topic.CHAMBER in choices_of(past.manager)
    assert Topic.CHAMBER not in choices_of(past.host.person)
    choose_delivery(past.manager, Topic.CHAMBER, Delivery.OFF)

    past.says("host", Said.HELD)
    past.says("guest", Said.THEY_MISSED)

    assert [one.state for one in mails("chamber_dispute")] == [Mail.State.OFF]


def test_names_that_look_like_markup_stay_text():
    past = Past()
    company = past.host.registration.company
    company.legal_name = "<b>Bold</b> http://evil.example"
    company.save()
    with translation.override("en"):
        past.says("host", Said.HELD)
        past.says("guest", Said.THEY_MISSED)

    (mail,) = mails("chamber_dispute")
    assert "<b>Bold" not in mail.html
    assert 'href="http://evil' not in mail.html
