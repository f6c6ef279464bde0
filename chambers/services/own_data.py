"""What the chambers hold of a person: account, roles, invitations, files, mails."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext as _

from chambers.models import ApiToken, Company, Document, MailChoice, Representative, User
from chambers.models.joining import Invitation, JoinRequest
from chambers.services.account import (
    PERSONAL,
    Held,
    addresses_of,
    holds,
    mails_of,
    to_any_of,
)


@holds
def _account(person: User) -> Iterator[Held]:
    """The account itself, and for whom the person acts."""
    yield Held(
        "account",
        _("Your account"),
        ["email", "name", "language", "time_zone", "joined_at", "last_sign_in"],
        [
            [
                person.email,
                person.name,
                person.language,
                person.time_zone,
                person.joined_at,
                person.last_login,
            ]
        ],
    )
    speaks = Representative.objects.filter(person=person).select_related("company")
    yield Held(
        "companies",
        _("Companies that you act for"),
        ["company", "role"],
        [[one.company.legal_name, str(one.get_role_display())] for one in speaks],
    )
    yield Held(
        "chambers",
        _("Chambers that you work for"),
        ["chamber", "role"],
        [
            [one.chamber.name, str(one.get_role_display())]
            for one in person.staff_roles.select_related("chamber")
        ],
    )


@holds
def _asked_and_got(person: User) -> Iterator[Held]:
    """What the person asked companies, gave to programs, chose to be mailed, and was mailed."""
    asked = JoinRequest.objects.filter(person=person).select_related("company").order_by("asked_at")
    # Who found a company by its number alone has not been told its name, and is not now.
    shown = Company.objects.visible_to(person).filter(join_requests__person=person)
    named = set(shown.values_list("pk", flat=True))
    yield Held(
        "requests_to_join",
        _("Companies that you asked to join"),
        ["company", "message", "state", "asked_at"],
        [
            [
                one.company.legal_name
                if one.company_id in named
                else one.company.registration_number,
                one.message,
                one.state,
                one.asked_at,
            ]
            for one in asked
        ],
    )
    tokens = ApiToken.objects.filter(user=person).order_by("created")
    yield Held(
        "api_tokens",
        _("Keys of your programs, without the keys"),
        ["name", "scopes", "created", "expires", "last_used_on"],
        [
            [one.name, " ".join(one.scopes), one.created, one.expiry, one.last_used_on]
            for one in tokens
        ],
    )
    choices = MailChoice.objects.filter(person=person).order_by("topic")
    yield Held(
        "mail_choices",
        _("What you want mail about"),
        ["topic", "delivery"],
        [[str(one.get_topic_display()), str(one.get_delivery_display())] for one in choices],
    )
    mails = mails_of(person).order_by("created_at", "pk")
    yield Held(
        "mails",
        _("Mails that were written to you"),
        ["written", "sent", "subject", "text"],
        [
            [
                one.created_at,
                one.sent_at,
                one.subject,
                _("Not kept here: it held a personal link.") if one.kind in PERSONAL else one.text,
            ]
            for one in mails
        ],
    )


@holds
def _signs_in(person: User) -> Iterator[Held]:
    """How the person is known and signs in; what they did in the administration."""
    addresses = EmailAddress.objects.filter(user=person).order_by("pk")
    yield Held(
        "addresses",
        _("Your e-mail addresses"),
        ["email", "confirmed", "primary"],
        [[one.email, _yes_or_no(one.verified), _yes_or_no(one.primary)] for one in addresses],
    )
    factors = Authenticator.objects.filter(user=person).order_by("pk")
    yield Held(
        "second_factors",
        _("Your second factors, without their secrets"),
        ["type", "created", "last_used"],
        [[one.type, one.created_at, one.last_used_at] for one in factors],
    )
    done = LogEntry.objects.filter(user=person).select_related("content_type")
    yield Held(
        "administration",
        _("What you did in the administration"),
        ["at", "what", "action"],
        [
            [one.action_time, str(one.content_type or ""), str(one.get_action_flag_display())]
            for one in done.order_by("pk")
        ],
    )


@holds
def _gave(person: User) -> Iterator[Held]:
    """Invitations to and by the person, and the files they put up."""
    invited = Invitation.objects.filter(to_any_of(addresses_of(person)))
    yield Held(
        "invitations",
        _("Companies that invited you"),
        ["company", "role", "state", "sent_at"],
        [
            [one.company.told, str(one.get_role_display()), one.state, one.sent_at]
            for one in invited.select_related("company").order_by("pk")
        ],
    )
    sent = Invitation.objects.filter(invited_by=person).select_related("company")
    yield Held(
        "invited",
        _("Colleagues whom you invited"),
        ["email", "company", "role", "state", "sent_at"],
        [
            [one.email, one.company.told, str(one.get_role_display()), one.state, one.sent_at]
            for one in sent.order_by("pk")
        ],
    )
    files = Document.objects.filter(uploaded_by=person).select_related("company")
    yield Held(
        "files",
        _("Files that you put up for companies"),
        ["uploaded", "company", "kind", "name", "size"],
        [
            [
                one.created_at,
                one.company.told,
                str(one.get_kind_display()),
                one.name,
                one.size,
            ]
            for one in files.order_by("pk")
        ],
    )


def _yes_or_no(value: bool) -> str:
    return _("yes") if value else _("no")
