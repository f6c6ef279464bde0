"""The page beneath an event that shows all its meetings as a grid, as they stand now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import AtTheEvent
from marketplace.models import Event
from marketplace.selectors.kept import counted, grid_held
from marketplace.selectors.times import day_of
from marketplace.selectors.timetables import day_asked, days_of


class HeldPages(AtTheEvent):
    """Mixed into the administration of events.

    A version has a grid of its own; many events have none, for companies agree on times themselves.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.held)
        own = path("<path:object_id>/grid/", view, name="marketplace_event_grid")
        return [own, *super().get_urls()]

    def held(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A day with every meeting that has a time; each leads to the page where it is moved."""
        event: Event = self.row_of(request, object_id)
        days = days_of(event)
        day = day_asked(request.GET.get("day", ""), days)
        grid = grid_held(event, day) if day else None
        return self.page(
            request,
            event,
            "grid",
            _("Timetable as a grid"),
            days=[(one, day_of(one)) for one in days],
            day=day,
            tables=grid.tables if grid else [],
            lines=[(line, None) for line in grid.lines] if grid else [],
            is_held=True,
            waiting=counted(event).waiting,
        )
