"""What there is to do with an event, by its stage: one thing next, all others in groups."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.models import Event, Timetable
from marketplace.selectors.kept import counted

Stage = Event.Stage


@dataclass(frozen=True, slots=True)
class Tool:
    """A page beneath an event."""

    name: str | Promise
    address: str
    """Name of its URL in the administration."""
    query: str = ""
    """Of the address, before the key of the event; else that is part of the path."""
    is_managers: bool = False
    """Others who serve the event do not see it."""

    def url(self, event: Event) -> str:
        """Where it is for one event."""
        if self.query:
            return f"{reverse(f'admin:{self.address}')}?{self.query}={event.pk}"
        return reverse(f"admin:{self.address}", args=[event.pk])


TABLES = Tool(_("Add tables"), "marketplace_event_tables", is_managers=True)
SLOTS = Tool(_("Add slots"), "marketplace_event_slots", is_managers=True)
RULES = Tool(_("Who meets whom"), "marketplace_event_rules", is_managers=True)
EMPHASIS = Tool(_("What counts more here"), "matching_eventemphasis_changelist", "event__id__exact")
MAILS = Tool(_("Texts of mails"), "marketplace_event_mails")
COVERAGE = Tool(_("Who gets too few meetings"), "marketplace_event_coverage")
TIMETABLE = Tool(_("Make a timetable"), "marketplace_timetable_add", "event", is_managers=True)
GRID = Tool(_("Timetable as a grid"), "marketplace_event_grid")
REPAIR = Tool(_("Repair the timetable"), "marketplace_event_repair")
KIT = Tool(_("Event kit"), "marketplace_event_kit")
DESK = Tool(_("Desk"), "marketplace_event_desk")
MARKS = Tool(_("Type in marks"), "marketplace_event_marks")
GROUPS = (
    (_("Set-up"), (SLOTS, TABLES, RULES, EMPHASIS, MAILS)),
    (_("Timetable"), (COVERAGE, TIMETABLE, GRID, REPAIR)),
    (_("Event day"), (DESK, KIT, MARKS)),
)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one event that a person may use: name and address each."""

    next: tuple[str | Promise, str] | None
    groups: list[tuple[str | Promise, list[tuple[str | Promise, str]]]]


def toolbox_of(event: Event, *, managing: bool) -> Toolbox:
    """All tools of an event, the one for what is to be done next apart."""
    first = _next(event)
    groups = []
    for name, tools in GROUPS:
        open_ = [one for one in tools if (managing or not one.is_managers) and one is not first]
        groups.append((name, [(one.name, one.url(event)) for one in open_]))
    shown = first is not None and (managing or not first.is_managers)
    following = (first.name, first.url(event)) if first is not None and shown else None
    if managing and first in (RULES, COVERAGE, TIMETABLE, REPAIR):
        following = _publishing(event) or following
    return Toolbox(following, [group for group in groups if group[1]])


def _publishing(event: Event) -> tuple[str, str] | None:
    """Publish the newest version, if it is ready and not published, or is due as final by now."""
    versions = event.timetables.exclude(plan={}).exclude(finished_at=None).order_by("-number")
    newest = versions.only("number", "status").first()
    statuses = Timetable.Status
    due = event.stage_by_dates() == Stage.FINAL
    ready = (statuses.DRAFT, statuses.PROVISIONAL) if due else (statuses.DRAFT,)
    if newest is None or newest.status not in ready:
        return None
    return (
        gettext("Publish version %(number)d") % {"number": newest.number},
        reverse("admin:marketplace_timetable_publish", args=[newest.pk]),
    )


def _next(event: Event) -> Tool | None:
    """What is to be done at the stage of an event; None once it is cancelled."""
    stage = event.stage_at()
    if event.cancelled_at is not None:
        return None
    if stage == Stage.FEEDBACK:
        return MARKS
    if stage == Stage.EVENT:
        return DESK
    if not event.slots.exists():
        return SLOTS
    if not event.tables.exists() and event.kind != Event.Kind.ONLINE:
        return TABLES
    published = event.stage_published
    if published == Stage.FINAL:
        return KIT
    if published == Stage.PROVISIONAL:
        return REPAIR
    closes = event.requests_close_at
    if stage in (Stage.PROVISIONAL, Stage.FINAL) or (closes and closes <= timezone.now()):
        needed = counted(event).needs_timetable(event, versions=event.timetables.count())
        return TIMETABLE if needed else KIT
    return RULES if stage in (Stage.SET_UP, Stage.REGISTRATION) else COVERAGE
