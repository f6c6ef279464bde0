"""What chambers and events stress: drafted, put in force and retired by their managers."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, Membership, User
from chambers.services.companies import note_changes
from chambers.services.people import demand_manager
from marketplace.models import Event
from marketplace.services.placing import demand_not_cancelled
from matching.models import ChamberEmphasis, EventEmphasis, StatedEmphasis, Version
from matching.services.versions import enter, leave

Owner = Chamber | Event
Stated = TypeVar("Stated", bound=StatedEmphasis)
State = Version.State


@transaction.atomic
def draft_emphasis(
    owner: Owner, *, by: User | None = None, note: str = "", **parts: float
) -> StatedEmphasis:
    """Write the owner's next draft; ``parts`` that are not given count as they stand, 1.

    ``by`` None is the installation itself. Raises ValidationError on a part out of range or
    ``cancelled`` for an event, PermissionDenied for anyone but a manager of the chamber, of an
    event its organiser.
    """
    model, owners = _rows_of(owner)
    demand_manager(by, owner.chamber if isinstance(owner, Event) else owner)
    whose = owners.objects.select_for_update(no_key=True).get(pk=owner.pk)  # one number each
    if isinstance(whose, Event):
        demand_not_cancelled(whose)
    drafts = model.rows().filter(**{model.OWNER: whose})
    last = drafts.aggregate(last=Max("number"))["last"]
    draft = model(number=(last or 0) + 1, note=note.strip(), created_by=by, **parts)
    setattr(draft, model.OWNER, whose)
    draft.full_clean()
    draft.save()
    return draft


@transaction.atomic
def change_emphasis(draft: Stated, *, by: User, **fields: Any) -> Stated:
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
def put_emphasis_in_force(draft: Stated, *, by: User) -> Stated:
    """Stress what ``draft`` says from now on: the former one retires.

    The members of a chamber are matched anew; the companies of an event are scored by it whenever
    meetings are proposed. Raises ValidationError ``not_draft``, or ``already_in_force`` when
    somebody else was faster; PermissionDenied as above.
    """
    chosen = _locked(draft, by)
    _demand_draft(chosen)
    now = timezone.now()
    former = type(chosen).rows().in_force().filter(**{chosen.OWNER: chosen.owner})
    former.update(state=State.RETIRED, retired_at=now)
    enter(chosen, by=by, at=now)
    _follow(chosen)
    return chosen


@transaction.atomic
def retire_emphasis(emphasis: Stated, *, by: User) -> Stated:
    """Put one away. After the one in force its owner stresses nothing.

    Raises ValidationError ``retired`` when it is, PermissionDenied as above.
    """
    locked = _locked(emphasis, by)
    if leave(locked):
        _follow(locked)
    return locked


def draft_again(emphasis: StatedEmphasis, *, by: User) -> StatedEmphasis:
    """A new draft of what another version of its owner says, under the next number.

    Raises ValidationError ``cancelled``, PermissionDenied as above.
    """
    parts = {"codes": emphasis.codes, "words": emphasis.words, **emphasis.emphasis.kinds}
    return draft_emphasis(emphasis.owner, by=by, note=emphasis.note, **parts)


def _rows_of(owner: Owner) -> tuple[type[StatedEmphasis], type[Owner]]:
    return (EventEmphasis, Event) if isinstance(owner, Event) else (ChamberEmphasis, Chamber)


def _follow(emphasis: StatedEmphasis) -> None:
    """Note, with the change, that the profiles of a chamber's members are to be read anew.

    Nothing is stored of how the companies of an event fit each other.
    """
    if isinstance(emphasis, ChamberEmphasis):
        inside = Membership.objects.in_force().filter(chamber=emphasis.chamber).values("company")
        note_changes(Company.objects.matched().filter(pk__in=inside))


def _locked(emphasis: Stated, by: User) -> Stated:
    demand_manager(by, emphasis.decider)
    rows = type(emphasis).rows().select_related(emphasis.OWNER).select_for_update(of=("self",))
    return cast("Stated", rows.get(pk=emphasis.pk))


def _demand_draft(emphasis: StatedEmphasis) -> None:
    if emphasis.state != State.DRAFT:
        raise ValidationError(
            _("Only a draft can be changed or put in force: make a new one."), code="not_draft"
        )
