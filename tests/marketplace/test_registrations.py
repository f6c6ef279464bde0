"""Who comes to an event: put down, admitted, listed, away, and gone without a trace."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from chambers.models import Mail
from marketplace.models import Away, Booking, Meeting, MeetingRequest, Registration, StandbyOffer
from marketplace.services import participants, registrations, requests
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

DAY = dt.timedelta(days=1)
S = Registration.Status


@pytest.fixture
def event(db):
    return make.EventFactory()


def register(event, company, by, **fields):
    return registrations.register_company(event, company, by=by, **fields)


def test_who_registers_a_company_comes_and_nobody_is_listed_unasked(event, company, owner):
    registration = register(event, company, owner)

    assert (registration.status, registration.consent) == (S.APPLIED, "not_listed")
    person = registration.participants.get()
    assert (person.person, person.name, person.away.count()) == (owner, owner.name, 0)
    assert len(person.badge_code) == 10


@pytest.mark.parametrize("who", ["organiser", "chamber"])
def test_staff_register_a_member_without_coming_themselves(event, company, manager, who):
    chamber = company.memberships.get().chamber
    by = manager if who == "organiser" else factories.StaffFactory(chamber=chamber).person

    registration = register(event, company, by, people=[{"name": "Aiko Sato"}])

    assert [one.name for one in registration.participants.all()] == ["Aiko Sato"]


def test_strangers_register_nobody(event, company):
    for stranger in (factories.UserFactory(), factories.StaffFactory().person):
        with pytest.raises(PermissionDenied):
            register(event, company, stranger)


@pytest.mark.parametrize(
    "dates",
    [
        {"registration_opens_at": timezone.now() + DAY},
        {"registration_closes_at": timezone.now() - DAY},
        {"is_published": False},
    ],
)
@pytest.mark.django_db
def test_after_the_deadline_only_the_organiser_registers(dates, company, owner):
    event = make.EventFactory(**dates)
    manager = factories.StaffFactory(chamber=event.chamber).person

    refused("registration_closed", register, event, company, owner)

    assert register(event, company, manager).status == S.APPLIED


def test_only_members_register_unless_the_event_is_open_to_all(event, owner, company):
    company.memberships.all().delete()

    refused("members_only", register, event, company, owner)
    event.members_only = False
    event.save()

    assert register(event, company, owner)


def test_a_company_is_registered_once_and_may_come_back(event, company, owner, manager):
    first = register(event, company, owner)
    refused("already_registered", register, event, company, owner)
    registrations.withdraw_registration(first, by=owner)

    again = register(event, company, owner, consent="listed")

    assert (again.pk, again.status, again.consent) == (first.pk, S.APPLIED, "listed")
    assert again.participants.count() == 1
    registrations.refuse_registration(again, by=manager, reason="Full")
    refused("refused", register, event, company, owner)


@pytest.mark.parametrize(
    ("decide", "status"),
    [
        (registrations.admit_registration, S.ADMITTED),
        (registrations.let_wait, S.WAITING),
        (lambda one, by: registrations.refuse_registration(one, by=by, reason="Full"), S.REFUSED),
    ],
)
def test_the_organiser_decides_and_the_company_is_told(
    event, company, owner, manager, decide, status
):
    registration = register(event, company, owner)

    decided = decide(registration, by=manager)

    assert (decided.status, decided.decided_by) == (status, manager)
    mails = Mail.objects.order_by("pk").values_list("kind", "to")
    assert list(mails) == [
        ("registration_received", owner.email),
        (f"registration_{status}", owner.email),
    ]
    for stranger in (owner, factories.StaffFactory().person):
        with pytest.raises(PermissionDenied):
            decide(registration, by=stranger)


def test_what_is_decided_is_decided_and_a_refusal_says_why(event, manager):
    admitted = make.RegistrationFactory(event=event)

    refused("already_decided", registrations.admit_registration, admitted, by=manager)
    refused("no_reason", registrations.refuse_registration, admitted, by=manager, reason=" ")


def test_a_delegation_takes_as_many_companies_as_it_has_seats(event, manager):
    delegation = make.DelegationFactory(event=event, seats=1)
    first, second = make.RegistrationFactory.create_batch(
        2, event=event, applied=True, delegation=delegation
    )
    registrations.admit_registration(first, by=manager)

    refused("delegation_full", registrations.admit_registration, second, by=manager)

    assert registrations.let_wait(second, by=manager).status == S.WAITING


def test_consent_decides_at_once_who_is_seen_by_others_who_come(event, company, owner):
    registration = register(event, company, owner)
    Registration.objects.update(status=S.ADMITTED)
    reader = make.ParticipantFactory(registration__event=event, speaking=True).person
    seen = Registration.objects.listed_for(reader).filter(company=company)
    assert not seen.exists()

    registrations.set_consent(registration, "listed", by=owner)
    assert seen.exists()
    registrations.set_consent(registration, "not_listed", by=owner)

    assert not seen.exists()
    with pytest.raises(PermissionDenied):
        registrations.set_consent(registration, "listed", by=reader)


def test_absences_are_replaced_as_a_whole(event, company, owner):
    slots = make.SlotFactory.create_batch(3, event=event)
    person = register(event, company, owner).participants.get()
    registrations.set_availability(person, away=slots[:2], by=owner)

    registrations.set_availability(person, away=slots[1:], by=owner)

    assert set(Away.objects.values_list("slot", flat=True)) == {slots[1].pk, slots[2].pk}
    foreign = make.SlotFactory()
    refused("other_event", registrations.set_availability, person, away=[foreign], by=owner)


def test_nobody_is_away_while_they_have_a_meeting(event):
    person = make.ParticipantFactory(registration__event=event, speaking=True)
    slots = make.SlotFactory.create_batch(2, event=event)
    make.MeetingFactory(event=event, host=person, slot=slots[0], placed=True)

    refused("has_meeting", registrations.set_availability, person, away=slots, by=person.person)

    assert not Away.objects.exists()


def test_people_come_and_go_as_long_as_they_have_no_meetings(event, company, owner):
    registration = register(event, company, owner)
    colleague = registrations.add_participant(registration, by=owner, name="Ivan")
    busy = registration.participants.get(person=owner)
    make.MeetingFactory(event=event, host=busy)
    stranger = factories.UserFactory()
    refused(
        "not_of_company", registrations.add_participant, registration, by=owner, name="X",
        person=stranger,
    )  # fmt: skip
    refused(
        "already_participant", registrations.add_participant, registration, by=owner, name="X",
        person=owner,
    )  # fmt: skip

    participants.remove_participant(colleague, by=owner)
    refused("has_meetings", participants.remove_participant, busy, by=owner)

    assert registration.participants.get() == busy


class Leaving:
    """A company with meetings, a booth and requests in all states, and its partners."""

    def __init__(self, event):
        self.event = event
        self.slots = make.SlotFactory.create_batch(4, event=event)
        self.person = make.ParticipantFactory(registration__event=event, speaking=True)
        self.registration = self.person.registration
        self.booth = make.TableFactory(event=event, owner=self.registration)
        self.partner = make.ParticipantFactory(registration__event=event, speaking=True)
        self.interpreter = make.InterpreterFactory(event=event)
        self.meetings = [
            make.MeetingFactory(
                event=event,
                host=self.person,
                guest=self.partner,
                slot=slot,
                table=self.booth,
                interpreter=self.interpreter,
                placed=True,
            )
            for slot in self.slots[:2]
        ]
        self.meetings.append(make.MeetingFactory(event=event, host=self.partner, guest=self.person))
        self.asked = make.MeetingRequestFactory(event=event, requester=self.registration)
        self.asking = make.MeetingRequestFactory(event=event, partner=self.registration)
        self.draft = make.MeetingRequestFactory(
            event=event, requester=self.registration, status="draft"
        )


def orphans(registration):
    """Whatever still counts on a company."""
    return (
        Meeting.objects.of(registration).ahead().count()
        + Booking.objects.filter(meeting__in=Meeting.objects.of(registration)).count()
        + MeetingRequest.objects.open().of(registration).count()
        + registration.booths.count()
        + StandbyOffer.objects.filter(
            meeting__in=Meeting.objects.of(registration), status__in=StandbyOffer.LIVE
        ).count()
    )


def test_a_withdrawal_leaves_no_orphan_and_tells_each_partner_once(event):
    leaving = Leaving(event)
    owner = leaving.person.person
    asker = factories.RepresentativeFactory(company=leaving.asking.requester.company).person
    assert orphans(leaving.registration) > 0

    gone = registrations.withdraw_registration(leaving.registration, by=owner, reason="Budget")

    assert (gone.status, orphans(gone)) == (S.WITHDRAWN, 0)
    assert set(Meeting.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(Meeting.objects.values_list("cancelled_side", flat=True)) == {gone.pk}
    states = dict(MeetingRequest.objects.values_list("pk", "status"))
    assert states[leaving.asked.pk] == states[leaving.draft.pk] == "withdrawn"
    assert states[leaving.asking.pk] == "declined"
    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(
        [leaving.partner.person.email, asker.email]
    )
    mail = Mail.objects.get(to=leaving.partner.person.email)
    assert mail.method == "CANCEL"
    assert mail.calendar.count("STATUS:CANCELLED") == 2
    assert "10:00–10:20" in mail.text
    assert "10:20–10:40" in mail.text


def test_a_partner_of_several_meetings_reads_which_was_whose(event):
    leaving = make.ParticipantFactory(registration__event=event, speaking=True)
    partner = make.RegistrationFactory(event=event)
    reader = factories.RepresentativeFactory(company=partner.company, role="owner").person
    ours = [
        make.ParticipantFactory(registration=partner, name=name, person=None)
        for name in ("Boris B", "Clara C")
    ]
    slots = make.SlotFactory.create_batch(2, event=event)
    for person, slot in zip(reversed(ours), slots, strict=True):
        make.MeetingFactory(event=event, host=leaving, guest=person, slot=slot, placed=True)
    make.MeetingFactory(event=event, host=leaving, guest=ours[0], status="unscheduled", slot=None)

    registrations.withdraw_registration(leaving.registration, by=leaving.person)

    lines = Mail.objects.get(to=reader.email).text.splitlines()
    told = [line.strip() for line in lines if "Boris B" in line or "Clara C" in line]
    assert [line.rsplit(", ", 1)[1] for line in told] == ["Clara C", "Boris B", "Boris B"]
    assert [":" in line for line in told] == [True, True, False]


def test_who_speaks_for_two_partners_reads_of_each_meeting_who_was_to_go(event):
    leaving = make.ParticipantFactory(registration__event=event, speaking=True)
    reader = make.ParticipantFactory(registration__event=event, name="Boris of one").person
    other = make.ParticipantFactory(
        registration__event=event, person=reader, name="Boris of another"
    )
    first, second = make.SlotFactory.create_batch(2, event=event)
    for slot, guest in ((first, reader.participations.exclude(pk=other.pk).get()), (second, other)):
        make.MeetingFactory(event=event, host=leaving, guest=guest, slot=slot, placed=True)

    registrations.withdraw_registration(leaving.registration, by=leaving.person)

    text = Mail.objects.get(to=reader.email).text
    assert text.count("Boris of one") == text.count("Boris of another") == 1


def test_what_was_held_before_the_withdrawal_stays(event):
    leaving = Leaving(event)
    held = leaving.meetings[0]
    Meeting.objects.filter(pk=held.pk).update(status="held")

    registrations.withdraw_registration(
        leaving.registration, by=leaving.person.person, at=held.slot.ends_at
    )

    assert Meeting.objects.get(pk=held.pk).status == "held"
    assert held.bookings.count() == 4


def test_times_that_a_withdrawal_frees_are_offered_on_standby(event):
    leaving = Leaving(event)
    waiting = make.MeetingFactory(event=event, host=leaving.partner)
    make.TableFactory(event=event)

    registrations.withdraw_registration(leaving.registration, by=leaving.person.person)

    offers = StandbyOffer.objects.filter(meeting=waiting, status="offered")
    assert {one.slot for one in offers} == set(leaving.slots[:2])


def test_nobody_withdraws_for_others_or_twice(event, manager):
    leaving = Leaving(event)
    with pytest.raises(PermissionDenied):
        registrations.withdraw_registration(leaving.registration, by=leaving.partner.person)

    registrations.withdraw_registration(leaving.registration, by=manager)

    refused("over", registrations.withdraw_registration, leaving.registration, by=manager)
    refused(
        "not_admitted", requests.request_meeting, leaving.partner.registration,
        leaving.registration, by=leaving.partner.person,
    )  # fmt: skip
