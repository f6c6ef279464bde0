"""Pages beneath a version of a timetable: its grid to edit, other versions, publishing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from marketplace.admin.base import AtTheEvent
from marketplace.models import Meeting, Slot, Timetable
from marketplace.selectors import timetables as read
from marketplace.selectors.announcements import announcement_of
from marketplace.selectors.kept import changed_since, grid_held
from marketplace.selectors.repairs import tell_place, when
from marketplace.selectors.times import day_of
from marketplace.services import publishing
from marketplace.services.timetables import move_in_plan, pin_in_plan, state_of


class PlanPages(AtTheEvent):
    """Mixed into the administration of timetables."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"grid": self.grid, "compare": self.compare, "publish": self.publish}
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"marketplace_timetable_{name}",
            )
            for name, view in pages.items()
        ]
        return own + super().get_urls()

    def grid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A day of a version; a picked meeting shows where it could be, and is put there."""
        sends = request.method == "POST"
        timetable: Timetable = self.row_of(request, object_id, to_change=sends)
        days = read.days_of(timetable.event)
        day = read.day_asked(request.GET.get("day", ""), days)
        picked = _meeting(timetable, request.POST.get("meeting", "") or request.GET.get("pick", ""))
        is_held = "held" in request.GET and not sends and _is_in_force(timetable)
        picked = None if is_held else picked
        refusal = None
        if sends:
            if picked is None:
                raise Http404
            try:
                return self._edit(request, timetable, picked, day)
            except ValidationError as error:
                refusal = " ".join(error.messages)
                # Others may have changed it since: what is shown with a refusal is the present.
                timetable = self.row_of(request, object_id)
        is_draft = timetable.status == Timetable.Status.DRAFT and timetable.finished_at is not None
        found = read.free_cells(timetable, picked) if picked and timetable.plan else []
        cells = {cell.slot.pk: cell for cell in found}
        grid = None
        if day:
            held = grid_held(timetable.event, day) if is_held else None
            grid = held or read.grid_of(timetable, day)
        answer = self.page(
            request,
            timetable,
            "grid",
            _("Timetable as a grid"),
            days=[(one, day_of(one)) for one in days],
            day=day,
            tables=grid.tables if grid else [],
            lines=[(line, cells.get(line.slot.pk)) for line in grid.lines] if grid else [],
            picked=picked,
            is_pinned=picked is not None and _is_pinned(timetable, picked),
            is_placed=any(cell.is_present for cell in found),
            stays=picked is not None and read.stays_for_evenness(timetable, picked),
            other_days=_days_with_room(timetable, cells.values(), day),
            left=[] if is_held else read.without_place(timetable),
            worth=None if is_held else read.certificate_of(timetable),
            is_held=is_held,
            changed=changed_since(timetable),
            may_edit=is_draft and manages(request, timetable),
            seen=state_of(timetable),
            hint=read.stage_mismatch(timetable.event),
            refusal=refusal,
        )
        answer.status_code = 422 if refusal else 200
        return answer

    def _edit(
        self, request: HttpRequest, timetable: Timetable, meeting: Meeting, day: dt.date | None
    ) -> HttpResponse:
        """Put a meeting into a slot, out of the plan, or keep it where it is; then the grid."""
        wanted, by = request.POST.get("to", ""), who(request)
        seen = request.POST.get("seen", "")
        if wanted in ("lock", "unlock"):
            pin_in_plan(timetable, meeting, pinned=wanted == "lock", by=by, seen=seen)
            text = gettext("Locked.") if wanted == "lock" else gettext("Unlocked.")
        elif wanted == "out":
            move_in_plan(timetable, meeting, slot=None, by=by, seen=seen)
            text = gettext("Taken out of the plan.")
        else:
            known = _uuid(wanted)
            slots = Slot.objects.filter(event=timetable.event_id).select_related("event")
            slot = slots.filter(public_id=known).first() if known else None
            if slot is None:
                raise Http404
            move_in_plan(timetable, meeting, slot=slot, by=by, seen=seen)
            text = gettext("Moved to %(time)s.") % {"time": when(slot)}
            day = slot.starts_at.astimezone(timetable.event.clock).date()
        self.log_change(request, timetable, f"{meeting}: {text}")
        messages.success(request, f"{meeting.told}: {text}")
        address = reverse("admin:marketplace_timetable_grid", args=[timetable.pk])
        kept = {"day": day.isoformat() if day else "", "pick": str(meeting.public_id)}
        return redirect(f"{address}?{urlencode(kept)}#picked")

    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What differs between a version and another one, meeting by meeting."""
        timetable: Timetable = self.row_of(request, object_id)
        others = list(
            Timetable.objects.filter(event=timetable.event_id)
            .exclude(pk=timetable.pk)
            .exclude(plan={})
            .order_by("-number")
        )
        for one in others:
            one.event = timetable.event
        wanted = request.GET.get("with", "")
        other = next((one for one in others if str(one.number) == wanted), None)
        if other is None:
            in_force = (Timetable.Status.PROVISIONAL, Timetable.Status.FINAL)
            published = [one for one in others if one.status in in_force]
            other = next(iter([*published, *others]), None)
        return self.page(
            request,
            timetable,
            "compare",
            _("Compare versions"),
            others=others,
            other=other,
            may_make=manages(request, timetable),
            rows=[
                _compared(one, later=timetable.number > other.number)
                for one in read.differences(other, timetable)
            ]
            if other
            else [],
            worths=[(one.number, read.certificate_of(one)) for one in (other, timetable) if one],
        )

    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whom it would mail; then it is published, as provisional or as final."""
        sends = request.method == "POST"
        timetable: Timetable = self.row_of(request, object_id, to_change=sends)
        refusal = None
        if sends:
            kind = request.POST.get("kind", "")
            if kind not in ("provisional", "final"):
                raise Http404
            readers = announcement_of(timetable, final=kind == "final").readers
            try:
                publishing.publish_timetable(timetable, by=who(request), final=kind == "final")
            except ValidationError as error:
                refusal = " ".join(error.messages)
            else:
                text = _published(readers)
                self.log_change(request, timetable, text)
                messages.success(request, text)
                return redirect("admin:marketplace_timetable_change", timetable.pk)
        ways = [
            ("provisional", _("Publish as provisional"), False),
            ("final", _("Publish as final"), True),
        ]
        answer = self.page(
            request,
            timetable,
            "publish",
            _("Publish"),
            refusal=refusal,
            may_publish=publishable(timetable) and manages(request, timetable),
            hint=read.stage_mismatch(timetable.event),
            left=len(read.without_place(timetable)),
            ways=[
                (name, title, announcement_of(timetable, final=final))
                for name, title, final in ways
            ],
        )
        answer.status_code = 422 if refusal else 200
        return answer


def _days_with_room(
    timetable: Timetable, cells: Iterable[read.Free], day: dt.date | None
) -> list[tuple[dt.date, str, int]]:
    """Other days on which a picked meeting could be, and in how many slots."""
    clock = timetable.event.clock
    free = Counter(cell.slot.starts_at.astimezone(clock).date() for cell in cells if cell.is_free)
    return [(one, day_of(one), count) for one, count in sorted(free.items()) if one != day]


def _is_in_force(timetable: Timetable) -> bool:
    return timetable.status in (Timetable.Status.PROVISIONAL, Timetable.Status.FINAL)


def _published(readers: int) -> str:
    if not readers:
        return gettext("Published. Nobody gets a mail: nothing differs for anybody.")
    told = ngettext(
        "Published: %(n)d person gets a mail.", "Published: %(n)d people get a mail.", readers
    )
    return told % {"n": readers}


def _compared(one: read.Difference, *, later: bool) -> dict[str, Any]:
    """A meeting with its places in words; ``later``: the second version is the newer one.

    A version that was not made for it has not failed to place it.
    """
    absent = [gettext("not yet asked for"), gettext("no longer asked for")]
    former, latter = absent if later else absent[::-1]
    return {
        "meeting": one.meeting,
        "places": (
            _place_told(one.before) if one.was_asked else former,
            _place_told(one.after) if one.is_asked else latter,
        ),
    }


def _place_told(place: read.Place | None) -> str:
    return tell_place(place) if place is not None else gettext("no place")


def publishable(timetable: Timetable) -> bool:
    """Whether it has a plan, is neither being made nor final, and no later one took its place."""
    return (
        bool(timetable.plan)
        and timetable.finished_at is not None
        and timetable.status not in (Timetable.Status.SUPERSEDED, Timetable.Status.FINAL)
    )


def _is_pinned(timetable: Timetable, meeting: Meeting) -> bool:
    return str(meeting.public_id) in timetable.problem.get("pinned", [])


def _meeting(timetable: Timetable, key: str) -> Meeting | None:
    known = _uuid(key)
    if known is None or str(known) not in timetable.problem.get("meetings", []):
        return None
    rows = Meeting.objects.filter(event=timetable.event_id, public_id=known)
    joined: Any = rows.select_related(
        "host__registration__company", "guest__registration__company"
    ).first()
    return joined if isinstance(joined, Meeting) else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
