"""The desk of an event on its day: check in, find, note who came, answer standby, open the screen.

A page that refreshes itself; every button is a form of its own, so all of it works without script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import who
from marketplace.admin.base import AtTheEvent
from marketplace.models import Event, Meeting, Participant, Registration, StandbyOffer
from marketplace.selectors.badges import badge_of
from marketplace.selectors.desk import Desk, Task, desk_of, running_and_next
from marketplace.selectors.times import tell_moment
from marketplace.selectors.whereabouts import people_named, whereabouts
from marketplace.services import desk
from marketplace.services.desk import CheckIn
from marketplace.services.handovers import ends_without
from marketplace.services.meetings import mark_further, record_attendance
from marketplace.services.standby import accept_offer, decline_offer

_TASKS = {
    "registrations": (_("Registrations to decide"), "registration", "status__exact=applied"),
    "requests": (_("Requests that wait for an answer"), "meetingrequest", ""),
    "companies": (_("Companies without a meeting"), "", "coverage"),
    "times": (_("Meetings without a time"), "meeting", "time=missing"),
    "timetable": (_("The final timetable is to be published"), "timetable", ""),
    "display": (_("The screen in the hall has no address yet"), "", "display"),
}
_ANSWERS = {"accept": accept_offer, "decline": decline_offer}


class MarkForm(forms.Form):
    """Whether one side of a meeting came."""

    meeting = forms.ModelChoiceField(Meeting.objects.none())
    side = forms.ChoiceField(choices=[(one, one) for one in ("host", "guest", "other")])
    person = forms.ModelChoiceField(Participant.objects.none(), required=False)
    attendance = forms.ChoiceField(choices=Meeting.Attendance.choices)

    def __init__(self, data: Any, *, event: Event) -> None:
        super().__init__(data)
        self.fields["meeting"].queryset = Meeting.objects.filter(event=event)  # type: ignore[attr-defined]
        people = Participant.objects.filter(registration__event=event)
        joined = people.select_related("registration__company")
        self.fields["person"].queryset = joined  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("side") == "other" and cleaned.get("person") is None:
            self.add_error("person", _("Say who."))
        return cleaned


class OfferForm(forms.Form):
    """The answer of a company that says it at the desk."""

    offer = forms.ModelChoiceField(StandbyOffer.objects.none())
    answer = forms.ChoiceField(choices=[(name, name) for name in _ANSWERS])

    def __init__(self, data: Any, *, event: Event) -> None:
        super().__init__(data)
        offers = StandbyOffer.objects.filter(meeting__event=event)
        self.fields["offer"].queryset = offers  # type: ignore[attr-defined]


class AbsentForm(forms.Form):
    """Why a company is away; its partners read it."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        max_length=2000,
        help_text=_("Those whom it concerns read it."),
    )


class DeskPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "desk": self.desk,
            "mark": self.mark,
            "offer": self.answer_standby,
            "absent": self.mark_absent,
            "display": self.display,
        }
        own = [
            path(
                f"<path:object_id>/desk/{name}/" if name != "desk" else "<path:object_id>/desk/",
                self.admin_site.admin_view(view),
                name=f"marketplace_event_{name}",
            )
            for name, view in pages.items()
        ]
        badge = self.admin_site.admin_view(self.badge)
        own.append(path("badge/<str:code>/", badge, name="marketplace_event_badge"))
        return own + super().get_urls()

    # ------------------------------------------------------------ the page
    def desk(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Now, next, late, waiting; a sending checks somebody in by badge or name."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        if request.method != "POST":
            return self._desk_page(request, event)
        typed = request.POST.get("badge", "").replace("\x00", "").strip()[:300]
        if not typed:
            refusal = gettext("Scan a badge, or type its code or a name.")
            return self._desk_page(request, event, refusal=refusal)
        people = Participant.objects.coming().filter(registration__event=event)
        known = badge_of(people, typed)
        named = [known] if known else people_named(event, typed)
        if len(named) == 1:
            return self._let_in(request, event, named[0])
        found = whereabouts(event, typed)
        if not found:
            refusal = gettext("Nobody here has the code or name “%(typed)s”: try a part of it.")
            refusal = refusal % {"typed": typed[:100]}
            return self._desk_page(request, event, refusal=refusal, typed=typed)
        messages.info(request, gettext("Choose who has come."))
        return redirect(_desk(event, typed))

    def _desk_page(
        self, request: HttpRequest, event: Event, *, refusal: str = "", typed: str = ""
    ) -> HttpResponse:
        asked = request.GET.get("q", "").strip()[:100]
        seen = desk_of(event)
        answer = self.page(
            request,
            event,
            "desk",
            gettext("Desk"),
            seen=seen,
            attendances=Meeting.Attendance.choices,
            as_of=tell_moment(seen.at, zone=event.zone),
            found=whereabouts(event, asked, seen.at),
            asked=asked,
            typed=typed,
            refusal=refusal,
            tasks=_to_prepare(seen, event),
        )
        answer.status_code = 422 if refusal else 200
        answer["Cache-Control"] = "no-store"
        return answer

    def _let_in(self, request: HttpRequest, event: Event, person: Participant) -> HttpResponse:
        """Check somebody in and go back to the desk, where they stand with their next meeting."""
        try:
            done = desk.check_in(person, by=who(request))
        except ValidationError as error:
            return self._desk_page(request, event, refusal=" ".join(error.messages))
        self._told_of(request, event, done)
        return redirect(_desk(event, request.POST.get("q") or done.participant.badge_code))

    def _told_of(self, request: HttpRequest, event: Event, done: CheckIn) -> None:
        told = _checked_in(done, event)
        if done.already:
            messages.warning(request, told)
        else:
            self.log_change(request, event, told)
            messages.success(request, told)

    # ------------------------------------------------------------ badges
    def badge(self, request: HttpRequest, code: str) -> HttpResponse:
        """Where the QR code of a badge leads: whose it is, and a button that checks them in."""
        events = Event.objects.served_by(who(request)).values("pk")
        people = Participant.objects.filter(registration__event__in=events)
        person = badge_of(people.select_related("registration__event__chamber"), code)
        if person is None:
            raise Http404
        event = person.registration.event
        refusal = ""
        if request.method == "POST":
            self.row_of(request, str(event.pk), to_change=True)
            try:
                refusal = self._change_badge(request, event, person)
            except ValidationError as error:
                refusal = " ".join(error.messages)
            if not refusal:
                return redirect(request.path)
        now, following, _left = running_and_next([person], timezone.now())[person.pk]
        answer = self.page(
            request,
            event,
            "badge",
            person.name,
            person=person,
            now=now,
            next=following,
            partner_now=now.partner_of(person) if now else "",
            partner_next=following.partner_of(person) if following else "",
            refusal=refusal,
            takes_part=person.registration.status == Registration.Status.ADMITTED,
        )
        answer.status_code = 422 if refusal else 200
        answer["Cache-Control"] = "no-store"
        return answer

    def _change_badge(self, request: HttpRequest, event: Event, person: Participant) -> str:
        """Check in, or take that back. Returns what hinders it."""
        if "undo" in request.POST:
            desk.undo_check_in(person, by=who(request))
            told = gettext("%(person)s is expected again.") % {"person": person.name}
            self.log_change(request, event, told)
            messages.success(request, told)
        else:
            self._told_of(request, event, desk.check_in(person, by=who(request)))
        return ""

    # ------------------------------------------------------------ marks and standby
    def mark(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Came, came late or did not come: one side of one meeting."""

        def save(form: Any) -> str:
            given = form.cleaned_data
            meeting: Meeting = given["meeting"]
            mark, by = given["attendance"], who(request)
            if given["side"] == "other":
                person = given["person"]
                mark_further(meeting, person, mark, by=by)
            else:
                person = getattr(meeting, given["side"])
                record_attendance(meeting, by=by, **{given["side"]: mark})
            label = Meeting.Attendance(given["attendance"]).label
            return f"{person} ({person.registration.company.told}): {label}"

        return self._desk_button(request, object_id, MarkForm, save)

    def answer_standby(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take or leave a freed time for both companies, as they say at the desk."""

        def save(form: Any) -> str:
            offer, answer = form.cleaned_data["offer"], form.cleaned_data["answer"]
            _ANSWERS[answer](offer, by=who(request))
            if answer == "accept":
                return gettext("%(meeting)s takes the freed time.") % {"meeting": offer.meeting}
            return gettext("%(meeting)s leaves the freed time.") % {"meeting": offer.meeting}

        return self._desk_button(request, object_id, OfferForm, save)

    def _desk_button(
        self,
        request: HttpRequest,
        object_id: str,
        form_class: Callable[..., forms.Form],
        save: Callable[[Any], str],
    ) -> HttpResponse:
        """Do what a button of the desk says, and show the desk again."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        if request.method != "POST":
            return redirect(_desk(event))
        form = form_class(request.POST, event=event)
        if not form.is_valid():
            refusal = gettext("The page was out of date: look again, then decide.")
            return self._desk_page(request, event, refusal=refusal)
        try:
            told = save(form)
        except ValidationError as error:
            return self._desk_page(request, event, refusal=" ".join(error.messages))
        self.log_change(request, event, told)
        messages.success(request, told)
        return redirect(_desk(event, request.POST.get("q", "")))

    def mark_absent(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A company is away for the rest of the day: what will be cancelled, and why."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        key = request.GET.get("registration", "")
        rows = Registration.objects.filter(event=event).select_related("company", "event")
        company = rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if company is None:
            raise Http404
        form = AbsentForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                ended = desk.mark_absent(company, by=who(request), **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                told = ngettext(
                    "%(company)s is away today: %(n)d meeting cancelled, partners told.",
                    "%(company)s is away today: %(n)d meetings cancelled, partners told.",
                    len(ended),
                ) % {"company": company.company.told, "n": len(ended)}
                self.log_change(request, event, told)
                messages.success(request, told)
                return redirect(_desk(event))
        title = gettext("%(company)s is away for the rest of the day") % {
            "company": company.company
        }
        meetings = desk.meetings_of_day(company)
        ends = [one for one in meetings if ends_without(one, company)]
        return self.page(
            request,
            event,
            "absent",
            title,
            form=form,
            coming=ends,
            left=[one for one in meetings if one not in ends],
            person=company.participants.coming().first(),
        )

    # ------------------------------------------------------------ the screen in the hall
    def display(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open, renew or close the address of the screen; it is shown at this moment only."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        address = ""
        if request.method == "POST" and "close" in request.POST:
            desk.close_display(event, by=who(request))
            told = gettext("The screen in the hall is closed: its address answers no more.")
            self.log_change(request, event, told)
            messages.success(request, told)
            return redirect(request.path)
        if request.method == "POST":
            secret = desk.open_display(event, by=who(request))
            address = request.build_absolute_uri(reverse("display", args=[secret]))
            self.log_change(request, event, gettext("The screen in the hall has a new address."))
        halls = list(event.halls.values_list("name", flat=True))
        title = gettext("Screen in the hall")
        answer = self.page(request, event, "display", title, address=address, halls=halls)
        answer["Cache-Control"] = "no-store"
        return answer


def _desk(event: Event, asked: str = "") -> str:
    """The address of the desk, looking for somebody."""
    address = reverse("admin:marketplace_event_desk", args=[event.pk])
    return f"{address}?{urlencode({'q': asked[:100]})}" if asked else address


def _checked_in(done: CheckIn, event: Event) -> str:
    """What the desk says of a check-in; a second one names the first."""
    person, company = done.participant, done.participant.registration.company
    if not done.already or person.checked_in_at is None:
        return gettext("%(person)s (%(company)s) is checked in.") % {
            "person": person.name,
            "company": company,
        }
    said = {
        "person": person.name,
        "company": company,
        "time": f"{person.checked_in_at.astimezone(event.clock):%H:%M}",
        "by": person.checked_in_by or "",
    }
    if not person.checked_in_by:
        return gettext("%(person)s (%(company)s) is checked in already, at %(time)s.") % said
    return gettext("%(person)s (%(company)s) is checked in already, at %(time)s by %(by)s.") % said


def _to_prepare(seen: Desk, event: Event) -> list[tuple[Task, Any, str]]:
    """(task, its words, where it is done) of what is left before the day."""
    told = []
    for task in seen.tasks:
        words, model, query = _TASKS[task.key]
        if model:
            where = reverse(f"admin:marketplace_{model}_changelist")
            where += f"?event__id__exact={event.pk}" + (f"&{query}" if query else "")
        else:
            where = reverse(f"admin:marketplace_event_{query}", args=[event.pk])
        told.append((task, words, where))
    return told
