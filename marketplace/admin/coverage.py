"""The page beneath an event that says who gets too few meetings, and proposes more of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import who
from marketplace.admin.base import AtTheEvent
from marketplace.models import Event
from marketplace.selectors.proposals import last_proposing, proposals_of
from marketplace.selectors.timetables import coverage_of
from marketplace.services.proposals import (
    start_proposing,
    stop_proposing,
    take_proposals_back,
)

MOST_SHOWN = 500  # proposals that the page lists


class CoveragePages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.coverage)
        name = "marketplace_event_coverage"
        return [path("<path:object_id>/coverage/", view, name=name), *super().get_urls()]

    def coverage(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Before anybody asks for a timetable; while meetings are proposed it asks for news."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        refusal = None
        if sends:
            try:
                told = self._press(request, event)
            except ValidationError as error:
                refusal = " ".join(error.messages)
            else:
                self.log_change(request, event, told)
                messages.success(request, told)
                return redirect(request.path)
        rows, proposals = coverage_of(event), proposals_of(event)
        answer = self.page(
            request,
            event,
            "coverage",
            _("Who gets too few meetings"),
            rows=rows,
            few=sum(one.too_few for one in rows),
            last=last_proposing(event),
            proposals=proposals[:MOST_SHOWN],
            proposed=proposals.count(),
            refusal=refusal,
        )
        answer.status_code = 422 if refusal else 200
        return answer

    def _press(self, request: HttpRequest, event: Event) -> str:
        """What the button that was pressed asks for; what was done."""
        asked: Any = request.POST
        if "propose" in asked:
            start_proposing(event, by=who(request))
            return gettext("The best meetings are being chosen; watch it here.")
        if "stop" in asked:
            last = last_proposing(event)
            if last is None:
                raise Http404
            stop_proposing(event, last.job, by=who(request))
            return gettext("Stopped: no meeting was added.")
        if "take_back" in asked:
            count = take_proposals_back(event, by=who(request))
            text = ngettext("%(n)d proposal taken back.", "%(n)d proposals taken back.", count)
            return text % {"n": count}
        raise Http404
