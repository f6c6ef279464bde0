"""What came of the meetings of past events: words of the sides, a contradiction, papers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from chambers.models import Company, Membership, Representative, Staff, User
from marketplace.models import Feedback, Meeting, Outcome
from marketplace.services import feedback, outcomes

_FIRST = (Feedback.First.POSSIBLE, Feedback.First.INFORMATIVE, Feedback.First.NO_INTEREST)
_PAPERS = (
    ("contract", "Delivery of level sensors", Outcome.Stage.SIGNED, "1250000.00", "RUB"),
    ("memorandum", "Joint tests of sensors", Outcome.Stage.SIGNED, None, ""),
    ("intent", "Service centre for instruments", Outcome.Stage.ANNOUNCED, "90000.00", "EUR"),
)


def look_back() -> None:
    """Both sides speak of meetings that were held; of one they contradict each other."""
    held = list(
        Meeting.objects.filter(status=Meeting.Status.HELD, others=None)
        .select_related(
            "event", "slot", "host__registration__company", "guest__registration__company"
        )
        .order_by("slot__starts_at", "pk")
    )
    for turn, meeting in enumerate(held[:9]):
        for side in (meeting.host.registration, meeting.guest.registration)[: 1 + turn % 2]:
            by = _speaker(side.company)
            feedback.say_what_happened(meeting, Feedback.Said.HELD, own=side, by=by)
            first = _FIRST[turn % len(_FIRST)]
            feedback.give_feedback(meeting, own=side, by=by, first=first)
    if len(held) > 9:
        side = held[9].host.registration
        missed = Feedback.Said.THEY_MISSED
        feedback.say_what_happened(held[9], missed, own=side, by=_speaker(side.company))
    for meeting, paper in zip(held, _PAPERS, strict=False):
        _sign(meeting, *paper)


def _sign(
    meeting: Meeting, kind: str, subject: str, stage: str, amount: str | None, currency: str
) -> None:
    """The first paper is confirmed by all, the second waits for a chamber, the third."""
    ours, theirs = meeting.host.registration.company, meeting.guest.registration.company
    signed = stage == Outcome.Stage.SIGNED and meeting.slot is not None
    outcome = outcomes.report_outcome(
        ours,
        theirs,
        meeting=meeting,
        by=_speaker(ours),
        kind=kind,
        subject=subject,
        claimed=stage,
        signed_on=_day(meeting) if signed else None,
        amount=Decimal(amount) if amount else None,
        currency=currency,
        publicity=Outcome.Publicity.WITH_AMOUNT,
    )
    if kind in ("contract", "memorandum"):
        outcomes.confirm_outcome(outcome, by=_speaker(theirs))
    manager = _manager_of(ours)
    if kind == "contract" and manager is not None:
        outcomes.approve_outcome(outcome, by=manager)


def _day(meeting: Meeting) -> dt.date | None:
    return meeting.slot.starts_at.date() if meeting.slot is not None else None


def _speaker(company: Company) -> User:
    role = Representative.Role.OWNER
    found: Representative = company.representatives.filter(role=role).order_by("pk")[0]
    return found.person


def _manager_of(company: Company) -> User | None:
    """Somebody who decides for a chamber of the company and speaks for no company."""
    chambers = Membership.objects.in_force().filter(company=company).values("chamber")
    roles = Staff.objects.filter(chamber__in=chambers, role=Staff.Role.MANAGER)
    alone = roles.exclude(person__in=Representative.objects.values("person"))
    found = alone.select_related("person").order_by("pk").first()
    return found.person if found is not None else None
