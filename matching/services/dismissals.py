"""Not relevant, because: what a company hides from its own list."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services.companies import note_change
from chambers.services.people import demand_editor
from matching.models import Dismissal


@transaction.atomic
def dismiss_partner(company: Company, *, partner: Company, reason: str, by: User) -> Dismissal:
    """Hide ``partner`` from the list of ``company``; the partner never learns of it.

    Raises ValidationError ``already_dismissed`` or on ``reason``, PermissionDenied for who may
    not decide for the company.
    """
    demand_editor(by, company)
    dismissal = Dismissal(company=company, partner=partner, reason=reason, by=by)
    dismissal.full_clean()
    dismissal.save()
    note_change(company)
    return dismissal


@transaction.atomic
def restore_partner(company: Company, *, partner: Company, by: User) -> None:
    """Take a dismissal back.

    Raises ValidationError ``not_dismissed``, PermissionDenied as above.
    """
    demand_editor(by, company)
    gone, _per_model = Dismissal.objects.filter(company=company, partner=partner).delete()
    if not gone:
        raise ValidationError(
            _("This partner is not marked as not relevant."), code="not_dismissed"
        )
    note_change(company)
