"""How reasons of a match are grouped for reading, and what an event stresses is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from marketplace.models import Event, Opportunity
from matching.engine import Band
from matching.models import EventEmphasis
from matching.selectors import Reason, Way
from matching.selectors.emphases import more_and_less

register = template.Library()

_STRENGTH = {Band.STRONG_BOTH: 4, Band.STRONG_ONE: 3, Band.POSSIBLE: 2, Band.SAME_FIELD: 1}


@dataclass
class Meeting:
    """A need and what answers it, with everything that they share."""

    need: Opportunity | None
    answer: Opportunity | None
    reasons: list[Reason] = field(default_factory=list)


@register.filter
def meetings(way: Way) -> list[Meeting]:
    """The reasons of a direction by the pair they come from, in the order of their weight."""
    found: dict[tuple[int, int], Meeting] = {}
    for reason in way.reasons:
        need, answer = reason.need, reason.answer
        key = (need.pk if need else 0, answer.pk if answer else 0)
        found.setdefault(key, Meeting(need, answer)).reasons.append(reason)
    return list(found.values())


@register.filter
def as_matched(reason: Reason) -> SafeString:
    """What matched: a trade code with its label, or a word as each side wrote it.

    A page has a hundred of them, and a template for each took a tenth of its time.
    """
    if reason.code:
        return format_html("<code>{}</code> {}", reason.code, reason.label)
    need, answer = reason.need_word, reason.answer_word
    if need and answer and need.lower() != answer.lower():
        return format_html("<q>{}</q> · <q>{}</q>", need, answer)
    return format_html("<q>{}</q>", need or answer)


@register.filter
def strength(band: Band) -> range:
    """A bar for each step of a band, of four: ``range(4)`` for the strongest."""
    return range(_STRENGTH[band])


@register.inclusion_tag("matching/_at_event.html")
def counts_more_at(event: Event) -> dict[str, Any]:
    """What counts more at an event than elsewhere, and less; nothing where nothing is stressed.

    For pages whose reader sees the event.
    """
    one = EventEmphasis.objects.in_force().filter(event=event).first()
    more, less = more_and_less(one) if one is not None else ([], [])
    return {"one": one, "more": more, "less": less}
