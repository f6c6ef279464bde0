"""Every change to who speaks for a company and what they may do there.

The main contacts decide. A company that has one keeps one: whatever would take the last away locks
the company first, so two who go at the same moment cannot both go.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Company, Invitation, Representative, User
from chambers.services.mail import queue_mail

Role = Representative.Role


def demand_main_contact(by: User, company: Company) -> None:
    """Let only a main contact of a company pass. Raises PermissionDenied."""
    if not Company.objects.led_by(by).filter(pk=company.pk).exists():
        raise PermissionDenied(_("Only the main contact of the company may do this."))


def hold_company(company: Company) -> None:
    """Let nobody else change who speaks for a company until this transaction ends."""
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)


@transaction.atomic
def change_role(representative: Representative, *, role: str, by: User) -> Representative:
    """Give a colleague another role, and tell them.

    Raises ValidationError ``last_main_contact``, PermissionDenied unless ``by`` is a main contact.
    """
    hold_company(representative.company)
    demand_main_contact(by, representative.company)
    representative.refresh_from_db(fields=["role"])
    if role == representative.role:
        return representative
    if role != Role.OWNER:
        _demand_another_main_contact(representative)
    representative.role = role
    representative.full_clean()
    representative.save(update_fields=["role"])
    if role != Role.OWNER:
        _take_back_invitations(representative)
    if representative.person_id != by.pk:
        context = {"representative": representative, "decided_by": by}
        queue_mail("role_changed", to=representative.person, context=context)
    return representative


@transaction.atomic
def remove_representative(representative: Representative, *, by: User) -> None:
    """Let a colleague speak for the company no longer, and tell them; or leave it oneself.

    Raises ValidationError ``last_main_contact``, PermissionDenied unless ``by`` is a main contact
    or the one who leaves.
    """
    company, person = representative.company, representative.person
    hold_company(company)
    if person.pk != by.pk:
        demand_main_contact(by, company)
    representative.refresh_from_db(fields=["role"])
    _demand_another_main_contact(representative)
    _take_back_invitations(representative)
    representative.delete()
    if person.pk != by.pk:
        queue_mail(
            "representative_removed", to=person, context={"company": company, "decided_by": by}
        )
        return
    for contact in main_contacts(company):
        queue_mail("representative_left", to=contact, context={"company": company, "who": person})


def main_contacts(company: Company) -> list[User]:
    """Those who decide about the people of a company; who has left the platform does not."""
    rows = Representative.objects.filter(company=company, role=Role.OWNER, person__is_active=True)
    return [one.person for one in rows.select_related("person").order_by("pk")]


def _take_back_invitations(representative: Representative) -> None:
    """Who decides no longer has not decided ahead: nobody comes back by their own invitation."""
    rows = Invitation.objects.pending().filter(
        company=representative.company_id, invited_by=representative.person_id
    )
    rows.update(state=Invitation.State.WITHDRAWN)


def _demand_another_main_contact(representative: Representative) -> None:
    if representative.role != Role.OWNER:
        return
    others = Representative.objects.filter(company=representative.company_id, role=Role.OWNER)
    # Locked too: another one may be about to go with their whole account.
    if not list(others.exclude(pk=representative.pk).select_for_update(of=("self",))):
        raise ValidationError(
            _("A company needs a main contact. Make somebody else one first."),
            code="last_main_contact",
        )
