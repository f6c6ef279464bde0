"""Mails after a meeting: how did it go, what became of it, and how a contradiction was settled."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import translation

from chambers.models import User
from chambers.services import links
from chambers.services.mail import queue_mail
from marketplace.models import Dispute, Feedback, Meeting, Registration
from marketplace.models.feedback import MOST_MAILS
from marketplace.selectors.times import shown_time, tell_time
from marketplace.services.notices import chamber_of, speakers

SAID = "feedback.said"
"""The purpose of a one-tap answer; its key is ``<meeting>:<registration>:<said>``."""
LINKS_LIVE = 30  # days in which a one-tap answer is good


def readers_of(meeting: Meeting, own: Registration) -> list[User]:
    """Who of a side is asked: those of its people who decide for it, else its speakers."""
    speaking = speakers(own)
    keys = {one.person_id for one in meeting.people() if one.registration_id == own.pk}
    there = [one for one in speaking if one.pk in keys]
    return there or speaking


def ask_what_happened(meeting: Meeting, own: Registration, *, again: int = 0) -> None:
    """Mail the three one-tap answers to a side; ``again``: which mail it is since a week passed."""
    for reader in readers_of(meeting, own):
        answers = [
            (
                said.label,
                links.link(
                    SAID, person=reader, key=f"{_key(meeting, own)}:{said}", days=LINKS_LIVE
                ),
            )
            for said in Feedback.Said
        ]
        if again:
            once = f"week {again} {_key(meeting, own)} {reader.pk}"
            more = {"answers": answers, "reminds": again > 1, "last": again == MOST_MAILS}
            _mail("feedback_week", reader, meeting, own, more, once)
        else:
            _mail("feedback_asked", reader, meeting, own, {"answers": answers})


def ask_what_became(meeting: Meeting, own: Registration, *, last: bool = False) -> None:
    """Mail the question of six months later to a side, or with ``last`` that of 18 months."""
    kind = "feedback_last" if last else "feedback_later"
    for reader in readers_of(meeting, own):
        labels = [one.label for one in Feedback.Second]
        paper = _path_of_paper(meeting, reader)
        _mail(kind, reader, meeting, own, {"labels": labels, "paper": paper})


def tell_settled(meeting: Meeting, dispute: Dispute) -> None:
    """Tell both sides what the organiser found out."""
    for own in dict.fromkeys([meeting.host.registration, meeting.guest.registration]):
        for reader in readers_of(meeting, own):
            _mail("feedback_settled", reader, meeting, own, {"dispute": dispute})


def _path_of_paper(meeting: Meeting, reader: User) -> str:
    with translation.override(reader.language):
        return f"{reverse('outcome-new')}?meeting={meeting.public_id}"


def _key(meeting: Meeting, own: Registration) -> str:
    return f"{meeting.public_id}:{own.public_id}"


def _mail(
    kind: str,
    reader: User,
    meeting: Meeting,
    own: Registration,
    extra: dict[str, Any],
    once: str = "",
) -> None:
    event, slot = meeting.event, meeting.slot
    with translation.override(reader.language):
        partners = [one.registration for one in meeting.people() if one.registration_id != own.pk]
        shown = (
            shown_time(slot.starts_at, slot.ends_at, zone=event.zone) if slot is not None else None
        )
        context = {
            "meeting": meeting,
            "event": event,
            "event_name": event.named()[0],
            "partner": ", ".join(dict.fromkeys(one.company.told for one in partners)),
            "at": f"{shown.day}, {shown.span}" if shown else "",
            "time": tell_time(
                slot.starts_at, slot.ends_at, zone=event.zone, reader=reader.time_zone
            )
            if slot is not None
            else "",
            "marks": [
                (one.registration.company.told, mark)
                for one, mark in (
                    (meeting.host, meeting.get_host_attendance_display()),
                    (meeting.guest, meeting.get_guest_attendance_display()),
                )
            ],
            **extra,
        }
    queue_mail(
        kind,
        to=reader,
        context=context,
        chamber=chamber_of(event),
        once=once,
    )
