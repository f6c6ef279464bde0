"""What the marketplace holds of a person, what keeps them from leaving, and what it forgets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chambers.models import Company, Representative, User
from chambers.services.account import Held, forgets, hinders, holds
from marketplace.models import (
    Away,
    Block,
    Booking,
    CalendarFeed,
    Event,
    Feedback,
    Interest,
    InterestEntry,
    Interpreter,
    Meeting,
    MeetingQuerySet,
    MeetingRequest,
    Opportunity,
    Outcome,
    Participant,
    Registration,
    Review,
    Revision,
    SavedSearch,
    TimeProposal,
)
from marketplace.models.conversations import Message, Reading, Report
from marketplace.models.names import FORGOTTEN
from marketplace.selectors.agenda import entry_of, with_people
from marketplace.selectors.interests import told_entry
from marketplace.selectors.times import tell_time

_DIRECT = Event.Kind.DIRECT


def _attended_by(person: User) -> MeetingQuerySet:
    """Meetings that a person goes to, as host, guest or third, or interprets."""
    people = Participant.objects.filter(person=person).values("pk")
    third = Meeting.others.through.objects.filter(participant__in=people).values("meeting")
    mine = Q(host__in=people) | Q(guest__in=people) | Q(pk__in=third)
    return Meeting.objects.filter(mine | Q(interpreter__person=person)).told()


@holds
def _meetings(person: User) -> Iterator[Held]:
    """Where the person took part, and whom they met; names of others once both had agreed."""
    taking_part = Participant.objects.filter(person=person).select_related(
        "registration__event", "registration__company"
    )
    yield Held(
        "events",
        _("Events that you take part in"),
        ["event", "company", "name", "position", "presence", "checked_in"],
        [
            [
                one.registration.event.named()[0],
                one.registration.company.legal_name,
                one.name,
                one.position,
                str(one.get_presence_display()),
                one.checked_in_at,
            ]
            for one in taking_part.order_by("registration__event__starts_on", "pk")
        ],
    )
    own = {one.registration_id: one.registration for one in taking_part}
    rows = []
    for meeting in with_people(_attended_by(person)).order_by("slot__starts_at", "pk"):
        sides = [one.registration for one in meeting.people()]
        side = next((one for one in sides if one.pk in own), sides[0])
        entry = entry_of(meeting, side, person.time_zone)
        met = [one.name for one in entry.theirs] if meeting.is_agreed else []
        rows.append(
            [
                meeting.event.named()[0],
                str(entry.time or ""),
                ", ".join(one.company.legal_name for one in entry.partners),
                ", ".join(met),
                entry.place,
                str(meeting.get_status_display()),
            ]
        )
    yield Held(
        "meetings",
        _("Meetings that you go to or went to"),
        ["event", "time", "partner", "people", "place", "status"],
        rows,
    )


@holds
def _chosen(person: User) -> Iterator[Held]:
    """When the person is not there, and which companies they entered."""
    away = Away.objects.filter(participant__person=person).select_related(
        "participant__registration__event", "slot"
    )
    yield Held(
        "closed_times",
        _("Times at events that you closed for meetings"),
        ["event", "time"],
        [
            [
                one.participant.registration.event.named()[0],
                tell_time(
                    one.slot.starts_at,
                    one.slot.ends_at,
                    zone=one.participant.registration.event.zone,
                    reader=person.time_zone,
                ),
            ]
            for one in away.order_by("slot__starts_at", "pk")
        ],
    )
    entered = Registration.objects.filter(registered_by=person).exclude(event__kind=_DIRECT)
    yield Held(
        "registrations",
        _("Companies that you registered for events"),
        ["event", "company", "consent", "status", "registered"],
        [
            [
                one.event.named()[0],
                one.company.told,
                str(one.get_consent_display()),
                str(one.get_status_display()),
                one.registered_at,
            ]
            for one in entered.select_related("event", "company").order_by("pk")
        ],
    )


@holds
def _settled(person: User) -> Iterator[Held]:
    """Whom the person keeps off, and the texts that they changed."""
    blocks = Block.objects.filter(by=person).select_related("company", "blocked")
    yield Held(
        "blocks",
        _("Companies whose messages you keep off"),
        ["company", "blocked", "since"],
        [[one.company.told, one.blocked.told, one.created_at] for one in blocks.order_by("pk")],
    )
    texts = Revision.objects.filter(written_by=person).select_related("opportunity")
    yield Held(
        "changed_texts",
        _("Changes of published texts that you wrote"),
        ["about", "language", "title", "text", "state"],
        [
            [
                one.opportunity.reference,
                language,
                title,
                one.text.get(language, ""),
                str(one.get_state_display()),
            ]
            for one in texts.order_by("pk")
            for language, title in sorted(one.title.items())
        ],
    )


@holds
def _words(person: User) -> Iterator[Held]:
    """What the person said, wrote and keeps here."""
    said = Feedback.objects.filter(by=person).select_related(
        "meeting__host__registration__company", "meeting__guest__registration__company"
    )
    yield Held(
        "feedback",
        _("What you said after meetings"),
        [
            "meeting",
            "took_place",
            "right_after",
            "six_months_later",
            "eighteen_months_later",
            "note",
        ],
        [
            [
                one.meeting.told,
                str(one.get_said_display()),
                str(one.get_first_display()),
                str(one.get_second_display()),
                str(one.get_third_display()),
                one.note,
            ]
            for one in said.order_by("pk")
        ],
    )
    papers = Outcome.objects.filter(Q(reported_by=person) | Q(confirmed_by=person))
    yield Held(
        "contracts",
        _("Papers that you reported or confirmed"),
        ["reference", "kind", "subject", "state"],
        [
            [one.reference, str(one.get_kind_display()), one.subject, str(one.get_state_display())]
            for one in papers.order_by("pk")
        ],
    )
    messages = Message.objects.filter(author=person).order_by("pk")
    yield Held(
        "messages",
        _("Messages that you wrote"),
        ["written", "text"],
        [[one.sent_at, one.text] for one in messages],
    )
    searches = SavedSearch.objects.filter(person=person).order_by("pk")
    yield Held(
        "saved_searches",
        _("Searches that you saved"),
        ["name", "list", "query"],
        [[one.name, str(one.get_kind_display()), one.query] for one in searches],
    )
    feeds = CalendarFeed.objects.filter(person=person).order_by("pk")
    yield Held(
        "calendar_addresses",
        _("Your calendar addresses, without their secrets"),
        ["name", "created", "revoked"],
        [[one.name, one.created_at, one.revoked_at] for one in feeds],
    )


@holds
def _asked(person: User) -> Iterator[Held]:
    """What the person wrote to be met, told more or answered. Items by number: some hide whose."""
    sent = Interest.objects.filter(created_by=person).select_related("opportunity")
    yield Held(
        "interests",
        _("Expressions of interest that you wrote"),
        ["sent", "about", "cooperation", "missing", "about_us"],
        [
            [one.created_at, one.opportunity.reference, one.cooperation, one.missing, one.about]
            for one in sent.order_by("pk")
        ],
    )
    declined = Q(kind=InterestEntry.Kind.DECLINED)
    lines = InterestEntry.objects.filter(declined | ~Q(text=""), person=person)
    yield Held(
        "interest_answers",
        _("What you wrote about interests: questions, answers, decisions"),
        ["written", "about", "text"],
        [
            [one.at, one.interest.opportunity.reference, told_entry(one.interest, one)]
            for one in lines.select_related("interest__opportunity").order_by("pk")
        ],
    )
    yield Held(
        "meeting_requests",
        _("Requests for meetings and other times that you wrote"),
        ["written", "text", "status"],
        [
            [one.created_at, one.message, str(one.get_status_display())]
            for rows in (MeetingRequest, TimeProposal)
            for one in rows.objects.filter(created_by=person).order_by("pk")
        ],
    )


@holds
def _judged(person: User) -> Iterator[Held]:
    """What the person wrote of texts of others."""
    reviews = Review.objects.filter(reviewer=person).select_related("opportunity")
    yield Held(
        "reviews",
        _("Reviews that you wrote"),
        ["written", "about", "verdict", "comment"],
        [
            [
                one.created_at,
                one.opportunity.reference,
                str(one.get_verdict_display()),
                one.comment,
            ]
            for one in reviews.order_by("pk")
        ],
    )
    reports = Report.objects.filter(by=person).order_by("pk")
    yield Held(
        "reports",
        _("Messages that you reported"),
        ["reported", "reason", "note"],
        [[one.created_at, str(one.get_reason_display()), one.note] for one in reports],
    )


@hinders
def _meetings_to_come(person: User, at: dt.datetime) -> Iterator[str]:
    """Who would sit at a table alone must know before."""
    count = _attended_by(person).ahead(at).count()
    if count:
        yield ngettext(
            "You have %(n)d meeting to come: name a colleague who goes instead, or cancel it.",
            "You have %(n)d meetings to come: name a colleague who goes instead, or cancel them.",
            count,
        ) % {"n": count}


@hinders
def _nobody_would_answer(person: User, at: dt.datetime) -> Iterator[str]:
    """What a company shows, and who waits for it, needs somebody who decides there."""
    mine = Representative.objects.filter(person=person).exclude(role=Representative.Role.VIEWER)
    for company in Company.objects.filter(pk__in=mine.values("company")).order_by("pk"):
        if User.objects.deciding_for(company).exclude(pk=person.pk).exists():
            continue
        shown = Opportunity.objects.current().filter(company=company).count()
        if shown:
            yield ngettext(
                "%(company)s shows %(n)d offer or request, and nobody else would answer: archive"
                " it, or invite a colleague.",
                "%(company)s shows %(n)d offers or requests, and nobody else would answer: archive"
                " them, or invite a colleague.",
                shown,
            ) % {"company": company.told, "n": shown}


@forgets
def _forget(person: User, at: dt.datetime) -> None:
    """Past meetings keep a participant of the company, who has no name and no account."""
    SavedSearch.objects.filter(person=person).delete()
    CalendarFeed.objects.filter(person=person).delete()
    Reading.objects.filter(person=person).delete()
    Booking.objects.filter(person=person).update(person=None)
    for one in Participant.objects.filter(person=person):
        one.name, one.position, one.person = FORGOTTEN, "", None
        one.left_at = one.left_at or at
        one.save(update_fields=["name", "position", "person", "left_at"])
    Interpreter.objects.filter(person=person).update(person=None, name=FORGOTTEN)
