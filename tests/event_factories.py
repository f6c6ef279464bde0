"""The smallest valid rows of events, and of all that belongs to them."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from marketplace.models import (
    Away,
    Delegation,
    Dispute,
    Event,
    Feedback,
    Group,
    GroupRule,
    Hall,
    Interpreter,
    InterpreterAway,
    InterpreterWish,
    Meeting,
    MeetingOrder,
    MeetingRequest,
    Outcome,
    Participant,
    Registration,
    Repair,
    Session,
    Slot,
    StandbyOffer,
    Table,
    TableClosed,
    TimeProposal,
    Timetable,
)
from marketplace.models.feedback import BETWEEN_MAILS, MOST_MAILS
from marketplace.services import calendars
from tests.factories import ChamberFactory, CompanyFactory, RepresentativeFactory, UserFactory


class EventFactory(DjangoModelFactory):
    """A published forum of two days in a month, with registration and requests open."""

    class Meta:
        model = Event
        skip_postgeneration_save = True

    chamber = factory.SubFactory(ChamberFactory)
    kind = Event.Kind.FORUM
    name = factory.Sequence(lambda n: {"en": f"Forum {n}"})
    place = "Congress centre"
    zone = "Europe/Minsk"
    starts_on = factory.LazyFunction(lambda: timezone.now().date() + dt.timedelta(days=30))
    ends_on = factory.LazyAttribute(lambda one: one.starts_on + dt.timedelta(days=1))
    is_published = True

    @factory.post_generation
    def hosts(self, create, extracted, **kwargs):
        if create and extracted:
            self.hosts.set(extracted)


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
    """A shared table with the next number of its event."""

    class Meta:
        model = Table

    event = factory.SubFactory(EventFactory)
    number = factory.LazyAttribute(lambda one: one.event.tables.count() + 1)


class SlotFactory(DjangoModelFactory):
    """Twenty minutes; ``number`` counts from ten o'clock of the first day, the next by default."""

    class Meta:
        model = Slot

    class Params:
        minutes = 20
        number = factory.LazyAttribute(lambda one: one.event.slots.count())

    event = factory.SubFactory(EventFactory)
    starts_at = factory.LazyAttribute(
        lambda one: clock_time(one.event, 10) + dt.timedelta(minutes=20 * one.number)
    )
    ends_at = factory.LazyAttribute(lambda one: one.starts_at + dt.timedelta(minutes=one.minutes))


class SessionFactory(DjangoModelFactory):
    """A section in the first morning."""

    class Meta:
        model = Session

    event = factory.SubFactory(EventFactory)
    kind = Session.Kind.SECTION
    title = factory.Sequence(lambda n: {"en": f"Section {n}"})
    starts_at = factory.LazyAttribute(lambda one: one.event.begins_at + dt.timedelta(hours=9))
    ends_at = factory.LazyAttribute(lambda one: one.starts_at + dt.timedelta(hours=3))


class GroupFactory(DjangoModelFactory):
    class Meta:
        model = Group

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: {"en": f"Group {n}"})


class GroupRuleFactory(DjangoModelFactory):
    class Meta:
        model = GroupRule

    event = factory.SubFactory(EventFactory)
    first = factory.SubFactory(GroupFactory, event=factory.SelfAttribute("..event"))
    second = factory.SubFactory(GroupFactory, event=factory.SelfAttribute("..event"))


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
    languages = ["ja", "ru"]


class InterpreterAwayFactory(DjangoModelFactory):
    class Meta:
        model = InterpreterAway

    interpreter = factory.SubFactory(InterpreterFactory)
    slot = factory.SubFactory(SlotFactory, event=factory.SelfAttribute("..interpreter.event"))


class TableClosedFactory(DjangoModelFactory):
    class Meta:
        model = TableClosed

    table = factory.SubFactory(TableFactory)
    slot = factory.SubFactory(SlotFactory, event=factory.SelfAttribute("..table.event"))


class RegistrationFactory(DjangoModelFactory):
    """An admitted member company that is listed; ``people=2`` come, ``owner=person`` decides."""

    class Meta:
        model = Registration
        skip_postgeneration_save = True

    event = factory.SubFactory(EventFactory)
    company = factory.SubFactory(CompanyFactory, member=True)
    status = Registration.Status.ADMITTED
    consent = Registration.Consent.LISTED

    class Params:
        applied = factory.Trait(
            status=Registration.Status.APPLIED, consent=Registration.Consent.NOT_LISTED
        )

    @factory.post_generation
    def owner(self, create, extracted, **kwargs):
        if create and extracted:
            RepresentativeFactory(company=self.company, person=extracted)

    @factory.post_generation
    def people(self, create, extracted, **kwargs):
        if create and extracted:
            ParticipantFactory.create_batch(extracted, registration=self)


class ParticipantFactory(DjangoModelFactory):
    """With an account; ``speaking=True``: a main contact of the company."""

    class Meta:
        model = Participant

    registration = factory.SubFactory(RegistrationFactory)
    person = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Participant {n}")

    class Params:
        speaking = factory.Trait(
            person=factory.LazyAttribute(
                lambda one: RepresentativeFactory(company=one.registration.company).person
            )
        )


class AwayFactory(DjangoModelFactory):
    class Meta:
        model = Away

    participant = factory.SubFactory(ParticipantFactory)
    slot = factory.SubFactory(
        SlotFactory, event=factory.SelfAttribute("..participant.registration.event")
    )


class MeetingRequestFactory(DjangoModelFactory):
    """Waiting for the partner's answer until the event begins; ``slots=[...]`` would suit."""

    class Meta:
        model = MeetingRequest
        skip_postgeneration_save = True

    event = factory.SubFactory(EventFactory)
    requester = factory.SubFactory(
        RegistrationFactory, event=factory.SelfAttribute("..event"), people=1
    )
    partner = factory.SubFactory(
        RegistrationFactory, event=factory.SelfAttribute("..event"), people=1
    )
    status = MeetingRequest.Status.PENDING
    answer_from = factory.LazyAttribute(
        lambda one: one.partner if one.status in MeetingRequest.OPEN else None
    )
    expires_at = factory.LazyAttribute(lambda one: one.event.begins_at)

    @factory.post_generation
    def slots(self, create, extracted, **kwargs):
        if create and extracted:
            self.slots.set(extracted)


class MeetingFactory(DjangoModelFactory):
    """Of two companies, told, without a time; ``placed=True`` is confirmed in a slot."""

    class Meta:
        model = Meeting
        skip_postgeneration_save = True

    event = factory.SubFactory(EventFactory)
    host = factory.SubFactory(
        ParticipantFactory, registration__event=factory.SelfAttribute("...event")
    )
    guest = factory.SubFactory(
        ParticipantFactory, registration__event=factory.SelfAttribute("...event")
    )

    class Params:
        placed = factory.Trait(
            status=Meeting.Status.CONFIRMED,
            slot=factory.SubFactory(SlotFactory, event=factory.SelfAttribute("..event")),
        )
        confirmed = factory.Trait(placed=True)

    @factory.post_generation
    def others(self, create, extracted, **kwargs):
        if create and extracted:
            self.others.set(extracted)

    @factory.post_generation
    def holding(self, create, extracted, **kwargs):
        if create and self.is_placed:
            calendars.book(self)


class TimeProposalFactory(DjangoModelFactory):
    """The host asks for another time; ``slots=[...]``."""

    class Meta:
        model = TimeProposal
        skip_postgeneration_save = True

    meeting = factory.SubFactory(MeetingFactory, placed=True)
    proposer = factory.LazyAttribute(lambda one: one.meeting.host.registration)

    @factory.post_generation
    def slots(self, create, extracted, **kwargs):
        if create and extracted:
            self.slots.set(extracted)


class StandbyOfferFactory(DjangoModelFactory):
    """Offered to a meeting without a time, to be answered in an hour."""

    class Meta:
        model = StandbyOffer

    meeting = factory.SubFactory(MeetingFactory)
    slot = factory.SubFactory(SlotFactory, event=factory.SelfAttribute("..meeting.event"))
    rank = 1
    reason = StandbyOffer.Reason.MUST
    status = StandbyOffer.Status.OFFERED
    answer_by = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(hours=1))


class TimetableFactory(DjangoModelFactory):
    """A finished draft; ``final=True`` is in force."""

    class Meta:
        model = Timetable

    event = factory.SubFactory(EventFactory)
    number = factory.LazyAttribute(lambda one: one.event.timetables.count() + 1)
    finished_at = factory.LazyFunction(timezone.now)

    class Params:
        final = factory.Trait(
            status=Timetable.Status.FINAL, published_at=factory.LazyFunction(timezone.now)
        )


class MeetingOrderFactory(DjangoModelFactory):
    """Two meetings of one event, one before the other."""

    class Meta:
        model = MeetingOrder

    first = factory.SubFactory(MeetingFactory)
    second = factory.SubFactory(MeetingFactory, event=factory.SelfAttribute("..first.event"))


class RepairFactory(DjangoModelFactory):
    class Meta:
        model = Repair

    event = factory.SubFactory(EventFactory)
    cause = Repair.Cause.TABLE
    what = "table 1"


class FeedbackFactory(DjangoModelFactory):
    """Of the host, who finds cooperation possible; ``to_call=True`` answered no mail of three."""

    class Meta:
        model = Feedback

    class Params:
        to_call = factory.Trait(
            first="",
            first_at=None,
            chased=MOST_MAILS,
            chased_at=factory.LazyFunction(lambda: timezone.now() - BETWEEN_MAILS),
        )

    meeting = factory.SubFactory(MeetingFactory, placed=True)
    side = factory.LazyAttribute(lambda one: one.meeting.host.registration)
    first = Feedback.First.POSSIBLE
    first_at = factory.LazyFunction(timezone.now)


class InterpreterWishFactory(DjangoModelFactory):
    class Meta:
        model = InterpreterWish

    meeting = factory.SubFactory("tests.event_factories.MeetingFactory", placed=True)


class DisputeFactory(DjangoModelFactory):
    class Meta:
        model = Dispute

    meeting = factory.SubFactory(MeetingFactory, placed=True)


class OutcomeFactory(DjangoModelFactory):
    """An announced contract of the host's company that waits for the guest's."""

    class Meta:
        model = Outcome

    meeting = factory.SubFactory(MeetingFactory, placed=True)
    event = factory.LazyAttribute(lambda one: one.meeting.event)
    reporter = factory.LazyAttribute(lambda one: one.meeting.host.registration.company)
    partner = factory.LazyAttribute(lambda one: one.meeting.guest.registration.company)
    reference = factory.Sequence(lambda n: f"P-XX-20260101-{n:03d}")
    kind = Outcome.Kind.CONTRACT
    subject = "Level sensors"
    claimed = Outcome.Stage.ANNOUNCED
