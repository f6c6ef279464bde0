"""Parts of an event are changed and removed; what people count on stays, and it is said why."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from chambers.models import Mail
from marketplace.models import Away, Meeting, MeetingRequest, StandbyOffer, Table, TimeProposal
from marketplace.services import parts
from marketplace.services.slots import change_slot, remove_slots
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

MINUTES = dt.timedelta(minutes=1)


@pytest.fixture
def event(db):
    return make.EventFactory()


@pytest.fixture
def manager(event):
    return factories.StaffFactory(chamber=event.chamber).person


def agreed(event, **fields):
    """A meeting of two companies whose people sign in."""
    host, guest = (
        make.ParticipantFactory(registration__event=event, speaking=True) for _side in "ab"
    )
    return make.MeetingFactory(event=event, host=host, guest=guest, **fields)


def every_part(event):
    return [
        make.HallFactory(event=event),
        make.TableFactory(event=event),
        make.SessionFactory(event=event),
        make.GroupFactory(event=event),
        make.DelegationFactory(event=event),
        make.InterpreterFactory(event=event),
    ]


def test_a_part_that_nobody_needs_is_removed(event, manager):
    for part in every_part(event):
        parts.remove_part(part, by=manager)

        assert not type(part).objects.exists()
        refused("gone", parts.remove_part, part, by=manager)


def test_only_managers_of_the_organiser_change_and_remove_parts(event):
    hall, table, session, group, delegation, interpreter = every_part(event)
    slot = make.SlotFactory(event=event)
    viewer = factories.StaffFactory(chamber=event.chamber, role="viewer").person
    stranger = factories.StaffFactory().person

    for by in (viewer, stranger):
        for change in (
            lambda by=by: parts.change_hall(hall, by=by, name="X"),
            lambda by=by: parts.change_table(table, by=by, seats=9),
            lambda by=by: parts.change_session(session, by=by, chair="X"),
            lambda by=by: parts.change_group(group, by=by, name={"en": "X"}),
            lambda by=by: parts.change_delegation(delegation, by=by, leader="X"),
            lambda by=by: parts.change_interpreter(interpreter, by=by, name="X"),
            lambda by=by: parts.remove_part(hall, by=by),
            lambda by=by: change_slot(slot, by=by, starts_at=slot.ends_at, ends_at=slot.ends_at),
            lambda by=by: remove_slots([slot], event=event, by=by),
        ):
            with pytest.raises(PermissionDenied):
                change()
    assert event.slots.get() == slot
    assert event.halls.get().name == hall.name


def test_a_hall_stays_while_tables_or_the_programme_are_in_it(event, manager):
    hall = make.HallFactory(event=event)
    table = make.TableFactory(event=event, hall=hall)
    error = refused("has_tables", parts.remove_part, hall, by=manager)
    session = make.SessionFactory(event=event, hall=hall)
    parts.change_table(table, by=manager, hall=None)
    refused("has_sessions", parts.remove_part, hall, by=manager)

    parts.change_session(session, by=manager, hall=None)
    parts.remove_part(hall, by=manager)

    assert "table 1" in error.messages[0]
    assert Table.objects.get().hall is None


def test_a_hall_is_renamed_and_no_two_have_one_name(event, manager):
    hall, other = make.HallFactory.create_batch(2, event=event)

    parts.change_hall(hall, by=manager, name="Pavilion")
    refused("hall_exists", parts.change_hall, other, by=manager, name="Pavilion")

    assert sorted(event.halls.values_list("name", flat=True)) == sorted(["Pavilion", other.name])


def test_a_table_is_changed_while_nobody_meets_there(event, manager):
    table, other = make.TableFactory.create_batch(2, event=event)
    hall = make.HallFactory(event=event)

    changed = parts.change_table(table, by=manager, number=7, hall=hall, has_screen=True, seats=6)

    assert (changed.number, changed.hall, changed.has_screen, changed.seats) == (7, hall, True, 6)
    refused("table_exists", parts.change_table, other, by=manager, number=7)
    refused("other_event", parts.change_table, other, by=manager, hall=make.HallFactory())


def test_a_table_where_people_were_told_to_meet_keeps_its_place(event, manager):
    table = make.TableFactory(event=event, has_screen=True)
    meeting = agreed(event, placed=True, table=table)
    meeting.guest.presence = "remote"
    meeting.guest.save()
    change = parts.change_table

    error = refused("has_meetings", change, table, by=manager, number=9)
    refused("has_meetings", change, table, by=manager, hall=make.HallFactory(event=event))
    refused("needs_screen", change, table, by=manager, has_screen=False)
    refused("has_meetings", parts.remove_part, table, by=manager)

    assert str(meeting.host.registration.company) in error.messages[0]
    assert Table.objects.get(number=1).has_screen
    assert change(table, by=manager, seats=2).seats == 2  # one of them sits elsewhere


def test_a_table_keeps_a_seat_for_each_who_meets_there(event, manager):
    table = make.TableFactory(event=event)
    third = make.ParticipantFactory(registration__event=event)
    agreed(event, placed=True, table=table, others=[third])

    refused("needs_seats", parts.change_table, table, by=manager, seats=2)

    assert parts.change_table(table, by=manager, seats=3).seats == 3


def test_a_booth_is_given_where_no_others_meet(event, manager):
    table = make.TableFactory(event=event)
    meeting = agreed(event, placed=True, table=table)
    stranger = make.RegistrationFactory(event=event)

    refused("has_meetings", parts.give_booth, table, stranger, by=manager)
    own = parts.give_booth(table, meeting.host.registration, by=manager)

    assert own.owner == meeting.host.registration


def test_what_was_cancelled_keeps_no_table_and_what_was_held_does(event, manager):
    used, free = make.TableFactory.create_batch(2, event=event)
    slots = make.SlotFactory.create_batch(2, event=event)
    held = agreed(event, placed=True, table=used, slot=slots[0])
    Meeting.objects.filter(pk=held.pk).update(status="held")
    cancelled = agreed(event, status="cancelled", table=free, slot=slots[1])

    refused("in_the_records", parts.remove_part, used, by=manager)
    refused("in_the_records", remove_slots, slots[:1], event=event, by=manager)
    parts.remove_part(free, by=manager)
    remove_slots(slots[1:], event=event, by=manager)

    cancelled.refresh_from_db()
    held.refresh_from_db()
    assert (cancelled.table, cancelled.slot) == (None, None)
    assert (held.table, held.slot) == (used, slots[0])


def test_a_section_keeps_the_hours_of_its_meetings(event, manager):
    session = make.SessionFactory(event=event)
    meeting = agreed(event, placed=True, session=session)

    refused(
        "has_meetings", parts.change_session, session, by=manager, starts_at=meeting.slot.ends_at
    )
    refused("has_meetings", parts.remove_part, session, by=manager)
    moved = parts.change_session(
        session, by=manager, starts_at=meeting.slot.starts_at, title={"en": "Machines"}
    )

    assert (moved.starts_at, moved.titled()[0]) == (meeting.slot.starts_at, "Machines")


def test_a_group_stays_while_companies_or_rules_name_it(event, manager):
    group, other = make.GroupFactory.create_batch(2, event=event)
    coming = make.RegistrationFactory(event=event, group=group)
    refused("has_companies", parts.remove_part, group, by=manager)
    coming.status = "withdrawn"
    coming.save()
    make.GroupRuleFactory(event=event, first=other, second=group)
    refused("has_rules", parts.remove_part, group, by=manager)

    parts.let_meet(event, [], by=manager)
    parts.remove_part(group, by=manager)

    coming.refresh_from_db()
    assert coming.group is None
    refused("no_name", parts.change_group, other, by=manager, name={"en": " "})


def test_a_delegation_keeps_the_seats_that_are_taken(event, manager):
    delegation = make.DelegationFactory(event=event, seats=5)
    make.RegistrationFactory.create_batch(2, event=event, delegation=delegation)

    refused("seats_taken", parts.change_delegation, delegation, by=manager, seats=1)
    refused("has_companies", parts.remove_part, delegation, by=manager)
    changed = parts.change_delegation(delegation, by=manager, seats=2, leader="Ken Sato")

    assert (changed.seats, changed.leader) == (2, "Ken Sato")


def test_an_interpreter_keeps_the_languages_that_meetings_need(event, manager):
    interpreter = make.InterpreterFactory(event=event, languages=["ja", "ru", "en"])
    meeting = agreed(event, placed=True, interpreter=interpreter)
    for side, code in ((meeting.host, "ja"), (meeting.guest, "ru")):
        side.registration.languages = [code]
        side.registration.save()

    refused("has_meetings", parts.change_interpreter, interpreter, by=manager, languages=["ja"])
    refused("has_meetings", parts.remove_part, interpreter, by=manager)
    changed = parts.change_interpreter(interpreter, by=manager, languages=["ja", "ru"])

    assert changed.languages == ["ja", "ru"]
    meeting.refresh_from_db()
    assert meeting.interpreter == interpreter


def later(slot, minutes, by):
    return change_slot(
        slot,
        by=by,
        starts_at=slot.starts_at + minutes * MINUTES,
        ends_at=slot.ends_at + minutes * MINUTES,
    )


def test_a_slot_moves_with_absences_that_still_hold(event, manager):
    slots = [make.SlotFactory(event=event, number=number) for number in (0, 10)]
    for slot in slots:
        make.AwayFactory(participant__registration__event=event, slot=slot)

    nudged, moved = later(slots[0], 10, manager), later(slots[1], 60, manager)

    assert nudged.starts_at == slots[0].starts_at + 10 * MINUTES
    assert set(Away.objects.values_list("slot", flat=True)) == {nudged.pk}
    refused("slot_exists", later, moved, -250, manager)
    refused("outside", later, moved, 3 * 24 * 60, manager)


def test_a_slot_that_somebody_counts_on_keeps_its_time(event, manager):
    busy, asked, waiting = make.SlotFactory.create_batch(3, event=event)
    agreed(event, placed=True, slot=busy)
    make.MeetingRequestFactory(event=event, slots=[asked])
    accepted = make.MeetingRequestFactory(event=event, slots=[waiting], status="accepted")
    agreed(event, request=accepted)

    refused("has_meetings", later, busy, 600, manager)
    refused("asked_for", later, asked, 600, manager)
    refused("asked_for", later, waiting, 600, manager)

    assert [slot.starts_at for slot in event.slots.all()] == [
        slot.starts_at for slot in (busy, asked, waiting)
    ]


def test_a_request_whose_last_time_goes_does_not_become_one_for_any_time(event, manager):
    gone, also, stays = make.SlotFactory.create_batch(3, event=event)
    lost = make.MeetingRequestFactory(event=event, slots=[gone, also])
    kept = make.MeetingRequestFactory(event=event, slots=[gone, stays])
    draft = make.MeetingRequestFactory(event=event, slots=[gone], status="draft")
    sides = [
        factories.RepresentativeFactory(company=side.company).person
        for side in (lost.requester, lost.partner, draft.requester)
    ]

    assert remove_slots([gone, also], event=event, by=manager) == 2

    states = dict(MeetingRequest.objects.values_list("pk", "status"))
    assert states == {lost.pk: "expired", kept.pk: "pending", draft.pk: "withdrawn"}
    assert list(kept.slots.all()) == [stays]
    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(
        one.email for one in sides[:2]
    )
    assert set(Mail.objects.values_list("kind", flat=True)) == {"request_times_gone"}


def test_the_last_time_on_which_two_companies_agreed_stays(event, manager):
    only, other = make.SlotFactory.create_batch(2, event=event)
    request = make.MeetingRequestFactory(event=event, slots=[only, other], status="accepted")
    agreed(event, request=request)

    refused("asked_for", remove_slots, [only, other], event=event, by=manager)
    assert remove_slots([other], event=event, by=manager) == 1
    refused("asked_for", remove_slots, [only], event=event, by=manager)

    assert list(request.slots.all()) == [only]


def test_what_was_offered_or_proposed_for_a_removed_slot_ends(event, manager):
    gone, stays = (make.SlotFactory(event=event, number=number) for number in (5, 6))
    meeting = agreed(event, placed=True, slot__number=0, slot__event=event)
    proposal = make.TimeProposalFactory(meeting=meeting, slots=[gone])
    waiting = agreed(event)
    make.StandbyOfferFactory(meeting=waiting, slot=gone)
    offer = make.StandbyOfferFactory(meeting=waiting, slot=stays)

    remove_slots([gone], event=event, by=manager)

    proposal.refresh_from_db()
    assert proposal.status == TimeProposal.Status.WITHDRAWN
    assert set(Mail.objects.values_list("kind", flat=True)) == {"meeting_stays"}
    assert Mail.objects.count() == 2
    assert list(StandbyOffer.objects.open()) == [offer]


def test_slots_over_and_past_are_removed_without_a_word(event, manager):
    past = make.SlotFactory(event=event)
    make.AwayFactory(participant__registration__event=event, slot=past)

    remove_slots([past], event=event, by=manager, at=timezone.now() + dt.timedelta(days=60))

    assert not event.slots.exists()
    assert not Mail.objects.exists()
