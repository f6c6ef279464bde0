"""How people come to speak for a company: they enter it, ask to join it, or are invited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import (
    Chamber,
    Company,
    Country,
    Invitation,
    JoinRequest,
    Representative,
    User,
    site_language,
)
from chambers.selectors.joining import candidates, numbered
from chambers.selectors.staff import managers_of
from chambers.services.companies import create_company, demand_plain_names
from chambers.services.mail import queue_mail
from chambers.services.people import add_representative
from chambers.services.representatives import demand_main_contact, hold_company, main_contacts

Role = Representative.Role
MOST_REQUESTS = 5  # that one person may have waiting
MOST_UNADMITTED = 3  # companies of one main contact that no chamber has admitted
MOST_INVITATIONS = 20  # of one company that wait for an answer or were sent within a day
MOST_UNKNOWN_INVITATIONS = 5  # the same of a company that no chamber has admitted
ANEW_AFTER = dt.timedelta(days=1)  # an address is not mailed again sooner
ASK_AGAIN_AFTER = dt.timedelta(days=30)  # a company that declined is left alone so long
INVITED_FOR = dt.timedelta(days=14)
_SALT = "chambers.invitation"


@transaction.atomic
def register_company(
    *,
    legal_name: str,
    country: Country,
    registration_number: str,
    by: User,
    legal_name_latin: str = "",
    is_new: bool = False,
    **fields: Any,
) -> Company:
    """Save a company that its own people enter; ``by`` becomes its main contact.

    Raises ValidationError ``address`` for a web address as a name, ``already_registered`` for a
    known number, ``alike`` where a company of
    that country has such a name in any script, unless ``is_new`` says that it is another one, and
    ``too_many_companies`` for who has entered several that no chamber knows.
    """
    demand_plain_names(legal_name=legal_name, legal_name_latin=legal_name_latin)
    _hold_person(by)
    # Two who write the same number with other spaces are no breach of the unique one.
    Country.objects.select_for_update(no_key=True).get(pk=country.pk)
    if numbered(country, registration_number).exists():
        raise _already_registered()
    called = [legal_name, legal_name_latin]
    if not is_new and candidates(country, called=called, by=by):
        raise ValidationError(
            _(
                "There are companies with such a name. If one of them is yours, ask to join it; "
                "if not, tick that none is."
            ),
            code="alike",
        )
    if _unadmitted(by) >= MOST_UNADMITTED:
        raise ValidationError(
            _(
                "You have entered %(most)d companies that no chamber has admitted yet. Apply for "
                "membership of a chamber with one of them first."
            ),
            code="too_many_companies",
            params={"most": MOST_UNADMITTED},
        )
    try:
        with transaction.atomic():
            return create_company(
                legal_name=legal_name,
                legal_name_latin=legal_name_latin.strip(),
                country=country,
                registration_number=" ".join(registration_number.split()),
                owner=by,
                **fields,
            )
    except IntegrityError as error:  # somebody entered it at the same moment
        raise _already_registered() from error


@transaction.atomic
def ask_to_join(company: Company, *, by: User, message: str = "") -> JoinRequest:
    """Ask the main contacts of a company to be one of its people; its chambers if it has none.

    Raises ValidationError ``already_representative``, ``already_asked``, ``asked_again`` within
    ``ASK_AGAIN_AFTER`` of a refusal, ``too_many_requests``, or ``nobody_answers`` where it has
    neither people nor a chamber that somebody manages.
    """
    _hold_person(by)
    if Representative.objects.filter(company=company, person=by).exists():
        raise ValidationError(
            _("You speak for this company already."), code="already_representative"
        )
    before = JoinRequest.objects.filter(person=by)
    if before.pending().count() >= MOST_REQUESTS:
        raise ValidationError(
            _("You wait for answers of %(most)d companies. Withdraw a request to ask another."),
            code="too_many_requests",
            params={"most": MOST_REQUESTS},
        )
    refused = before.filter(
        company=company,
        state=JoinRequest.State.DECLINED,
        answered_at__gt=timezone.now() - ASK_AGAIN_AFTER,
    )
    if refused.exists():
        raise ValidationError(
            _("This company declined within the last %(days)d days. Speak to your colleagues."),
            code="asked_again",
            params={"days": ASK_AGAIN_AFTER.days},
        )
    request = JoinRequest(company=company, person=by, message=" ".join(message.split()))
    request.full_clean()
    readers = [*who_answers(company)]
    if not readers:
        raise ValidationError(
            _(
                "Nobody can answer for this company yet: it has no main contact here, and no"
                " chamber that has admitted it has a manager here. Write to its chamber, then ask"
                " again."
            ),
            code="nobody_answers",
        )
    request.save()
    for reader, chamber in readers:
        context = {"request": request, "by_chamber": chamber is not None}
        queue_mail("join_asked", to=reader, chamber=chamber, context=context)
    return request


@transaction.atomic
def accept_join_request(request: JoinRequest, *, by: User, role: str = Role.EDITOR) -> JoinRequest:
    """Let who asked speak for the company, and tell them.

    The first of a company without a main contact becomes that, whatever ``role`` says.
    Raises ValidationError ``already_answered``, PermissionDenied unless ``by`` is a main contact
    of the company or manages a chamber of it.
    """
    request = _lock_request(request, by)
    company = request.company
    if not main_contacts(company):
        role = Role.OWNER
    if not Representative.objects.filter(company=company, person=request.person).exists():
        add_representative(request.person, to=company, role=role)
    _answer(request, JoinRequest.State.ACCEPTED, by)
    queue_mail(
        "join_accepted",
        to=request.person,
        context={"request": request, "role": Role(role).label, "decided_by": by},
    )
    return request


@transaction.atomic
def decline_join_request(request: JoinRequest, *, by: User, reason: str = "") -> JoinRequest:
    """Refuse who asked; the reason, if any, is told to them. Raises as ``accept_join_request``."""
    request = _lock_request(request, by)
    request.reason = " ".join(reason.split())
    _answer(request, JoinRequest.State.DECLINED, by)
    # Who found a company by its number alone has not been told its name, and is not now.
    named = Company.objects.visible_to(request.person).filter(pk=request.company_id).exists()
    context = {"request": request, "named": named}
    queue_mail("join_declined", to=request.person, context=context)
    return request


@transaction.atomic
def withdraw_join_request(request: JoinRequest, *, by: User) -> JoinRequest:
    """Take one's own request back.

    Raises ValidationError ``already_answered``, PermissionDenied for anybody else's.
    """
    if request.person_id != by.pk:
        raise PermissionDenied(_("Only who asked may withdraw the request."))
    locked = _pending(request)
    _answer(locked, JoinRequest.State.WITHDRAWN, by)
    return locked


@transaction.atomic
def invite_person(company: Company, *, email: str, role: str, by: User) -> Invitation:
    """Ask whoever reads an address to speak for a company; the mail brings a link for them alone.

    An invitation that waits is sent anew, with the role of now. Raises ValidationError
    ``already_representative``, ``already_invited`` within ``ANEW_AFTER``, ``too_many_invitations``,
    PermissionDenied unless ``by`` is a main contact.
    """
    hold_company(company)
    demand_main_contact(by, company)
    address = email.strip().lower()
    reader = _reader(address)
    if reader and Representative.objects.filter(company=company, person=reader).exists():
        raise _on(
            "email", _("This person already speaks for the company."), "already_representative"
        )
    invitation = _invitation_to(company, address)
    invitation.role, invitation.invited_by, invitation.sent_at = role, by, timezone.now()
    invitation.expires_at = invitation.sent_at + INVITED_FOR
    invitation.full_clean()
    invitation.save()
    # Nobody is saved until they agree: an address alone is a reader whom only this mail knows.
    to = reader or User(email=address, language=site_language())
    context = {"invitation": invitation, "secret": secret_of(invitation)}
    queue_mail("invited", to=to, context=context)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User) -> Invitation:
    """Take an invitation back: its link opens nothing any more.

    Raises ValidationError ``already_answered``, PermissionDenied unless ``by`` is a main contact.
    """
    locked = _lock_invitation(invitation)
    demand_main_contact(by, locked.company)
    if locked.state != Invitation.State.PENDING:
        raise _already_answered(locked)
    locked.state = Invitation.State.WITHDRAWN
    locked.save(update_fields=["state"])
    return locked


@transaction.atomic
def accept_invitation(invitation: Invitation, *, by: User) -> Representative:
    """Speak for the company that invites one.

    Raises ValidationError ``invitation_gone`` when it is answered, taken back or too old,
    PermissionDenied for who has not confirmed the address it was sent to.
    """
    locked = _lock_invitation(invitation)
    if not locked.is_open():
        raise ValidationError(
            _("This invitation is no longer open. Ask your colleague for a new one."),
            code="invitation_gone",
        )
    if not is_for(locked, by):
        raise PermissionDenied(_("This invitation was sent to another address."))
    company = locked.company
    mine = Representative.objects.filter(company=company, person=by).first()
    if mine is None:
        mine = add_representative(by, to=company, role=locked.role)
    locked.state, locked.accepted_by = Invitation.State.ACCEPTED, by
    locked.save(update_fields=["state", "accepted_by"])
    for asked in JoinRequest.objects.pending().filter(company=company, person=by):
        _answer(asked, JoinRequest.State.ACCEPTED, by)
    if locked.invited_by is not None and locked.invited_by in main_contacts(company):
        context = {"invitation": locked, "who": by}
        queue_mail("invitation_accepted", to=locked.invited_by, context=context)
    return mine


def secret_of(invitation: Invitation) -> str:
    """What the link of an invitation says, always the same: signed, so an id gives nothing away."""
    return signing.Signer(salt=_SALT).sign(str(invitation.public_id))


def invitation_of(secret: str) -> Invitation | None:
    """The invitation that a link is about, whatever became of it; None for no link of ours."""
    try:
        public_id = signing.Signer(salt=_SALT).unsign(secret)
    except signing.BadSignature:
        return None
    rows = Invitation.objects.select_related("company__country", "invited_by")
    return rows.filter(public_id=public_id).first()


def is_for(invitation: Invitation, person: User) -> bool:
    """Whether a person has confirmed the address that an invitation was sent to."""
    own = EmailAddress.objects.filter(user=person, verified=True)
    return bool(own.filter(email__iexact=invitation.email).exists())


def has_account(address: str) -> bool:
    """Whether somebody signs in with an address; only who reads its mail may be told."""
    return _reader(address) is not None or User.objects.filter(email__iexact=address).exists()


def _hold_person(person: User) -> None:
    """Let no other request of the same person pass the counts meanwhile."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _unadmitted(person: User) -> int:
    led = Company.objects.led_by(person)
    return led.filter(~Exists(Company.objects.members().filter(pk=OuterRef("pk")))).count()


def _reader(address: str) -> User | None:
    """Who is known to read an address."""
    owned = EmailAddress.objects.filter(verified=True, email__iexact=address)
    found = owned.select_related("user").first()
    return found.user if found else None


def who_answers(company: Company) -> Iterable[tuple[User, Chamber | None]]:
    """The main contacts; where there is none, the managers of the company's chambers."""
    contacts = main_contacts(company)
    if contacts:
        yield from ((one, None) for one in contacts)
    else:
        yield from chamber_managers(company)


def chamber_managers(company: Company) -> Iterable[tuple[User, Chamber]]:
    """Who manages a chamber of a company, each once, with that chamber."""
    theirs = company.memberships.in_force().values("chamber")
    return managers_of(Chamber.objects.filter(pk__in=theirs))


def _invitation_to(company: Company, address: str) -> Invitation:
    """The invitation of an address that waits, or a new one, if it may be mailed now."""
    now, rows = timezone.now(), Invitation.objects.filter(company=company)
    known = Company.objects.members().filter(pk=company.pk).exists()
    most = MOST_INVITATIONS if known else MOST_UNKNOWN_INVITATIONS
    waiting = rows.pending().filter(email__iexact=address).first()
    if waiting is None:
        counted = rows.filter(
            Q(state=Invitation.State.PENDING) | Q(sent_at__gt=now - dt.timedelta(days=1))
        )
        if counted.count() >= most:
            text = _("%(most)d invitations are under way. Withdraw old ones, or wait a day.")
            raise _on("email", text % {"most": most}, "too_many_invitations")
    # One that was taken back counts too: its mail was read all the same.
    if rows.filter(email__iexact=address, sent_at__gt=now - ANEW_AFTER).exists():
        text = _("This address was invited within the last %(n)d hours.")
        raise _on("email", text % {"n": ANEW_AFTER // dt.timedelta(hours=1)}, "already_invited")
    return waiting or Invitation(company=company, email=address)


def _pending(request: JoinRequest) -> JoinRequest:
    rows = JoinRequest.objects.select_for_update(of=("self",)).select_related("company", "person")
    locked = rows.get(pk=request.pk)
    if locked.state != JoinRequest.State.PENDING:
        raise _already_answered(locked)
    return locked


def _lock_request(request: JoinRequest, by: User) -> JoinRequest:
    hold_company(request.company)
    led = Company.objects.led_by(by).filter(pk=request.company_id)
    if not led.exists() and not JoinRequest.objects.managed_by(by).filter(pk=request.pk).exists():
        raise PermissionDenied(_("Only the main contact of the company may do this."))
    return _pending(request)


def _answer(request: JoinRequest, state: str, by: User) -> None:
    request.state, request.answered_at, request.answered_by = state, timezone.now(), by
    request.full_clean()
    request.save(update_fields=["state", "answered_at", "answered_by", "reason"])


def _lock_invitation(invitation: Invitation) -> Invitation:
    hold_company(invitation.company)
    rows = Invitation.objects.select_for_update(of=("self",))
    return rows.select_related("company", "invited_by").get(pk=invitation.pk)


def _already_answered(row: JoinRequest | Invitation) -> ValidationError:
    return ValidationError(
        _("Nothing is left to do here: its state is “%(state)s” by now."),
        code="already_answered",
        params={"state": row.get_state_display()},
    )


def _already_registered() -> ValidationError:
    text = _("A company with this registration number is here already. Ask to join it.")
    return _on("registration_number", text, "already_registered")


def _on(field: str, text: str, code: str) -> ValidationError:
    return ValidationError({field or NON_FIELD_ERRORS: ValidationError(text, code=code)})
