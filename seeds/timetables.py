"""Timetables of the demo's events: found as a worker finds them, then published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from chambers.services import jobs
from marketplace.models import Event, Meeting, MeetingRequest, Timetable
from marketplace.services.meetings import arrange_meeting
from marketplace.services.online import set_link
from marketplace.services.publishing import publish_timetable
from marketplace.services.requests import accept_request
from marketplace.services.timetables import start_timetable
from seeds import sources
from seeds.events import TO_BE_SEATED, last_mails, let_mails_be_past

if TYPE_CHECKING:
    from seeds.demo import World

_FINAL = {"online-round"}
SECONDS = 5
_WITHOUT_LINK = 4  # every one so many
_LATE = 4  # requests for the mission at which one looks again


def seat_events(world: World) -> None:
    """Give the waiting meetings of the events their times; the job is done here, by the service."""
    for key in TO_BE_SEATED:
        event = world.events[key]
        if _waits(event):
            timetable = searched(start_timetable(event, by=world.operator, seconds=SECONDS))
            publish_timetable(timetable, by=world.operator, final=key in _FINAL)
            if event.kind == Event.Kind.MISSION:
                _go_on_agreeing(event, world)
            elif key not in _FINAL:
                _ask_again(timetable, world)
        if event.kind == Event.Kind.ONLINE:
            _open_rooms(event, world)


def _ask_again(published: Timetable, world: World) -> None:
    """The organiser brings three together late: a draft seats them and moves as few as possible."""
    before = last_mails()
    placed = Meeting.objects.filter(event=published.event).placed().select_related("host")
    hosts = {one.host.registration_id: one.host for one in placed.order_by("pk")}
    first, second, third, *_others = hosts.values()
    arrange_meeting(first, second, others=[third], by=world.operator)
    let_mails_be_past(*before)
    searched(start_timetable(published.event, by=world.operator, seconds=SECONDS, base=published))


def _go_on_agreeing(event: Event, world: World) -> None:
    """Partners accept further requests: their meetings wait for the next version."""
    named = {key for row in sources.document("events")["events"] for key in row["named"]}
    answering = {
        company.pk: world.contacts[key]
        for key, company in world.companies.items()
        if key not in named and key in world.contacts
    }
    before = last_mails()
    pending = MeetingRequest.objects.filter(event=event, status=MeetingRequest.Status.PENDING)
    for request in pending.select_related("partner").order_by("pk")[:_LATE]:
        if request.partner.company_id in answering:
            accept_request(request, by=answering[request.partner.company_id])
    let_mails_be_past(*before)


def _open_rooms(event: Event, world: World) -> None:
    """Most meetings of a round have their link by now; whoever looks finds one without."""
    before = last_mails()
    ahead = Meeting.objects.filter(event=event).ahead(timezone.now()).order_by("pk")
    for number, meeting in enumerate(ahead, 1):
        if number % _WITHOUT_LINK:
            set_link(meeting, by=world.operator, link=f"https://meet.example/round/{number}")
    let_mails_be_past(*before)


def _waits(event: Event) -> bool:
    return Meeting.objects.filter(event=event, status=Meeting.Status.UNSCHEDULED).exists()


def searched(timetable: Timetable) -> Timetable:
    """The timetable as a worker leaves it."""
    lease = jobs.claim(pk=timetable.job_id)
    if lease is not None:
        jobs.do(lease)
    timetable.refresh_from_db()
    return timetable
