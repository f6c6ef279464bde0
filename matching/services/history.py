"""What happened between two companies: recorded by a side or by chamber staff, and taken back."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chambers.models import Company, User, today
from chambers.services.companies import note_change
from matching.models import PairHistory

Kind = PairHistory.Kind


@transaction.atomic
def record_history(
    company: Company,
    other: Company,
    *,
    kind: str,
    by: User,
    stated_by: Company | None = None,
    since: dt.date | None = None,
    note: str = "",
    source: str = "",
) -> PairHistory:
    """Write down that two companies are partners, met, or that ``stated_by`` declined.

    Their lists follow. ``stated_by`` is one of the two; None: chamber staff know it by themselves.
    Raises ValidationError ``already_recorded``, ``itself``, ``not_yet`` (a day to come) or on a
    field, PermissionDenied unless ``by`` decides for ``stated_by`` or manages a chamber of either;
    of a refusal, a chamber of the side that refused.
    """
    _demand_right(by, (company, other), kind, stated_by)
    if company.pk == other.pk:
        raise ValidationError(_("A company has no history with itself."), code="itself")
    if since is not None and since > today():
        raise ValidationError(
            {"since": ValidationError(_("This day is yet to come."), code="not_yet")}
        )
    one, two = sorted((company, other), key=lambda side: side.pk)
    history = PairHistory(
        one=one,
        other=two,
        kind=kind,
        since=since,
        stated_by=stated_by,
        recorded_by=by,
        note=note.strip(),
        source=source.strip(),
    )
    history.full_clean()
    try:
        with transaction.atomic():
            history.save()
    except IntegrityError as error:
        # Somebody recorded the same a moment ago.
        raise ValidationError(
            _("This is already recorded for the two companies."), code="already_recorded"
        ) from error
    _note(history)
    return history


@transaction.atomic
def withdraw_history(history: PairHistory, *, by: User) -> None:
    """Take a record back: by the side that stated it, or by a manager of a chamber of either.

    A refusal only by a manager of a chamber of the side that refused.
    Raises ValidationError ``gone`` when somebody was faster, PermissionDenied for anyone else.
    """
    _demand_right(by, (history.one, history.other), history.kind, history.stated_by)
    gone, _per_model = PairHistory.objects.filter(pk=history.pk).delete()
    if not gone:
        raise ValidationError(_("This record is already withdrawn."), code="gone")
    _note(history)


def _demand_right(
    by: User, pair: tuple[Company, Company], kind: str, stated_by: Company | None
) -> None:
    keys = [company.pk for company in pair]
    if stated_by is not None and stated_by.pk in keys:
        if Company.objects.edited_by(by).filter(pk=stated_by.pk).exists():
            return
        if kind == Kind.DECLINED:
            # The other side and its chamber do not even learn of it.
            keys = [stated_by.pk]
    if not Company.objects.managed_by(by).filter(pk__in=keys).exists():
        raise PermissionDenied(
            _("Only representatives of the company or managers of its chamber may do this.")
        )


def _note(history: PairHistory) -> None:
    note_change(history.one)
    note_change(history.other)
