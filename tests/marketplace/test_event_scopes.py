"""Who sees which rows of events: guests, companies, partners, hosts, organisers, interpreters."""

import pytest
from django.contrib.auth.models import AnonymousUser

from marketplace.models import (
    Away,
    Booking,
    Event,
    Interpreter,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Slot,
    StandbyOffer,
    Table,
    TimeProposal,
    Timetable,
)
from marketplace.selectors.feeds import appointments_of
from tests import event_factories as make
from tests import factories

GUEST = AnonymousUser()
PRIVATE = [Registration, Participant, Away, MeetingRequest, Meeting, Booking, TimeProposal]
OF_STAFF = [Timetable, Interpreter]


class World:
    """One event with everything in it, of two companies that meet; and a third one beside."""

    def __init__(self):
        self.event = make.EventFactory(is_published=True)
        host = factories.ChamberFactory()
        self.event.hosts.add(host)
        self.manager = factories.StaffFactory(chamber=self.event.chamber).person
        self.viewer = factories.StaffFactory(chamber=self.event.chamber, role="viewer").person
        self.host = factories.StaffFactory(chamber=host).person
        self.stranger = factories.StaffFactory().person
        self.one, self.other, self.third = (
            make.ParticipantFactory(registration__event=self.event, speaking=True) for _ in range(3)
        )
        self.interpreter = make.InterpreterFactory(event=self.event, person=factories.UserFactory())
        self.meeting = make.MeetingFactory(
            event=self.event,
            host=self.one,
            guest=self.other,
            interpreter=self.interpreter,
            placed=True,
        )
        self.rows = {
            Registration: self.one.registration,
            Participant: self.one,
            Away: make.AwayFactory(participant=self.one, slot=make.SlotFactory(event=self.event)),
            MeetingRequest: make.MeetingRequestFactory(
                event=self.event,
                requester=self.one.registration,
                partner=self.other.registration,
            ),
            Meeting: self.meeting,
            Booking: self.meeting.bookings.first(),
            TimeProposal: make.TimeProposalFactory(meeting=self.meeting),
            StandbyOffer: make.StandbyOfferFactory(meeting=self.meeting),
            Timetable: make.TimetableFactory(event=self.event),
            Interpreter: self.interpreter,
            Table: make.TableFactory(event=self.event),
            Slot: self.meeting.slot,
            Event: self.event,
        }


@pytest.fixture
def world(db):
    return World()


def readers(world, model):
    people = {
        "guest": GUEST,
        "stranger": world.stranger,
        "third": world.third.person,
        "partner": world.other.person,
        "own": world.one.person,
        "interpreter": world.interpreter.person,
        "host": world.host,
        "viewer": world.viewer,
        "manager": world.manager,
    }
    row = world.rows[model]
    return {who for who, person in people.items() if model.objects.visible_to(person).contains(row)}


STAFF = {"host", "viewer", "manager"}


@pytest.mark.parametrize(
    ("model", "seen_by"),
    [
        (Registration, STAFF | {"own", "partner", "third"}),  # it agreed to be listed
        (Participant, STAFF | {"own"}),
        (Away, STAFF | {"own"}),
        (MeetingRequest, STAFF | {"own", "partner"}),
        (Meeting, STAFF | {"own", "partner", "interpreter"}),
        (Booking, STAFF | {"own", "partner", "interpreter"}),
        (TimeProposal, STAFF | {"own", "partner", "interpreter"}),
        (StandbyOffer, STAFF | {"own", "partner", "interpreter"}),
        (Timetable, STAFF),
        (Interpreter, STAFF),
    ],
)
def test_a_row_is_seen_by_whom_it_concerns(world, model, seen_by):
    assert readers(world, model) == seen_by


def test_who_no_longer_speaks_for_the_company_has_no_meetings_of_it_in_the_calendar(world):
    person = world.one.person
    assert len(list(appointments_of(person))) == 1

    person.representations.all().delete()

    assert not list(appointments_of(person))
    assert len(list(appointments_of(world.other.person))) == 1


@pytest.mark.parametrize("model", [Event, Slot, Table])
def test_a_published_event_is_public_and_a_draft_is_its_staffs(world, model):
    assert "guest" in readers(world, model)

    Event.objects.update(is_published=False)

    assert readers(world, model) == STAFF


@pytest.mark.parametrize("model", [*PRIVATE, *OF_STAFF, StandbyOffer, Table, Slot, Event])
def test_hosts_and_viewers_read_and_only_managers_of_the_organiser_change(world, model):
    row = world.rows[model]

    for person in (world.host, world.viewer):
        assert model.objects.served_by(person).contains(row)
        assert not model.objects.managed_by(person).exists()
    assert model.objects.managed_by(world.manager).contains(row)
    for person in (GUEST, world.stranger, world.one.person):
        assert not model.objects.managed_by(person).exists()
        assert not model.objects.served_by(person).exists()


HIDE = {
    "consent": lambda own, reader: Registration.objects.filter(pk=own.pk).update(
        consent="not_listed"
    ),
    "status": lambda own, reader: Registration.objects.filter(pk=own.pk).update(status="waiting"),
    "excluding": lambda own, reader: own.company.excluded_companies.add(reader.company),
    "excluded": lambda own, reader: reader.company.excluded_companies.add(own.company),
    "unpublished": lambda own, reader: Event.objects.update(is_published=False),
}


@pytest.mark.parametrize("change", HIDE)
def test_who_else_comes_is_told_by_consent_and_to_those_who_come(world, change):
    own, reader = world.one.registration, world.third
    listed = Registration.objects.listed_for(reader.person).filter(pk=own.pk)
    assert listed.exists()

    HIDE[change](own, reader.registration)

    assert not listed.all().exists()


@pytest.mark.parametrize("status", ["applied", "waiting", "refused", "withdrawn"])
def test_who_was_not_admitted_does_not_read_who_comes(world, status):
    Registration.objects.filter(pk=world.third.registration_id).update(status=status, reason="Full")

    assert not Registration.objects.listed_for(world.third.person).exists()


def test_a_chamber_sees_the_registrations_of_its_members_at_events_of_others(world):
    chamber = world.one.registration.company.memberships.get().chamber
    staff = factories.StaffFactory(chamber=chamber).person

    served = Registration.objects.served_by(staff)

    assert served.get() == world.one.registration
    assert not Registration.objects.managed_by(staff).exists()
    assert not Meeting.objects.visible_to(staff).exists()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in vars(make)
        if name.endswith("Factory") and getattr(make, name).__module__ == make.__name__
    ],
)
@pytest.mark.django_db
def test_the_smallest_row_of_every_model_is_valid_and_has_a_name(name):
    row = getattr(make, name)()

    row.full_clean()

    assert str(row)
