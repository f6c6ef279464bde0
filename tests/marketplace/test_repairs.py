"""A loss at an event whose timetable stands: shown first, then mended in one piece."""

import pytest
from django.core.exceptions import PermissionDenied

from chambers.models import Mail
from marketplace.models import (
    Away,
    Booking,
    InterpreterAway,
    Meeting,
    Registration,
    Repair,
    StandbyOffer,
    TableClosed,
)
from marketplace.services import losses
from marketplace.services.meetings import move_meeting
from marketplace.services.repairs import apply_repair, preview_repair, reopen_tables
from tests import event_factories as made
from tests.factories import StaffFactory
from tests.marketplace.refusals import refused
from tests.marketplace.repair_world import Fair, orphans, place

pytestmark = pytest.mark.django_db


def mended(fair, loss, **more):
    return apply_repair(fair.event, loss, by=fair.staff, **more)


def mailed():
    """{address: mails of repairs}."""
    found = {}
    for mail in Mail.objects.filter(kind="timetable_repaired"):
        found.setdefault(mail.to, []).append(mail)
    return found


def addresses(*people):
    return sorted(one.person.email for one in people)


def test_who_comes_late_meets_later_and_only_those_who_meet_them_are_told():
    fair = Fair(people=5)
    late, other, third, *_rest = fair.people
    first = fair.meet(0, 1, slot=0, table=0)
    stays = fair.meet(0, 2, slot=2, table=0)
    apart = fair.meet(3, 4, slot=0, table=1)
    loss = losses.of_people([late], fair.slots[:1], late=True)

    shown = preview_repair(fair.event, loss, by=fair.staff)
    assert not Away.objects.exists()
    assert place(first)[1] == 0
    repair = mended(fair, loss, seen=shown.outcome.digest)

    status, slot, _table = place(first)
    assert status == "confirmed"
    assert slot in (1, 3)
    assert (place(stays)[1], place(apart)) == (2, ("confirmed", 0, 2))
    assert (repair.outcome["people"], repair.outcome["people_bound"]) == (1, 1)
    assert sorted(mailed()) == addresses(late, other)
    assert [len(mails) for mails in mailed().values()] == [1, 1]
    assert repair.outcome["told"] == shown.told == 2
    mail = mailed()[other.person.email][0]
    assert "METHOD:REQUEST" in mail.calendar.replace("\r\n", "\n")
    assert str(third.registration.company) not in mail.text
    assert Away.objects.filter(participant=late, slot=fair.slots[0]).count() == 1
    first.refresh_from_db()
    assert (first.moves, first.former.starts_at) == (1, fair.slots[0].starts_at)
    assert Booking.objects.filter(meeting=first).count() == 3
    assert orphans() == []


def test_a_lost_table_in_a_full_slot_moves_as_few_people_as_anybody_could():
    fair = Fair(people=6, slots=3)
    pairs = [(0, 1), (2, 3), (4, 5)]
    full = [fair.meet(*pairs[at], slot=0, table=at) for at in (0, 1)]
    fair.meet(*pairs[2], slot=2, table=0)
    loss = losses.of_tables(fair.tables[:1], fair.slots[:1])

    repair = mended(fair, loss)

    assert (repair.outcome["people"], repair.outcome["people_bound"]) == (2, 2)
    assert place(full[0])[1] in (1, 2)
    assert place(full[1]) == ("confirmed", 0, 2)  # need not give its table away
    assert sorted(mailed()) == addresses(*fair.people[:2])
    assert orphans() == []


def test_a_lost_table_with_another_free_changes_the_table_alone():
    fair = Fair()
    meeting = fair.meet(0, 1, slot=0, table=0)

    repair = mended(fair, losses.of_tables(fair.tables[:1], fair.slots[:1]))

    assert place(meeting) == ("confirmed", 0, 2)
    assert (repair.outcome["people"], repair.outcome["people_bound"]) == (0, 0)
    assert sorted(mailed()) == addresses(*fair.people[:2])
    mail = Mail.objects.filter(kind="timetable_repaired").first()
    assert "Before: table 1" in mail.text
    assert orphans() == []


def test_a_lost_hall_leaves_what_finds_no_other_place_waiting_with_the_reason():
    fair = Fair(people=6, slots=1, tables=0)
    hall, other = (made.HallFactory(event=fair.event) for _hall in range(2))
    fair.tables = [made.TableFactory(event=fair.event, hall=where) for where in (hall, hall, other)]
    meetings = [fair.meet(at, at + 1, slot=0, table=at // 2) for at in (0, 2, 4)]

    repair = mended(fair, losses.of_hall(hall, fair.slots))

    assert place(meetings[2]) == ("confirmed", 0, 3)
    assert [place(one) for one in meetings[:2]] == [("unscheduled", None, None)] * 2
    assert repair.what == hall.name
    assert (repair.outcome["people"], repair.outcome["lost_bound"]) == (4, 2)
    assert set(repair.outcome["causes"].values()) == {
        "all tables are taken whenever its people are free"
    }
    assert sorted(mailed()) == addresses(*fair.people[:4])
    mail = Mail.objects.filter(kind="timetable_repaired").first()
    assert "METHOD:CANCEL" in mail.calendar
    assert "Without a time for now" in mail.text
    assert "    Any time when all of you are free\n" in mail.text
    assert "You are on standby for the times above" in mail.text
    assert TableClosed.objects.count() == 2
    assert orphans() == []


def test_another_interpreter_takes_over_and_without_one_the_meeting_moves():
    fair = Fair(people=4)
    for at, language in enumerate(("ja", "ru", "ja", "ru")):
        registration = fair.people[at].registration
        registration.languages = [language]
        registration.save()
    first, second = (made.InterpreterFactory(event=fair.event) for _one in range(2))
    meetings = [
        fair.meet(0, 1, slot=0, table=0, interpreter=first),
        fair.meet(2, 3, slot=1, table=0, interpreter=first),
    ]
    made.InterpreterAwayFactory(interpreter=second, slot=fair.slots[1])

    mended(fair, losses.of_interpreter(first, fair.slots[:2]))

    for meeting in meetings:
        meeting.refresh_from_db()
    assert (place(meetings[0])[1], meetings[0].interpreter) == (0, second)
    assert place(meetings[1])[1] in (2, 3)
    assert InterpreterAway.objects.filter(interpreter=first).count() == 2
    assert sorted(mailed()) == addresses(*fair.people[2:])  # the others keep hour and table


def test_a_withdrawal_tells_each_partner_once_and_offers_what_it_frees():
    fair = Fair(people=4, tables=1, slots=2)
    meeting = fair.meet(0, 1, slot=0, table=0)
    other = fair.meet(0, 2, slot=1, table=0)
    waits = fair.meet(1, 2)
    company = fair.people[0].registration
    loss = losses.of_company(company)
    shown = preview_repair(fair.event, loss, by=fair.staff)

    repair = mended(fair, loss, seen=shown.outcome.digest)

    company.refresh_from_db()
    assert company.status == Registration.Status.WITHDRAWN
    assert {place(meeting)[0], place(other)[0]} == {"cancelled"}
    kinds = Mail.objects.values_list("to", "kind")
    partners = addresses(*fair.people[1:3])
    assert sorted(to for to, kind in kinds if kind == "partner_withdrew") == partners
    assert shown.told == repair.outcome["told"] == 2
    assert repair.outcome["people"] == 0
    assert StandbyOffer.objects.filter(meeting=waits).count() == repair.outcome["offered"] == 2
    assert place(waits)[0] == "unscheduled"
    assert orphans() == []


def test_freed_times_are_filled_at_once_when_the_desk_asks_so():
    fair = Fair(people=4, tables=1, slots=1)
    gone = fair.meet(0, 1, slot=0, table=0)
    waits = fair.meet(1, 2)
    loss = losses.of_company(fair.people[0].registration)

    repair = mended(fair, loss, fill=True)

    assert (place(gone)[0], place(waits)) == ("cancelled", ("confirmed", 0, 1))
    assert sorted(mailed()) == addresses(*fair.people[1:3])
    assert [len(mails) for mails in mailed().values()] == [1, 1]
    assert not Mail.objects.exclude(kind="timetable_repaired").exists()
    assert repair.outcome["people"] == 0
    assert orphans() == []


def test_a_time_that_was_declined_is_not_filled_with_the_same_meeting():
    fair = Fair(people=3, tables=1, slots=1)
    fair.meet(0, 1, slot=0, table=0)
    waits = fair.meet(1, 2)
    made.StandbyOfferFactory(meeting=waits, slot=fair.slots[0], status="declined")

    mended(fair, losses.of_company(fair.people[0].registration), fill=True)

    assert place(waits)[0] == "unscheduled"


@pytest.mark.parametrize("what", ["person", "tables", "interpreter"])
def test_offers_of_a_lost_time_are_taken_back_and_the_next_in_line_is_asked(what):
    fair = Fair(people=4, tables=1, slots=2)
    guide = made.InterpreterFactory(event=fair.event)
    asked, line = fair.meet(0, 1, interpreter=guide), fair.meet(2, 3)
    slot, later = fair.slots
    for meeting, status in ((asked, "offered"), (line, "waiting")):
        made.StandbyOfferFactory(meeting=meeting, slot=slot, status=status)
    beside = made.StandbyOfferFactory(meeting=asked, slot=later, status="offered")
    loss = {
        "person": losses.of_people(fair.people[:1], [slot]),
        "tables": losses.of_tables(fair.tables, [slot]),
        "interpreter": losses.of_interpreter(guide, [slot]),
    }[what]

    mended(fair, loss)

    offers = StandbyOffer.objects.filter(slot=slot)
    assert offers.get(meeting=asked).status == "void"
    assert offers.get(meeting=line).status == ("void" if what == "tables" else "offered")
    beside.refresh_from_db()
    assert beside.status == "offered"
    told = {mail.to for mail in Mail.objects.filter(kind="meeting_standby")}
    assert sorted(told) == ([] if what == "tables" else addresses(*fair.people[2:]))


def test_nothing_in_the_freeze_window_moves_and_the_desk_hears_what_cannot_be():
    fair = Fair(people=4, slots=4)
    soon = fair.meet(0, 1, slot=0, table=0)
    later = fair.meet(0, 2, slot=3, table=0)
    at = fair.before(0, 10)
    loss = losses.of_people(fair.people[:1], fair.slots, late=True)

    repair = mended(fair, loss, at=at)

    assert place(soon) == ("confirmed", 0, 1)
    assert place(later)[0] == "unscheduled"  # is nowhere free together with the other
    assert [key for key, _why in repair.outcome["stuck"]] == [str(soon.public_id)]
    assert sorted(mailed()) == addresses(fair.people[0], fair.people[2])


def test_a_table_lost_now_is_changed_for_another_even_in_the_freeze_window():
    fair = Fair(people=6, tables=2)
    soon = fair.meet(0, 1, slot=0, table=0)

    mended(fair, losses.of_tables(fair.tables[:1], fair.slots), at=fair.before(0, 10))

    assert place(soon) == ("confirmed", 0, 2)
    assert orphans() == []


def test_without_another_table_a_meeting_about_to_begin_keeps_its_time_and_the_desk_helps():
    fair = Fair(people=6, tables=2)
    soon = fair.meet(0, 1, slot=0, table=0)
    beside = fair.meet(2, 3, slot=0, table=1)

    repair = mended(fair, losses.of_tables(fair.tables[:1], fair.slots), at=fair.before(0, 10))

    assert place(soon) == ("confirmed", 0, None)
    assert place(beside) == ("confirmed", 0, 2)
    assert [change[1] for change in repair.outcome["changes"]] == ["stranded"]
    assert sorted(mailed()) == addresses(*fair.people[:2])
    assert "ask the desk for a table" in Mail.objects.first().text
    assert orphans() == []


def test_a_locked_meeting_stays_where_it_is():
    fair = Fair(people=6, tables=1)
    locked = fair.meet(0, 1, slot=0, table=0, locked=True)

    repair = mended(fair, losses.of_people(fair.people[:1], fair.slots[:1]))

    assert place(locked) == ("confirmed", 0, 1)
    assert [key for key, _why in repair.outcome["stuck"]] == [str(locked.public_id)]
    assert mailed() == {}


def test_a_meeting_moves_only_to_times_that_were_agreed():
    fair = Fair(people=2, tables=1)
    request = made.MeetingRequestFactory(
        event=fair.event,
        requester=fair.people[0].registration,
        partner=fair.people[1].registration,
        status="accepted",
        slots=[fair.slots[0], fair.slots[3]],
    )
    meeting = fair.meet(0, 1, slot=0, table=0, request=request)

    mended(fair, losses.of_people(fair.people[:1], fair.slots[:1]))

    assert place(meeting)[1] == 3


def test_a_lost_booth_sends_its_meetings_to_a_shared_table_at_their_time():
    fair = Fair(people=3, tables=1)
    booth = made.TableFactory(event=fair.event, number=9, owner=fair.people[0].registration)
    meeting = made.MeetingFactory(
        event=fair.event,
        host=fair.people[0],
        guest=fair.people[1],
        is_told=True,
        status="confirmed",
        slot=fair.slots[0],
        table=booth,
    )

    repair = mended(fair, losses.of_tables([booth], fair.slots))

    assert place(meeting) == ("confirmed", 0, 1)
    assert repair.outcome["people"] == 0
    assert orphans() == []


def test_a_remote_meeting_gets_the_other_screen_from_one_that_needs_none():
    fair = Fair(people=4, tables=0, slots=1)
    fair.tables = [
        made.TableFactory(event=fair.event, number=number, has_screen=number < 3)
        for number in (1, 2, 3)
    ]
    fair.people[0].presence = "remote"
    fair.people[0].save()
    remote = fair.meet(0, 1, slot=0, table=0)
    plain = fair.meet(2, 3, slot=0, table=1)

    repair = mended(fair, losses.of_tables(fair.tables[:1], fair.slots))

    assert (place(remote), place(plain)) == (("confirmed", 0, 2), ("confirmed", 0, 3))
    assert repair.outcome["people"] == 0
    assert orphans() == []


def test_an_outcome_that_nobody_has_seen_is_refused():
    fair = Fair(people=4, tables=2)
    meeting = fair.meet(0, 1, slot=0, table=0)
    loss = losses.of_people(fair.people[:1], fair.slots[:1])
    shown = preview_repair(fair.event, loss, by=fair.staff)
    move_meeting(meeting, fair.slots[3], by=fair.staff)
    Mail.objects.all().delete()

    refused(
        "changed_meanwhile", apply_repair, fair.event, loss, by=fair.staff,
        seen=shown.outcome.digest,
    )  # fmt: skip

    assert not Repair.objects.exists()
    assert not Away.objects.exists()
    assert place(meeting)[1] == 3
    assert mailed() == {}


@pytest.mark.parametrize("what", ["slot", "table", "hall", "person", "left", "interpreter"])
def test_what_was_removed_meanwhile_cannot_be_lost(what):
    fair = Fair()
    fair.meet(0, 1, slot=0, table=0)
    hall, guide = made.HallFactory(event=fair.event), made.InterpreterFactory(event=fair.event)
    stand = made.TableFactory(event=fair.event, number=8, hall=hall)
    loss, gone = {
        "slot": (losses.of_tables(fair.tables, fair.slots), fair.slots[3]),
        "table": (losses.of_tables(fair.tables, fair.slots), fair.tables[1]),
        "hall": (losses.of_hall(hall, fair.slots), stand),
        "person": (losses.of_people(fair.people[1:4], fair.slots), fair.people[3]),
        "left": (losses.of_people(fair.people[1:4], fair.slots), None),
        "interpreter": (losses.of_interpreter(guide, fair.slots), guide),
    }[what]
    if gone is not None:
        type(gone).objects.filter(pk=gone.pk).delete()
    else:
        fair.people[3].left_at = fair.event.begins_at
        fair.people[3].save()

    for verb in (preview_repair, apply_repair):
        refused("changed_meanwhile", verb, fair.event, loss, by=fair.staff)

    assert not Repair.objects.exists()
    assert not Mail.objects.exists()


def test_a_known_loss_is_not_mended_twice():
    fair = Fair()
    loss = losses.of_tables(fair.tables[:1], fair.slots[:1])
    mended(fair, loss)

    refused("known_already", apply_repair, fair.event, loss, by=fair.staff)

    assert Repair.objects.count() == 1


def test_a_reopened_table_is_given_out_again():
    fair = Fair(tables=1)
    meeting = fair.meet(0, 1)
    mended(fair, losses.of_tables(fair.tables, fair.slots))
    refused("no_table", move_meeting, meeting, fair.slots[0], by=fair.staff)
    refused("closed", move_meeting, meeting, fair.slots[0], by=fair.staff, table=fair.tables[0])

    assert reopen_tables(fair.event, fair.tables, by=fair.staff) == 4

    move_meeting(meeting, fair.slots[0], by=fair.staff)
    assert place(meeting) == ("confirmed", 0, 1)
    refused("not_closed", reopen_tables, fair.event, fair.tables, by=fair.staff)


def test_what_an_event_cannot_lose_is_refused():
    fair, strange = Fair(), Fair()
    empty = made.HallFactory(event=fair.event)

    def code(loss):
        return refused(loss[0], preview_repair, fair.event, loss[1], by=fair.staff)

    code(("other_event", losses.of_people(strange.people, fair.slots)))
    code(("other_event", losses.of_tables(fair.tables, strange.slots)))
    code(("nothing_named", losses.of_hall(empty, fair.slots)))
    code(("no_slots", losses.of_tables(fair.tables, [])))
    past = made.SlotFactory(event=fair.event, starts_at=fair.slots[0].starts_at.replace(year=2020))
    code(("past", losses.of_tables(fair.tables, [past])))
    company = made.RegistrationFactory(event=fair.event, status="withdrawn")
    code(("over", losses.of_company(company)))


def test_only_managers_of_the_organiser_mend():
    fair = Fair()
    viewer = StaffFactory(chamber=fair.event.chamber, role="viewer").person
    loss = losses.of_tables(fair.tables, fair.slots)

    for verb in (preview_repair, apply_repair):
        for person in (viewer, Fair().staff, fair.people[0].person):
            with pytest.raises(PermissionDenied):
                verb(fair.event, loss, by=person)
    with pytest.raises(PermissionDenied):
        reopen_tables(fair.event, fair.tables, by=viewer)
    assert not TableClosed.objects.exists()


def test_a_slot_that_lies_over_a_closed_one_is_closed_too():
    fair = Fair(tables=1, slots=2)
    long = made.SlotFactory(event=fair.event, number=0, minutes=40)
    meeting = made.MeetingFactory(
        event=fair.event, host=fair.people[0], guest=fair.people[1], is_told=True,
        status="confirmed", slot=long, table=fair.tables[0],
    )  # fmt: skip

    mended(fair, losses.of_tables(fair.tables, fair.slots[1:]))

    assert place(meeting)[0] == "unscheduled"
    assert Meeting.objects.filter(slot=long).count() == 0
    assert orphans() == []


@pytest.mark.parametrize("fill", [False, True])
@pytest.mark.parametrize("third", [False, True])
def test_a_withdrawal_writes_one_mail_for_what_ends_and_what_goes_on(fill, third):
    """A partner of a meeting that ends, of one that goes on, and of a request that ends."""
    fair = Fair(people=5, tables=2, slots=3)
    gone, partner, guest = fair.people[0], fair.people[1], fair.people[2]
    if third:
        fair.meet(0, 1, slot=0, table=0)
    else:
        made.MeetingRequestFactory(
            event=fair.event, requester=gone.registration, partner=partner.registration
        )
    kept = fair.meet(1, 2, slot=1, table=0, others=[gone])
    loss = losses.of_company(gone.registration)
    shown = preview_repair(fair.event, loss, by=fair.staff, fill=fill)

    repair = mended(fair, loss, fill=fill, seen=shown.outcome.digest)

    assert place(kept)[0] == "confirmed"
    assert repair.outcome["going_on"] == [str(kept.public_id)]
    told = sorted(Mail.objects.values_list("to", flat=True))
    assert told == addresses(gone, partner, guest)
    assert shown.told == repair.outcome["told"] == 3
    mail = Mail.objects.get(to=partner.person.email)
    assert "They take place with the others:" in mail.text
    assert mail.text.count(str(guest.registration.company)) == 1
    assert ("These meetings are cancelled:" in mail.text) == third
    assert Mail.objects.get(to=guest.person.email).kind == "people_changed"
    assert orphans() == []


def test_another_meeting_that_goes_on_since_it_was_shown_is_another_outcome():
    fair = Fair(people=3)
    loss = losses.of_company(fair.people[0].registration)
    seen = preview_repair(fair.event, loss, by=fair.staff).outcome.digest
    fair.meet(1, 2, slot=1, table=0, others=[fair.people[0]])

    refused("changed_meanwhile", apply_repair, fair.event, loss, by=fair.staff, seen=seen)
