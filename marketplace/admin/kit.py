"""The printed kit of an event, and the pages on which its marks are typed in or brought back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import who
from chambers.gates.files import BrokenFileError
from marketplace.admin.base import AtTheEvent
from marketplace.forms.marks import MarksForm, joining
from marketplace.models import Event, Meeting, Participant
from marketplace.selectors.marks import SlotMarks, marks_by_slot, meetings_to_mark
from marketplace.services import marks
from marketplace.services.kit import FOLDER, kit_archive, kit_languages
from marketplace.services.marks import Fault, Outcome, Typed, Verdict

PER_PAGE = 200
"""People of one page; of meetings half, each has three fields and two more for whoever joins, and a
form takes 1,000."""
SHOWN = 100
"""Changes that a preview lists; faults and conflicts stand there in full."""
_LANGUAGES = [("en", "English"), ("ru", "Русский"), ("ja", "日本語")]  # each named in itself


class KitForm(forms.Form):
    """In which languages the sheets of companies come."""

    languages = forms.MultipleChoiceField(
        label=_("Languages of the companies' sheets"),
        choices=_LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose one language at least.")},
    )


class FileForm(forms.Form):
    """The table of the kit, filled in."""

    table = forms.FileField(
        label=_("marks.csv, filled in"), widget=forms.FileInput({"accept": ".csv,text/csv"})
    )


class KitPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "kit": ("kit/", self.kit),
            "kit_file": ("kit/download/", self.kit_file),
            "marks": ("marks/", self.marks),
            "marks_people": ("marks/people/", self.marks_people),
            "marks_file": ("marks/file/", self.marks_file),
        }
        own = [
            path(
                f"<path:object_id>/{address}",
                self.admin_site.admin_view(view),
                name=f"marketplace_event_{name}",
            )
            for name, (address, view) in pages.items()
        ]
        return own + super().get_urls()

    # ------------------------------------------------------------ the kit
    def kit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is in it, and in which languages."""
        event: Event = self.row_of(request, object_id)
        form = KitForm(initial={"languages": kit_languages(event)})
        return self.page(request, event, "kit", _("Event kit"), form=form)

    def kit_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The kit as it stands, packed."""
        event: Event = self.row_of(request, object_id)
        form = KitForm(request.GET) if request.GET else None
        if form is not None and not form.is_valid():
            return self.page(request, event, "kit", _("Event kit"), form=form)
        chosen = form.cleaned_data["languages"] if form else kit_languages(event)
        answer = HttpResponse(kit_archive(event, chosen), content_type="application/zip")
        name = f"{FOLDER}-{event.starts_on.isoformat()}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    # ------------------------------------------------------------ marks, slot by slot
    def marks(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Day by day, slot by slot: who came."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        slots = marks_by_slot(event)
        here = _chosen(slots, request.GET.get("slot", ""))
        if here is None:
            return self.page(request, event, "marks", _("Type in marks"), slots=())
        number = request.GET.get("page", "")
        part = Paginator(meetings_to_mark(event, here.slot), PER_PAGE // 2).get_page(number)
        form = MarksForm(request.POST if sends else None, meetings=list(part.object_list))
        found: list[Outcome] = []
        if sends and form.is_valid():
            try:
                found = marks.save_marks(event, form.typed(), by=who(request))
            except ValidationError as error:
                found = marks.compare_marks(event, form.typed())
                form.renewed()
                form.add_error(None, error)
            else:
                return self._marked(request, event, slots, here, part, found)
        return self.page(
            request,
            event,
            "marks",
            _("Type in marks"),
            form=form,
            rows=_rows(form, found),
            slots=slots,
            here=here,
            part=part,
        )

    def _marked(
        self,
        request: HttpRequest,
        event: Event,
        slots: Sequence[SlotMarks],
        here: SlotMarks,
        part: Any,
        found: Sequence[Outcome],
    ) -> HttpResponse:
        """Say how many were marked, and go on to the next page or the next slot."""
        told = _told(found)
        if any(one.verdict != Verdict.SAME for one in found):
            self.log_change(request, event, told)
        messages.success(request, told)
        address = reverse("admin:marketplace_event_marks", args=[event.pk])
        if part.has_next():
            number = part.next_page_number()
            return redirect(f"{address}?slot={here.slot.public_id}&page={number}")
        at = slots.index(here)
        following = slots[at + 1] if at + 1 < len(slots) else here
        return redirect(f"{address}?slot={following.slot.public_id}")

    # ------------------------------------------------------------ who has come
    def marks_people(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Boxes of people, to tick as on the paper."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
        people = _people(event, asked)
        part = Paginator(people, PER_PAGE).get_page(request.GET.get("page", ""))
        ticked = set(request.POST.getlist("come"))
        refusal = ""
        if sends:
            chosen = [one for one in _people(event, "") if str(one.public_id) in ticked]
            try:
                came = marks.save_arrivals(chosen, by=who(request))
            except ValidationError as error:
                refusal = " ".join(error.messages)
            else:
                count = sum(not one.already for one in came)
                told = ngettext("%(n)d person checked in.", "%(n)d people checked in.", count)
                messages.success(request, told % {"n": count})
                return redirect(request.get_full_path())
        shown = [(one, str(one.public_id) in ticked) for one in part.object_list]
        title = _("Type in who has come")
        answer = self.page(
            request, event, "marks_people", title, rows=shown, part=part, asked=asked,
            refusal=refusal,
        )  # fmt: skip
        answer.status_code = 422 if refusal else 200
        return answer

    # ------------------------------------------------------------ the table
    def marks_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A filled table: first what it would change, then the saving."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        if sends and "read" in request.POST:
            return self._save_file(request, event)
        form = FileForm(request.POST, request.FILES) if sends else FileForm()
        if sends and form.is_valid():
            upload = form.cleaned_data["table"]
            try:
                typed, faults = marks.read_marks(upload.read(marks.LARGEST + 1))
            except BrokenFileError as error:
                form.add_error("table", str(error))
            else:
                return self._preview(request, event, typed, faults=faults)
        return self._file_page(request, event, form=form)

    def _save_file(self, request: HttpRequest, event: Event) -> HttpResponse:
        try:
            rows = signing.loads(request.POST["read"], salt=_salt(event))
        except signing.BadSignature:
            form = FileForm({})
            form.add_error("table", gettext("Choose the file again: its preview is not complete."))
            return self._file_page(request, event, form=form)
        typed = [Typed(*row) for row in rows]
        choice = {"paper": True, "online": False}.get(request.POST.get("contested", ""))
        try:
            found = marks.save_marks(event, typed, by=who(request), overwrite=choice)
        except ValidationError as error:
            return self._preview(request, event, typed, refusal=" ".join(error.messages))
        told = _told(found, overwrite=bool(choice))
        self.log_change(request, event, told)
        messages.success(request, told)
        return redirect(request.path)

    def _preview(
        self,
        request: HttpRequest,
        event: Event,
        typed: Sequence[Typed],
        *,
        faults: Sequence[Fault] = (),
        refusal: str = "",
    ) -> HttpResponse:
        """What saving would do, row by row. Nothing was changed yet."""
        found = marks.compare_marks(event, typed)
        by = {verdict: [one for one in found if one.verdict == verdict] for verdict in Verdict}
        new, contested = by[Verdict.NEW], by[Verdict.CONFLICT]
        listed = [*new[:SHOWN], *contested, *by[Verdict.REFUSED]]
        prefetch_related_objects(
            [one.meeting for one in listed if one.meeting is not None],
            "host__registration__company",
            "guest__registration__company",
            "table",
        )
        stands = bool(faults or by[Verdict.REFUSED])
        read = [_packed(one.typed) for one in (*new, *contested)]
        answer = self._file_page(
            request,
            event,
            form=FileForm(),
            new=[_shown(one) for one in new[:SHOWN]],
            more=max(len(new) - SHOWN, 0),
            count=len(new),
            same=len(by[Verdict.SAME]),
            contested=[_shown(one) for one in contested],
            refused=[_shown(one) for one in by[Verdict.REFUSED]],
            faults=faults,
            refusal=refusal,
            previewed=True,
            read=""
            if stands or not read
            else signing.dumps(read, salt=_salt(event), compress=True),
        )
        answer.status_code = 422 if stands or refusal else 200
        return answer

    def _file_page(self, request: HttpRequest, event: Event, **context: Any) -> HttpResponse:
        return self.page(request, event, "marks_file", _("Bring marks back"), **context)


def _chosen(slots: Sequence[SlotMarks], asked: str) -> SlotMarks | None:
    """The slot that an address names; else the first with something to mark, or the first."""
    try:
        key = uuid.UUID(asked)
    except ValueError:
        open_ones = [one for one in slots if one.left]
        return next(iter(open_ones or slots), None)
    return next((one for one in slots if one.slot.public_id == key), None) or _chosen(slots, "")


def _rows(form: MarksForm, found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Each meeting with its two fields, and what speaks against what was typed."""
    against = {
        (one.typed.meeting, one.typed.further): one for one in found if one.verdict in _AGAINST
    }
    return [
        {
            "meeting": one,
            "host": form[f"host_{one.pk}"],
            "guest": form[f"guest_{one.pk}"],
            "known": form[f"known_{one.pk}"],
            "against": against.get((str(one.public_id), "")),
            "others": [
                {
                    "person": joins.person,
                    "mark": form[joins.field],
                    "known": form[joins.known_field],
                    "online": Meeting.Attendance(joins.known).label,
                    "against": against.get((str(one.public_id), str(joins.person.public_id))),
                }
                for joins in joining(one)
            ],
        }
        for one in form.meetings
    ]


_AGAINST = (Verdict.CONFLICT, Verdict.REFUSED)


def _people(event: Event, asked: str) -> Any:
    """Who is expected, by company; narrowed by a name or a badge code."""
    rows = Participant.objects.taking_part().filter(registration__event=event)
    for word in asked.split()[:6]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(badge_code__iexact=word)
            | Q(registration__company__legal_name__icontains=word)
            | Q(registration__company__legal_name_latin__icontains=word)
        )
    joined = rows.select_related("registration__company")
    return joined.order_by("registration__company__legal_name", "registration", "pk")


def _told(found: Sequence[Outcome], *, overwrite: bool = True) -> str:
    wanted = {Verdict.NEW, Verdict.CONFLICT} if overwrite else {Verdict.NEW}
    count = sum(one.verdict in wanted for one in found)
    return ngettext("%(n)d meeting marked.", "%(n)d meetings marked.", count) % {"n": count}


def _shown(one: Outcome) -> dict[str, Any]:
    """A row of a preview, its marks in words."""
    meeting, person = one.meeting, one.person
    table = meeting.table if meeting is not None else None
    return {
        "person": person,
        "line": one.typed.line,
        "slot": meeting.slot if meeting is not None else None,
        "table": table.number if table is not None else "—",
        "meeting": meeting or "",
        "paper": [_word(mark) for mark in (one.typed.host, one.typed.guest)],
        "online": [_word(mark) for mark in one.online],
        "reason": one.reason,
    }


def _word(mark: str) -> str:
    return str(Meeting.Attendance(mark).label) if mark else "—"


def _packed(one: Typed) -> list[Any]:
    return [
        one.meeting,
        one.host,
        one.guest,
        one.host_known,
        one.guest_known,
        one.line,
        one.further,
    ]


def _salt(event: Event) -> str:
    return f"marks of {event.pk}"
