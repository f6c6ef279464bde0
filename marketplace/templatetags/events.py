"""Dates and times of events for this reader."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_interval
from django import template
from django.template.context import RequestContext

from chambers.models import site_language
from marketplace.models import Event
from marketplace.selectors.events import reader_zone
from marketplace.selectors.times import ShownTime, city_of, shown_time

register = template.Library()
register.filter("zone_city", city_of)


@register.simple_tag
def event_days(event: Event) -> str:
    """Its first and last day as one: "19–20 Nov 2026"."""
    # English with the day first, as everywhere here: "Nov 12" reads as a year to some.
    locale = {"en": "en_GB"}.get(site_language(), site_language())
    return str(format_interval(event.starts_on, event.ends_on, "yMMMd", locale=locale))


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
