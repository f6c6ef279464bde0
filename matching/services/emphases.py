"""What chambers stress for their members: drafted, put in force and retired by their managers."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, Membership, User
from chambers.services.companies import note_changes
from chambers.services.people import demand_manager
from matching.models import ChamberEmphasis

State = ChamberEmphasis.State


@transaction.atomic
def draft_emphasis(
    chamber: Chamber, *, by: User | None = None, note: str = "", **parts: float
) -> ChamberEmphasis:
    """Write the chamber's next draft; ``parts`` that are not given count as they stand, 1.

    ``by`` None is the installation itself. Raises ValidationError on a part out of range,
    PermissionDenied for anyone but a manager of the chamber.
    """
    demand_manager(by, chamber)
    Chamber.objects.select_for_update(no_key=True).get(pk=chamber.pk)  # one number each
    last = ChamberEmphasis.objects.filter(chamber=chamber).aggregate(Max("number"))["number__max"]
    draft = ChamberEmphasis(
        chamber=chamber, number=(last or 0) + 1, note=note.strip(), created_by=by, **parts
    )
    draft.full_clean()
    draft.save()
    return draft


@transaction.atomic
def change_emphasis(draft: ChamberEmphasis, *, by: User, **fields: Any) -> ChamberEmphasis:
    """Change some parts of a draft, or its ``note``.

    Raises ValidationError ``not_draft`` or on a part, PermissionDenied as above.
    """
    locked = _locked(draft, by)
    _demand_draft(locked)
    for name, value in fields.items():
        setattr(locked, name, value.strip() if name == "note" else value)
    locked.full_clean()
    locked.save(update_fields=list(fields))
    return locked


@transaction.atomic
def put_emphasis_in_force(draft: ChamberEmphasis, *, by: User) -> ChamberEmphasis:
    """Stress what ``draft`` says from now on: the former one retires, the members are matched anew.

    Raises ValidationError ``not_draft``, or ``already_in_force`` when somebody else was faster;
    PermissionDenied as above.
    """
    chosen = _locked(draft, by)
    _demand_draft(chosen)
    now = timezone.now()
    former = ChamberEmphasis.objects.in_force().filter(chamber=chosen.chamber)
    former.update(state=State.RETIRED, retired_at=now)
    chosen.state, chosen.in_force_by, chosen.in_force_at = State.IN_FORCE, by, now
    try:
        with transaction.atomic():
            chosen.save(update_fields=["state", "in_force_by", "in_force_at"])
    except IntegrityError as error:
        raise ValidationError(
            _("Another one has just been put in force. Look again."), code="already_in_force"
        ) from error
    _match_members_anew(chosen.chamber)
    return chosen


@transaction.atomic
def retire_emphasis(emphasis: ChamberEmphasis, *, by: User) -> ChamberEmphasis:
    """Put one away. After the one in force the chamber stresses nothing.

    Raises ValidationError ``retired`` when it is, PermissionDenied as above.
    """
    locked = _locked(emphasis, by)
    if locked.state == State.RETIRED:
        raise ValidationError(_("This one is already retired."), code="retired")
    was_in_force = locked.state == State.IN_FORCE
    locked.state, locked.retired_at = State.RETIRED, timezone.now()
    locked.save(update_fields=["state", "retired_at"])
    if was_in_force:
        _match_members_anew(locked.chamber)
    return locked


def draft_again(emphasis: ChamberEmphasis, *, by: User) -> ChamberEmphasis:
    """A new draft of what another version of the chamber says, under the next number.

    Raises PermissionDenied as above.
    """
    parts = {"codes": emphasis.codes, "words": emphasis.words, **emphasis.emphasis.kinds}
    return draft_emphasis(emphasis.chamber, by=by, note=emphasis.note, **parts)


def _match_members_anew(chamber: Chamber) -> None:
    """Note, with the change, that the profiles of the members are to be read anew."""
    inside = Membership.objects.in_force().filter(chamber=chamber).values("company")
    note_changes(Company.objects.matched().filter(pk__in=inside))


def _locked(emphasis: ChamberEmphasis, by: User) -> ChamberEmphasis:
    demand_manager(by, emphasis.chamber)
    rows = ChamberEmphasis.objects.select_related("chamber").select_for_update(of=("self",))
    return rows.get(pk=emphasis.pk)


def _demand_draft(emphasis: ChamberEmphasis) -> None:
    if emphasis.state != State.DRAFT:
        raise ValidationError(
            _("Only a draft can be changed or put in force: make a new one."), code="not_draft"
        )
