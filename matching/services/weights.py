"""Versions of the rules: drafted, changed, put in force and retired by people, never silently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.companies import note_many_changes
from matching.engine import Weights
from matching.models import WeightSet
from matching.services.versions import already_in_force, enter, leave

State = WeightSet.State


def weights_in_force() -> Weights:
    """The constants by which the next run scores: those in force, else the engine's own."""
    current = WeightSet.objects.in_force().first()
    return Weights() if current is None else current.weights()


@transaction.atomic
def draft_weights(
    *,
    version: str,
    by: User | None = None,
    values: Mapping[str, Any] | None = None,
    note: str = "",
    evaluation: Mapping[str, Any] | None = None,
) -> WeightSet:
    """Write a draft: the constants in force with ``values`` in their place; nothing else changes.

    ``by`` None is the installation itself. Raises ValidationError ``unique`` on ``version`` or on
    ``values``, PermissionDenied for anyone but a superuser.
    """
    demand_superuser(by)
    parent = WeightSet.objects.in_force().first()
    draft = WeightSet(
        version=version.strip(),
        values=plain_values({**weights_in_force().as_data(), **(values or {})}),
        note=note.strip(),
        parent=parent,
        evaluation=dict(evaluation or {}),
        created_by=by,
    )
    draft.full_clean()
    draft.save()
    return draft


@transaction.atomic
def change_draft(
    draft: WeightSet, *, by: User, values: Mapping[str, Any] | None = None, **fields: Any
) -> WeightSet:
    """Change a draft's ``version``, ``note`` or some of its ``values``; its evaluation lapses then.

    Raises ValidationError ``not_draft`` or on a field, PermissionDenied as above.
    """
    demand_superuser(by)
    locked = _locked(draft)
    if locked.state != State.DRAFT:
        raise ValidationError(_("Only a draft can be changed: make a new one."), code="not_draft")
    for name in fields.keys() & {"version", "note"}:
        setattr(locked, name, fields[name].strip())
    changed = plain_values({**locked.values, **(values or {})})
    if changed != locked.values:
        locked.values, locked.evaluation = changed, {}  # it was measured on other constants
    locked.full_clean()
    locked.save(update_fields=["version", "note", "values", "evaluation"])
    return locked


@transaction.atomic
def put_in_force(draft: WeightSet, *, by: User) -> WeightSet:
    """Score by ``draft`` from now on: the former set retires, and everyone is matched anew.

    A retired set may come back. Raises ValidationError ``already_in_force`` when it is or when
    somebody else was faster, PermissionDenied as above.
    """
    demand_superuser(by)
    former = WeightSet.objects.in_force().first()
    if former is not None:
        left = WeightSet.objects.filter(pk=former.pk).exclude(pk=draft.pk).in_force()
        if not left.update(state=State.RETIRED, retired_at=timezone.now()):
            raise already_in_force()
    chosen = _locked(draft)
    chosen.full_clean(validate_constraints=False)  # its constants; of two at once, see ``enter``
    enter(chosen, by=by, at=timezone.now())
    note_many_changes()
    return chosen


@transaction.atomic
def retire_weights(weights: WeightSet, *, by: User) -> WeightSet:
    """Put a set away. After the one in force the engine's own constants hold, for a new run.

    Raises ValidationError ``retired`` when it is, PermissionDenied as above.
    """
    demand_superuser(by)
    locked = _locked(weights)
    if leave(locked):
        note_many_changes()
    return locked


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Constants as they are stored: all of them, without the version.

    Raises ValidationError ``bad_weights`` for one that the engine does not know or refuses.
    """
    try:
        checked = Weights(**{**values, "version": ""})
    except (TypeError, ValueError) as error:
        refusal = ValidationError(str(error), code="bad_weights")
        raise ValidationError({"values": refusal}) from error
    return {name: value for name, value in checked.as_data().items() if name != "version"}


def _locked(weights: WeightSet) -> WeightSet:
    return WeightSet.objects.select_for_update(of=("self",)).get(pk=weights.pk)


def demand_superuser(by: User | None) -> None:
    """Let only who runs the platform pass; None is the installation itself.

    Raises PermissionDenied.
    """
    if by is not None and not by.is_superuser:
        raise PermissionDenied(_("Only who runs the platform may change how it scores."))
