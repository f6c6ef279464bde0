"""The days in which the companies of an event ask each other for meetings, as mails tell them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from marketplace.models import Event, Registration
from marketplace.selectors.times import days_between, tell_instant

if TYPE_CHECKING:
    from chambers.models import User


def closing_of(event: Event) -> dt.datetime:
    """Until when requests are taken."""
    return event.requests_close_at or event.over_at


def window_context(own: Registration, reader: User, now: dt.datetime) -> dict[str, Any]:
    """What the mails about these days tell a company, in the language in use."""
    event = own.event
    return {
        "event": event,
        "event_name": event.named()[0],
        "own": own,
        "closes": tell_instant(closing_of(event), zone=event.zone, reader=reader.time_zone),
        "dates": dates_ahead(event, reader, now),
    }


def dates_ahead(event: Event, reader: User, now: dt.datetime) -> list[tuple[str, str]]:
    """What comes next at an event, up to its days: (stage, when), in the language in use."""
    return [
        (
            str(stage.label),
            days_between(event.starts_on, event.ends_on)
            if stage == Event.Stage.EVENT
            else tell_instant(moment, zone=event.zone, reader=reader.time_zone),
        )
        for stage, moment in event.stages()
        if moment is not None and moment > now and stage != Event.Stage.FEEDBACK
    ]
