"""What a company said of its meetings, and what it is still asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils import timezone

from marketplace.models import Dispute, Feedback, Meeting, MeetingQuerySet, Registration
from marketplace.selectors.agenda import Entry, entry_of

if TYPE_CHECKING:
    from chambers.models import Company, User

SECOND_AFTER = dt.timedelta(days=182)  # six months, and no calendar to argue about
THIRD_AFTER = dt.timedelta(days=547)  # eighteen months


@dataclass(frozen=True, slots=True)
class Questions:
    """What a company is asked of a meeting that is over."""

    row: Feedback | None
    says: bool
    """Whether it is one of the two who say if the meeting took place"""
    settled: bool
    """Whether the organiser has decided between the two"""
    second_due: bool
    third_due: bool

    @property
    def said(self) -> str:
        """What it said of whether it took place; "" while it has not."""
        return self.row.said if self.row is not None else ""

    @property
    def second(self) -> str:
        """What it answered after six months; "" while it has not."""
        return self.row.second if self.row is not None else ""

    @property
    def third(self) -> str:
        """What it answered after eighteen months; "" while it has not."""
        return self.row.third if self.row is not None else ""

    @property
    def to_say(self) -> bool:
        """Whether it is asked if the meeting took place."""
        return self.says and not self.said and not self.settled

    @property
    def to_answer(self) -> bool:
        """Whether a question about what came of it is open."""
        # After a year and a half nobody is asked any more how it stood after half a year.
        later = self.third if self.third_due else self.second
        return self.row is None or not self.row.first or (self.second_due and not later)

    @property
    def is_open(self) -> bool:
        """Whether anything is asked."""
        return self.to_say or self.to_answer


@dataclass(frozen=True, slots=True)
class After(Questions):
    """A meeting that is over, as one of its companies looks back on it."""

    entry: Entry
    disputed: bool


def takes_second(meeting: Meeting, at: dt.datetime | None = None) -> bool:
    """Whether six months are over since a meeting."""
    slot = meeting.slot
    return slot is not None and slot.ends_at + SECOND_AFTER <= (at or timezone.now())


def takes_third(meeting: Meeting, at: dt.datetime | None = None) -> bool:
    """Whether eighteen months are over since a meeting."""
    slot = meeting.slot
    return slot is not None and slot.ends_at + THIRD_AFTER <= (at or timezone.now())


def past_meetings(company: Company, user: User, at: dt.datetime | None = None) -> MeetingQuerySet:
    """The meetings of a company that are over and were not cancelled, the newest first."""
    rows = Meeting.objects.run_by(user, of=company).placed()
    over = rows.filter(slot__ends_at__lte=at or timezone.now())
    return over.order_by("-slot__starts_at", "-pk")


def look_back(
    meetings: Sequence[Meeting], company: Company, zone: str | None, at: dt.datetime | None = None
) -> list[After]:
    """The meetings as the company looks back on them.

    One query for any number, plus one where their disputes are not joined.
    """
    keys = [one.pk for one in meetings]
    prefetch_related_objects(meetings, "dispute")
    feedback = Feedback.objects.filter(meeting__in=keys, side__company=company)
    rows = {one.meeting_id: one for one in feedback}
    found = []
    for one in meetings:
        pair = (one.host.registration, one.guest.registration)
        own = next(
            row.registration for row in one.people() if row.registration.company_id == company.pk
        )
        dispute: Dispute | None = getattr(one, "dispute", None)
        found.append(
            After(
                row=rows.get(one.pk),
                says=any(side.pk == own.pk for side in pair),
                settled=dispute is not None and dispute.settled_by_id is not None,
                second_due=one.status == Meeting.Status.HELD and takes_second(one, at),
                third_due=one.status == Meeting.Status.HELD and takes_third(one, at),
                entry=entry_of(one, own, zone),
                disputed=dispute is not None and dispute.settled_at is None,
            )
        )
    return found


def look_back_on(
    meeting: Meeting, own: Registration, zone: str | None, at: dt.datetime | None = None
) -> After | None:
    """One meeting with its people joined; None until its time is over and where it was off."""
    over = meeting.slot is not None and meeting.slot.ends_at <= (at or timezone.now())
    if not over or meeting.status not in Meeting.HOLDING:
        return None
    return look_back([meeting], own.company, zone, at)[0]


def open_questions(company: Company, user: User, at: dt.datetime | None = None) -> list[Questions]:
    """What a company is asked, newest first. One query, a second where there are such meetings.

    Of the meetings of the last half year and a month, and of those a year and a half ago.
    """
    now, month = at or timezone.now(), dt.timedelta(days=31)
    recent = Q(slot__ends_at__gte=now - SECOND_AFTER - month)
    oldest = now - THIRD_AFTER
    old = Q(slot__ends_at__lte=oldest, slot__ends_at__gte=oldest - month)
    held = Meeting.Status.HELD
    # All that is asked for half a year is answered: that needs no further look.
    answered = Feedback.objects.filter(meeting=OuterRef("pk"), side__company=company)
    answered = answered.exclude(said="").exclude(first="")
    asked = past_meetings(company, user, now).filter(recent | old & Q(status=held))
    asked = asked.exclude(Exists(answered), slot__ends_at__gt=now - SECOND_AFTER)
    # Pages count these: only what says whether a question is open is read.
    rows = list(
        asked.values_list(
            "pk",
            "status",
            "slot__ends_at",
            "host__registration__company",
            "guest__registration__company",
            "dispute__settled_by",
        )
    )
    feedback = Feedback.objects.filter(
        meeting__in=[pk for pk, *_rest in rows], side__company=company
    )
    given = {one.meeting_id: one for one in feedback}
    found = [
        Questions(
            row=given.get(pk),
            says=company.pk in (host, guest),
            settled=settled_by is not None,
            second_due=status == held and ends_at + SECOND_AFTER <= now,
            third_due=status == held and ends_at + THIRD_AFTER <= now,
        )
        for pk, status, ends_at, host, guest, settled_by in rows
    ]
    return [one for one in found if one.is_open]
