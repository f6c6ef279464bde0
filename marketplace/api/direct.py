"""What programs send about meetings outside events: times of their own instead of slots."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chambers.api.account import LineField, NumberField, TickField
from marketplace.api.parts import WordsField
from marketplace.models import Event
from marketplace.services.direct import LONGEST, MOST_TIMES, SHORTEST, Time

REFERENCE = r"^[A-Z0-9-]{1,40}\Z"
LONGEST_LINK = 500  # characters


class MinutesField(NumberField):
    """How long a meeting takes; left out half an hour."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": SHORTEST, "max_value": LONGEST, "default": 30, **options})


@extend_schema_field({"type": "string", "format": "uri", "maxLength": LONGEST_LINK})
class LinkField(LineField):
    """Where one meets online; that it is an address is judged once it is known who may ask."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rf"^[^\s\x00]{{0,{LONGEST_LINK}}}\Z", **options)


class TimeIn(serializers.Serializer):
    """When a meeting would begin, and how long it would take."""

    starts_at = serializers.DateTimeField()
    minutes = MinutesField()


class DirectIn(serializers.Serializer):
    """Whom a company asks for a meeting outside events, and when."""

    company = serializers.UUIDField(help_text=_("One's own."))
    partner = serializers.UUIDField(help_text=_("The other company."))
    times = TimeIn(  # type: ignore[call-arg]  # the stubs know no list of many
        many=True,
        required=False,
        max_length=MOST_TIMES,
        help_text=_("Up to five; left out: any time."),
    )
    message = WordsField()
    opportunity = LineField(
        REFERENCE, required=False, help_text=_("The reference number it is about.")
    )
    place = LineField(r"^[^\x00\n]{0,200}\Z", required=False, allow_blank=True)
    link = LinkField(required=False, allow_blank=True)
    wants_interpreter = TickField(default=False)
    joins = serializers.UUIDField(
        required=False,
        help_text=_("Ask it to come to this meeting outside events that one has with another."),
    )


def times_of(given: list[dict[str, Any]]) -> list[Time]:
    """What ``TimeIn`` read, as the services take it."""
    return [(one["starts_at"], one["minutes"]) for one in given]


def demand_direct(event: Event, name: str) -> None:
    """Raise ValidationError ``other_event`` where an organiser gives the times."""
    if not event.is_direct:
        text = gettext("At an event the organiser gives the times: name one of its slots.")
        raise ValidationError({name: ValidationError(text, code="other_event")})


def moment_and_length(asked: dict[str, Any]) -> dict[str, Any]:
    """A time of one's own out of what was sent, for ``direct.accept``; {} without one."""
    moment: dt.datetime | None = asked.pop("starts_at", None)
    minutes = asked.pop("minutes")
    return {} if moment is None else {"starts_at": moment, "minutes": minutes}
