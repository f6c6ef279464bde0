"""An event of each chamber for the access table: its texts marked, its rows for the addresses."""

from django.utils import timezone

from marketplace.models import Call
from marketplace.selectors.problems import read_event
from marketplace.services.feeds import open_feed
from marketplace.services.searches import save_search
from tests import event_factories as made
from tests.factories import EventEmphasisFactory

WORTH = {
    "status": "optimal",
    "placed": 1,
    "meetings": 1,
    "most_placed": 1,
    "breaks": 0,
    "lower_bound": 0,
    "gap": 0,
    "idle_slots": 0,
    "table_changes": 0,
    "most_breaks": 0,
    "most_burden": 0,
    "seed": 1,
    "seconds": 0.1,
    "input_hash": "0" * 64,
    "plan_hash": "1" * 64,
    "unplaced": [],
}


def build(one, company, hidden, chamber, *, everyone, inside, staff):
    """Adds to a tenant ``event``, ``draftevent`` and one row of each kind that an event has.

    Both companies of the tenant take part, unlisted, so that nobody else reads of them.
    """
    event = made.EventFactory(
        chamber=chamber,
        name={"en": one.mark("event", everyone)},
        theme={"en": one.mark("theme", everyone)},
    )
    one.objects |= {"event": event, **_parts(one, event, chamber, everyone=everyone)}
    one.objects |= _draft(one, chamber, staff)
    one.objects["eventemphasis"] = EventEmphasisFactory(
        event=event, note=one.mark("event emphasis draft", staff)
    )
    EventEmphasisFactory(
        event=event, in_force=True, codes=2.0, note=one.mark("event emphasis", everyone)
    )
    one.objects |= _two_that_meet(one, event, company, hidden, inside)
    one.objects |= {
        "feed": open_feed(one.people["owner"], name=one.mark("feed", {"owner", "token"}))[0],
        "search": save_search(
            by=one.people["owner"],
            kind="companies",
            query="sort=name",
            name=one.mark("search", {"owner", "token"}),
        ),
        "timetable": made.TimetableFactory(
            event=event,
            number=1,
            problem=read_event(event).document(),
            plan={"slot": [0], "table": [0], "helper": [None]},
            certificate={**WORTH, "note": one.mark("certificate", staff)},
        ),
    }


def _parts(one, event, chamber, *, everyone):
    """What the event consists of."""
    hall = made.HallFactory(event=event, name=one.mark("hall", everyone))
    return {
        "hall": hall,
        "slot": made.SlotFactory(event=event),
        "table": made.TableFactory(event=event, hall=hall, number=1),
        "group": made.GroupFactory(event=event),
        "delegation": made.DelegationFactory(event=event, chamber=chamber),
        "interpreter": made.InterpreterFactory(event=event),
    }


def _draft(one, chamber, staff):
    """An event that is not published, with a session."""
    draft = made.EventFactory(
        chamber=chamber, name={"en": one.mark("draft event", staff)}, is_published=False
    )
    session = made.SessionFactory(
        event=draft,
        title={"en": one.mark("session", staff)},
        chair=one.mark("session chair", staff),
    )
    return {"draftevent": draft, "session": session}


def _two_that_meet(one, event, company, hidden, inside):
    """Registrations of both companies with a person each, a request and a meeting of the two."""
    sides = [
        made.RegistrationFactory(
            event=event,
            company=of,
            consent="not_listed",
            reason=one.mark(f"{word} registration", inside),
        )
        for of, word in ((company, "first"), (hidden, "second"))
    ]
    people = [
        made.ParticipantFactory(
            registration=of, person=one.people["owner"], name=one.mark(f"{word} person", inside)
        )
        for of, word in zip(sides, ("first", "second"), strict=True)
    ]
    meeting = made.MeetingFactory(
        event=event,
        host=people[0],
        guest=people[1],
        slot=one.objects["slot"],
        table=one.objects["table"],
        status="confirmed",
        reason=one.mark("meeting", inside),
    )
    feedback = made.FeedbackFactory(
        meeting=meeting, side=sides[0], note=one.mark("feedback", inside), chased=3
    )
    return {
        "registration": sides[0],
        "participant": people[0],
        "meetingrequest": made.MeetingRequestFactory(
            event=event, requester=sides[0], partner=sides[1], message=one.mark("wish", inside)
        ),
        "meeting": meeting,
        "move": made.TimeProposalFactory(
            meeting=meeting,
            proposer=sides[1],
            slots=[meeting.slot],
            status="declined",
            message=one.mark("move", inside),
        ),
        "feedback": feedback,
        "call": Call.objects.get(pk=feedback.pk),
        "dispute": made.DisputeFactory(meeting=meeting),
        "interpreterwish": made.InterpreterWishFactory(meeting=meeting),
        "outcome": made.OutcomeFactory(
            meeting=meeting,
            reporter=company,
            partner=hidden,
            subject=one.mark("paper", inside),
            # Agreed by both, so that their chambers read of it.
            state="with_chamber",
            confirmed_at=timezone.now(),
        ),
        "offer": made.StandbyOfferFactory(
            meeting=meeting, slot=meeting.slot, status="declined", reason=one.mark("line", inside)
        ),
    }
