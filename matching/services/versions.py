"""What all versions share: of two at once one is put in force, and what is retired says when."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from matching.models import Version

State = Version.State


def enter(chosen: Version, *, by: User, at: dt.datetime) -> None:
    """Write down that ``chosen``, which is locked, is in force since ``at``.

    Raises ValidationError ``already_in_force`` when somebody else was faster.
    """
    chosen.state, chosen.retired_at = State.IN_FORCE, None
    chosen.in_force_by, chosen.in_force_at = by, at
    try:
        with transaction.atomic():
            chosen.save(update_fields=["state", "retired_at", "in_force_by", "in_force_at"])
    except IntegrityError as error:
        raise already_in_force() from error


def leave(locked: Version) -> bool:
    """Retire a version that is locked; whether it was in force.

    Raises ValidationError ``retired`` when it is.
    """
    if locked.state == State.RETIRED:
        raise ValidationError(_("This one is already retired."), code="retired")
    was_in_force: bool = locked.state == State.IN_FORCE
    locked.state, locked.retired_at = State.RETIRED, timezone.now()
    locked.save(update_fields=["state", "retired_at"])
    return was_in_force


def already_in_force() -> ValidationError:
    """What to tell who was slower."""
    return ValidationError(
        _("Another one has just been put in force. Look again."), code="already_in_force"
    )
