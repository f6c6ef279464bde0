"""The links by which a company answers a meeting request from the mail."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services import links
from marketplace.models import OF_REQUESTS, MeetingRequest, Registration
from marketplace.selectors.times import tell_time
from marketplace.services import direct
from marketplace.services.answer_links import ACCEPT, DECLINE, key_of
from marketplace.services.requests import accept_request, decline_request


def _find(person: User, key: str) -> MeetingRequest:
    """The request as it was mailed. Raises ValidationError ``changed_meanwhile``."""
    mine = Registration.objects.edited_by(person).values("pk")
    rows = MeetingRequest.objects.filter(Q(requester__in=mine) | Q(partner__in=mine))
    joined = rows.select_related("requester__company", "partner__company", "event__chamber")
    request: MeetingRequest = joined.prefetch_related("slots").get(public_id=key.split(":")[0])
    if not request.is_open or key_of(request) != key:
        raise ValidationError(
            _(
                "This request was answered, taken back or changed since that mail. Sign in to see"
                " it: %(company)s."
            ),
            code="changed_meanwhile",
            params={"company": request.requester.company.told},
        )
    return request


def _told(request: MeetingRequest, person: User) -> str:
    """Who asks, at which event and for which times, in the language in use."""
    own = request.answer_from
    other = request.other_side(own) if own is not None else request.requester
    event = request.event
    times = [
        tell_time(one.starts_at, one.ends_at, zone=event.zone, reader=person.time_zone)
        for one in request.slots.all()
    ]
    return " · ".join([other.company.told, event.named()[0], *times])


def _asks_to_accept(person: User, key: str) -> links.Question:
    request = _find(person, key)
    if request.event.awaits_timetable():
        title = _("Accept this meeting? The timetable of the event sets its time.")
    elif len(request.slots.all()) == 1:
        title = _("Accept this meeting at this time?")
    else:
        title = _("Accept this meeting at the first time that suits both?")
    return links.Question(title, _told(request, person), _("Accept"))


@links.handles(ACCEPT, asks=_asks_to_accept)
def _accept(person: User, key: str) -> links.Done:
    request = _find(person, key)
    # Outside events who presses comes, also who joined the company after it was asked.
    accept = direct.accept if request.event.is_direct else accept_request
    meeting = accept(request, by=person)
    return links.Done(
        _("Accepted. Both sides read of it by mail."),
        address=reverse("meeting", args=[meeting.public_id]),
        label=_("See the meeting"),
    )


def _asks_to_decline(person: User, key: str) -> links.Question:
    text = _told(_find(person, key), person)
    return links.Question(_("Decline the request?"), text, _("Decline"))


@links.handles(
    DECLINE, asks=_asks_to_decline, reasons=[(one.value, one.label) for one in OF_REQUESTS]
)
def _decline(person: User, key: str, reason_code: str = "", reason: str = "") -> links.Done:
    request = decline_request(_find(person, key), by=person, reason_code=reason_code, reason=reason)
    return links.Done(
        _("Declined. They read it."),
        address=reverse("request", args=[request.public_id]),
        label=_("See the request"),
    )
