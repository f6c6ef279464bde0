"""Which groups of an event meet, and how that is told to a company before it asks another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from marketplace.models import Event, Group, GroupRule, Registration


@dataclass(frozen=True, slots=True)
class WhoMeetsWhom:
    """The rules of an event; where there are none, everybody may meet everybody."""

    pairs: Sequence[tuple[Group, Group]]

    def lines(self) -> list[tuple[Group, list[Group]]]:
        """Each group that a rule names, with those that it meets; in the order of the event."""
        known = {group.pk: group for pair in self.pairs for group in pair}
        return [(known[pk], self.met_by(pk)) for pk in sorted(known)]

    def met_by(self, group: int | None) -> list[Group]:
        """The groups that the companies of one group may meet."""
        found: dict[int, Group] = {}
        for first, second in self.pairs:
            if first.pk == group:
                found[second.pk] = second
            if second.pk == group:
                found[first.pk] = first
        return [found[pk] for pk in sorted(found)]

    def refusal(self, own: Registration, other: Registration) -> str:
        """Why ``own`` may not ask ``other`` for a meeting, in its own words; "" where it may."""
        if not self.pairs:
            return ""
        met = self.met_by(own.group_id)
        if own.group_id is None:
            return _("At this event groups meet, and yours is not set yet: ask the organiser.")
        if other.group_id is not None and other.group_id in {one.pk for one in met}:
            return ""
        told = {"own": own.group, "groups": ", ".join(str(one) for one in met)}
        if not met:
            return _("Your group, %(own)s, meets nobody at this event: ask the organiser.") % told
        return _("Your group, %(own)s, meets at this event only: %(groups)s.") % told


def who_meets_whom(event: Event) -> WhoMeetsWhom:
    """The rules of ``event``. One query."""
    rows = GroupRule.objects.filter(event=event).select_related("first", "second").order_by("pk")
    return WhoMeetsWhom([(one.first, one.second) for one in rows])
