"""An event of each chamber for the access table: its texts marked, its rows for the addresses."""

from marketplace.selectors.problems import read_event
from marketplace.services.feeds import open_feed
from tests import event_factories as made

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
    draft = made.EventFactory(
        chamber=chamber, name={"en": one.mark("draft event", staff)}, is_published=False
    )
    hall = made.HallFactory(event=event, name=one.mark("hall", everyone))
    slot = made.SlotFactory(event=event)
    registration, partner = (
        made.RegistrationFactory(
            event=event,
            company=of,
            consent="not_listed",
            reason=one.mark(f"{word} registration", inside),
        )
        for of, word in ((company, "first"), (hidden, "second"))
    )
    people = [
        made.ParticipantFactory(
            registration=of, person=one.people["owner"], name=one.mark(f"{word} person", inside)
        )
        for of, word in ((registration, "first"), (partner, "second"))
    ]
    table = made.TableFactory(event=event, hall=hall, number=1)
    request = made.MeetingRequestFactory(
        event=event, requester=registration, partner=partner, message=one.mark("wish", inside)
    )
    meeting = made.MeetingFactory(
        event=event,
        host=people[0],
        guest=people[1],
        slot=slot,
        table=table,
        status="confirmed",
        reason=one.mark("meeting", inside),
    )
    one.objects |= {
        "event": event,
        "draftevent": draft,
        "hall": hall,
        "slot": slot,
        "table": table,
        "session": made.SessionFactory(
            event=draft,
            title={"en": one.mark("session", staff)},
            chair=one.mark("session chair", staff),
        ),
        "group": made.GroupFactory(event=event),
        "delegation": made.DelegationFactory(event=event, chamber=chamber),
        "interpreter": made.InterpreterFactory(event=event),
        "registration": registration,
        "feed": open_feed(one.people["owner"], name=one.mark("feed", {"owner", "token"}))[0],
        "participant": people[0],
        "meetingrequest": request,
        "meeting": meeting,
        "timetable": made.TimetableFactory(
            event=event,
            number=1,
            problem=read_event(event).document(),
            plan={"slot": [0], "table": [0], "helper": [None]},
            certificate={**WORTH, "note": one.mark("certificate", staff)},
        ),
    }
