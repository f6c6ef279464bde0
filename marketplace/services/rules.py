"""Who may ask whom for a meeting, how often, and until when an answer is due."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chambers.models import Company, User
from marketplace.models import (
    Block,
    Event,
    Meeting,
    MeetingRequest,
    Opportunity,
    Registration,
    Slot,
    TimeProposal,
)
from marketplace.selectors.groups import who_meets_whom

Given = TypeVar("Given")
EXPIRES_BEFORE = dt.timedelta(days=5)
EXPIRES_AT_EVENT = dt.timedelta(hours=2)
MOST_TIMES = TimeProposal.MOST_TIMES
SAME_TEXTS = 5  # as many partners may read the very same words
REMEMBERED = dt.timedelta(days=30)
"""So long words that were sent count, whatever became of the request."""


NOT_THEIRS = gettext_lazy("Choose an offer or request of one of the two companies.")
DIRECT_MOST = 10  # requests of a company outside events that wait at once
DIRECT_WAITS = dt.timedelta(days=10)


def quota_left(registration: Registration) -> int:
    """How many more requests a company may have open: answered and expired ones count no more."""
    return max(registration.most_requests - _open_of(registration).count(), 0)


def may_meet(one: Registration, other: Registration) -> bool:
    """Whether the groups of two companies may meet; without rules everybody may."""
    return not who_meets_whom(one.event).refusal(one, other)


def warning_for(one: Registration, other: Registration) -> str:
    """What to say before a second meeting of the same companies where it is allowed, or ""."""
    if one.event.same_partner_rule != Event.SamePartner.WARN:
        return ""
    return _("You have a meeting with this company already.") if _already(one, other) else ""


def direct_quota_left(company: Company) -> int:
    """How many more requests outside events a company may have open."""
    return max(DIRECT_MOST - _open_directly(company.pk).count(), 0)


def expiry_of(
    event: Event, at: dt.datetime | None = None, slots: Iterable[Slot] = ()
) -> dt.datetime:
    """Until when a request sent now is to be answered.

    Five days before the event; within those days, by the next day at the latest until the event
    begins; during it two hours later. No longer than until the final timetable, while that is
    still to come: what is agreed by then gets its place there. Outside events ten days, no longer
    than until the last of the acceptable times begins.
    """
    now = at or timezone.now()
    if event.is_direct:
        until = now + DIRECT_WAITS
        return min(until, max((slot.starts_at for slot in slots), default=until))
    if now < event.begins_at - EXPIRES_BEFORE:
        until = event.begins_at - EXPIRES_BEFORE
    elif now < event.begins_at:
        until = min(now + dt.timedelta(days=1), event.begins_at)
    else:
        until = now + EXPIRES_AT_EVENT
    last = event.last_timetable_at
    return min(until, last) if last is not None and now < last else until


def demand_sendable(request: MeetingRequest, at: dt.datetime | None = None) -> None:
    """Raise ValidationError for what stands in the way of a request; see ``request_meeting``."""
    one, other, event = request.requester, request.partner, request.event
    if not event.takes_requests(at):
        raise ValidationError(
            _("Requests are not open now: see the dates of the event."), code="requests_closed"
        )
    for side in (one, other):
        if side.status != Registration.Status.ADMITTED:
            raise not_admitted(side)
    if apart(one.company, other.company):
        raise ValidationError(
            _("A meeting with this company is not possible.")
            if event.is_direct
            else _("A meeting with this company is not possible at this event."),
            code="not_possible",
        )
    if refusal := who_meets_whom(event).refusal(one, other):
        raise ValidationError(refusal, code="group_rule")
    if event.same_partner_rule == Event.SamePartner.FORBID and _already(one, other):
        raise ValidationError(
            _("You have a meeting with this company already."), code="already_meeting"
        )
    if quota_left(one) == 0:
        raise ValidationError(
            _("%(most)d of your requests wait for an answer: wait for one or withdraw one."),
            code="quota",
            params={"most": one.most_requests},
        )
    _demand_own_words(request)


def demand_theirs(request: MeetingRequest, by: User) -> None:
    """Raise ValidationError ``not_theirs`` for an opportunity of neither side.

    The same for one that ``by`` may not read or whose company is not named beside it: which of
    these it is would tell of it. ``through_chambers`` for one that is not asked about so.
    """
    if request.opportunity_id is None:
        return
    own, partner = request.requester.company_id, request.partner.company_id
    rows = Opportunity.objects.visible_to(by).named().filter(pk=request.opportunity_id)
    if not rows.filter(company__in={own, partner}).exists():
        raise not_theirs()
    if not rows.to_meet_about(own, partner).exists():
        said = _("Here one asks through the chambers: express interest instead.")
        raise ValidationError({"opportunity": ValidationError(said, code="through_chambers")})


def not_theirs() -> ValidationError:
    """The refusal of an opportunity of neither side."""
    return ValidationError({"opportunity": ValidationError(NOT_THEIRS, code="not_theirs")})


def fingerprint_of(text: str) -> str:
    """The same for texts that differ in case, width, signs, digits or space only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(sign for sign in folded if sign.isalpha())
    return hashlib.sha256((letters or folded.strip()).encode()).hexdigest()


def says_the_same(text: str, others: Iterable[str]) -> bool:
    """Whether as many others as may read the same words already read these.

    However they are written: other signs, digits or spaces in between are no words of one's own.
    """
    own = fingerprint_of(text)
    return sum(fingerprint_of(one) == own for one in others) >= SAME_TEXTS


def _demand_own_words(request: MeetingRequest) -> None:
    """However these were answered, and wherever: five who declined are five who read it."""
    since = timezone.now() - REMEMBERED
    sent = MeetingRequest.objects.ever_sent().filter(
        requester__company=request.requester.company_id, created_at__gt=since
    )
    others = sent.exclude(partner__company=request.partner.company_id).exclude(message="")
    said = others.order_by().values_list("partner__company", "message").distinct()
    if request.message and says_the_same(request.message, (words for _one, words in said)):
        raise ValidationError(
            {
                "message": ValidationError(
                    _("%(most)d partners have read these very words: add a line for this one."),
                    code="same_text",
                    params={"most": SAME_TEXTS},
                )
            }
        )


def apart(one: Company, other: Company) -> bool:
    """Whether one of them excludes the other or is kept out of meetings; it is never said which."""
    return excludes(one, other) or shuts_out(other, one)


def shuts_out(one: Company, other: Company) -> bool:
    """Whether ``one`` excludes or blocks the other, or either is held.

    That is ``apart`` but for the other's own list.
    """
    held = one.held_on is not None or other.held_on is not None
    return held or excludes(one, other) or blocks(one, other)


def blocks(one: Company, other: Company) -> bool:
    """Whether ``one`` wants no words of the other: neither messages nor requests."""
    return Block.objects.filter(company=one, blocked=other).exists()


def excludes(one: Company, other: Company) -> bool:
    """Whether ``one`` itself wants nothing of the other."""
    pairs = Company.excluded_companies.through.objects
    return pairs.filter(from_company=one, to_company=other).exists()


def _already(one: Registration, other: Registration) -> bool:
    return Meeting.objects.told().alive().between(one, other).exists()


def _open_of(registration: Registration) -> QuerySet[MeetingRequest]:
    """What waits of those that it sent; outside events all that its company sent there."""
    if registration.event.is_direct:
        return _open_directly(registration.company_id)
    return MeetingRequest.objects.open().filter(requester=registration)


def _open_directly(company: int) -> QuerySet[MeetingRequest]:
    rows = MeetingRequest.objects.open().filter(event__kind=Event.Kind.DIRECT)
    return rows.filter(requester__company=company)


def not_admitted(registration: Registration) -> ValidationError:
    """The refusal ``not_admitted`` of a company that does not take part."""
    return ValidationError(
        _("%(company)s does not take part in this event."),
        code="not_admitted",
        params={"company": str(registration.company)},
    )


def demand_room(registration: Registration) -> None:
    """Raise ValidationError ``too_many_meetings`` for a company that has as many as it may."""
    most = registration.most_meetings
    if most is not None and Meeting.objects.told().alive().of(registration).count() >= most:
        raise ValidationError(
            _("%(company)s has as many meetings as it may: %(most)d."),
            code="too_many_meetings",
            params={"company": str(registration.company), "most": most},
        )


def demand_few(slots: Iterable[Given]) -> list[Given]:
    """The times one side proposes; raises ValidationError ``no_times`` or ``too_many_times``."""
    chosen = list(slots)
    if not chosen:
        raise ValidationError(_("Choose a time to propose."), code="no_times")
    if len(chosen) > MOST_TIMES:
        raise ValidationError(
            _("Propose up to %(most)d times."),
            code="too_many_times",
            params={"most": MOST_TIMES},
        )
    return chosen
