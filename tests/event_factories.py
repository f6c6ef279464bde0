"""The smallest valid row of every part of an event; a test names only what it is about."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from marketplace.models import (
    Delegation,
    Event,
    Group,
    Hall,
    Interpreter,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Session,
    Slot,
    Table,
    Timetable,
)
from tests.factories import ChamberFactory, CompanyFactory, UserFactory

AHEAD = dt.timedelta(days=30)


class EventFactory(DjangoModelFactory):
    """Published, in thirty days, in Minsk; registration and requests are open."""

    class Meta:
        model = Event

    chamber = factory.SubFactory(ChamberFactory)
    kind = Event.Kind.FORUM
    name = factory.Sequence(lambda n: {"en": f"Forum {n}"})
    place = "Minsk"
    zone = "Europe/Minsk"
    starts_on = factory.LazyFunction(lambda: timezone.localdate() + AHEAD)
    ends_on = factory.LazyAttribute(lambda event: event.starts_on + dt.timedelta(days=1))
    is_published = True


def clock_time(event, hour, minute=0, *, day=0):
    """An instant of an event by the clock of its place; ``day`` 0 is the first."""
    return dt.datetime.combine(
        event.starts_on + dt.timedelta(days=day), dt.time(hour, minute), event.clock
    )


class HallFactory(DjangoModelFactory):
    class Meta:
        model = Hall

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Hall {n}")


class TableFactory(DjangoModelFactory):
    class Meta:
        model = Table

    event = factory.SubFactory(EventFactory)
    number = factory.Sequence(lambda n: n + 1)


class SlotFactory(DjangoModelFactory):
    """Twenty minutes; ``number`` counts from ten o'clock of the first day."""

    class Meta:
        model = Slot

    class Params:
        number = factory.Sequence(lambda n: n % 24)

    event = factory.SubFactory(EventFactory)
    starts_at = factory.LazyAttribute(
        lambda slot: clock_time(slot.event, 10) + dt.timedelta(minutes=20 * slot.number)
    )
    ends_at = factory.LazyAttribute(lambda slot: slot.starts_at + dt.timedelta(minutes=20))


class SessionFactory(DjangoModelFactory):
    class Meta:
        model = Session

    event = factory.SubFactory(EventFactory)
    kind = Session.Kind.SECTION
    title = factory.Sequence(lambda n: {"en": f"Section {n}"})
    starts_at = factory.LazyAttribute(lambda session: clock_time(session.event, 10))
    ends_at = factory.LazyAttribute(lambda session: clock_time(session.event, 12))


class GroupFactory(DjangoModelFactory):
    class Meta:
        model = Group

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: {"en": f"Group {n}"})


class DelegationFactory(DjangoModelFactory):
    class Meta:
        model = Delegation

    event = factory.SubFactory(EventFactory)
    chamber = factory.SubFactory(ChamberFactory)
    name = factory.Sequence(lambda n: {"en": f"Delegation {n}"})


class InterpreterFactory(DjangoModelFactory):
    class Meta:
        model = Interpreter

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Interpreter {n}")
    languages = ["ru", "ja"]


class RegistrationFactory(DjangoModelFactory):
    """Of a member company, admitted and listed."""

    class Meta:
        model = Registration

    event = factory.SubFactory(EventFactory)
    company = factory.SubFactory(CompanyFactory, member=True)
    status = Registration.Status.ADMITTED
    consent = Registration.Consent.LISTED


class ParticipantFactory(DjangoModelFactory):
    """``registration__event=`` puts several into one event."""

    class Meta:
        model = Participant

    registration = factory.SubFactory(RegistrationFactory)
    person = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Participant {n}")


class MeetingRequestFactory(DjangoModelFactory):
    """Waits for the answer of the partner for a week."""

    class Meta:
        model = MeetingRequest

    event = factory.SubFactory(EventFactory)
    requester = factory.SubFactory(RegistrationFactory, event=factory.SelfAttribute("..event"))
    partner = factory.SubFactory(RegistrationFactory, event=factory.SelfAttribute("..event"))
    answer_from = factory.SelfAttribute("partner")
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=7))


class MeetingFactory(DjangoModelFactory):
    """Without a time; ``confirmed=True`` gives it a slot, but no bookings: services do that."""

    class Meta:
        model = Meeting

    class Params:
        confirmed = factory.Trait(
            status=Meeting.Status.CONFIRMED,
            slot=factory.SubFactory(SlotFactory, event=factory.SelfAttribute("..event")),
        )

    event = factory.SubFactory(EventFactory)
    host = factory.SubFactory(
        ParticipantFactory, registration__event=factory.SelfAttribute("...event")
    )
    guest = factory.SubFactory(
        ParticipantFactory, registration__event=factory.SelfAttribute("...event")
    )


class TimetableFactory(DjangoModelFactory):
    """A finished draft."""

    class Meta:
        model = Timetable

    event = factory.SubFactory(EventFactory)
    number = factory.Sequence(lambda n: n + 1)
    finished_at = factory.LazyFunction(timezone.now)
