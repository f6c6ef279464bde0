"""Dates and times of events for this reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django import template
from django.template.context import RequestContext

from chambers.models import Company
from marketplace.models import Event
from marketplace.selectors.encounters import Chance
from marketplace.selectors.events import reader_zone
from marketplace.selectors.times import (
    ShownTime,
    city_of,
    clocks_differ,
    days_between,
    shown_time,
)

register = template.Library()
register.filter("zone_city", city_of)


@register.filter
def with_company(found: Mapping[int, Sequence[Chance]], company: Company) -> Sequence[Chance]:
    """Of ``chances_to_meet``, those with one company."""
    return found.get(company.pk, ()) if found else ()


@register.simple_tag
def event_days(event: Event) -> str:
    """Its first and last day as one: "19–20 Nov 2026"."""
    return days_between(event.starts_on, event.ends_on)


@register.simple_tag(takes_context=True)
def event_time(
    context: RequestContext,
    event: Event,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
) -> ShownTime:
    """A time by the clock of the event and by the reader's own."""
    user = context["request"].user
    return shown_time(starts_at, ends_at, zone=event.zone, reader=reader_zone(user))


@register.simple_tag(takes_context=True)
def own_city(context: RequestContext, event: Event) -> str:
    """The city of the reader's own clock; "" where it shows the same hours as the event's."""
    reader = reader_zone(context["request"].user)
    dates = [at for _stage, at in event.stages() if at is not None]
    differs = clocks_differ(event.zone, reader, [event.begins_at, event.over_at, *dates])
    return city_of(reader) if reader and differs else ""
