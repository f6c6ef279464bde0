"""Somebody else comes for a company: the meetings go along, and each person is told once."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from chambers.models import Mail
from marketplace.models import Booking, Meeting, MeetingRequest, Participant, StandbyOffer
from marketplace.selectors.agenda import former_of
from marketplace.services import desk, losses, participants, registrations, requests
from marketplace.services.repairs import apply_repair
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused


@pytest.fixture
def event(db):
    return make.EventFactory()


class Company:
    """A company with one who comes and a colleague, and meetings with two partners."""

    def __init__(self, event, meetings=2):
        self.event = event
        self.person = make.ParticipantFactory(
            registration__event=event, speaking=True, name="Anna Ivanova"
        )
        self.registration = self.person.registration
        self.owner = self.person.person
        self.partners = [
            make.ParticipantFactory(registration__event=event, speaking=True)
            for _partner in range(meetings)
        ]
        self.tables = make.TableFactory.create_batch(2, event=event)
        self.slots = make.SlotFactory.create_batch(meetings + 1, event=event)
        self.meetings = [
            make.MeetingFactory(
                event=event, host=self.person, guest=partner, slot=slot, table=self.tables[0],
                placed=True,
            )
            for partner, slot in zip(self.partners, self.slots, strict=False)
        ]  # fmt: skip

    def colleague(self, **fields):
        person = factories.RepresentativeFactory(
            company=self.registration.company, role="editor"
        ).person
        return make.ParticipantFactory(
            registration=self.registration, person=person, name="Boris Petrov", **fields
        )


def mails():
    """{reader: [(kind, method)]} of all mails."""
    told = {}
    for mail in Mail.objects.order_by("pk"):
        told.setdefault(mail.to, []).append((mail.kind, mail.method))
    return told


def test_another_person_gets_the_invitations_and_the_old_one_the_cancellations(event):
    own = Company(event)
    new = factories.RepresentativeFactory(company=own.registration.company, role="editor").person

    participants.change_participant(own.person, by=own.owner, name="Boris", person=new)

    assert mails() == {
        own.owner.email: [("people_left", "CANCEL")],
        new.email: [("people_changed", "PUBLISH")],
        **{one.person.email: [("people_changed", "REQUEST")] for one in own.partners},
    }
    gone = Mail.objects.get(kind="people_left")
    assert gone.calendar.count("STATUS:CANCELLED") == 2
    assert gone.calendar.count("SEQUENCE:1") == 2
    assert "Boris goes instead of" in gone.text
    told = Mail.objects.get(to=own.partners[0].person.email)
    assert "Boris comes instead of Anna Ivanova" in told.subject
    assert "Boris" in told.calendar
    assert list(Meeting.objects.values_list("sequence", flat=True)) == [1, 1]
    assert Booking.objects.filter(participant=own.person).count() == 2


def test_a_mended_name_troubles_nobody(event):
    own = Company(event)

    changed = participants.change_participant(own.person, by=own.owner, name="Anna Ivanóva")

    assert changed.name == "Anna Ivanóva"
    assert not Mail.objects.exists()
    assert set(Meeting.objects.values_list("sequence", flat=True)) == {0}


def test_who_becomes_remote_sits_at_a_table_with_a_screen(event):
    own = Company(event, meetings=1)
    change = participants.change_participant
    refused("no_table", change, own.person, by=own.owner, presence="remote")
    screen = make.TableFactory(event=event, has_screen=True)

    change(own.person, by=own.owner, presence="remote")

    meeting = Meeting.objects.get()
    assert meeting.table == screen
    assert Booking.objects.get(table__isnull=False).table == screen
    text = Mail.objects.filter(kind="meeting_moved")[0].text
    before, now = text.partition("Before: ")[2].split("Now: ")
    assert (str(screen) in before, str(screen) in now) == (False, True)
    assert str(meeting.former.table) in before
    assert set(Mail.objects.values_list("kind", flat=True)) == {"meeting_moved"}


def test_who_comes_to_a_place_without_tables_after_all_is_no_longer_online(event):
    own = Company(event, meetings=1)
    Booking.objects.exclude(table=None).delete()
    Meeting.objects.update(table=None)
    event.tables.all().delete()
    participants.change_participant(own.person, by=own.owner, presence="remote")
    Participant.objects.exclude(pk=own.person.pk).update(presence="remote")
    Mail.objects.all().delete()

    participants.change_participant(own.person, by=own.owner, presence="on_site")

    mail = Mail.objects.get(to=own.partners[0].person.email)
    assert (mail.kind, "Before: Online\n" in mail.text) == ("meeting_moved", True)
    assert former_of(Meeting.objects.get(), None).place == "Online"


def test_a_colleague_takes_all_meetings_and_the_row_goes(event):
    own = Company(event)
    colleague = own.colleague()
    asked = make.MeetingRequestFactory(
        event=event, requester=own.registration, participant=own.person
    )

    gone = participants.remove_participant(own.person, by=own.owner, substitute=colleague)

    assert gone
    assert list(own.registration.participants.all()) == [colleague]
    assert set(Meeting.objects.values_list("host", flat=True)) == {colleague.pk}
    assert Booking.objects.filter(participant=colleague).count() == 2
    assert MeetingRequest.objects.get(pk=asked.pk).participant == colleague
    assert mails()[own.owner.email] == [("people_left", "CANCEL")]
    assert mails()[colleague.person.email] == [("people_changed", "PUBLISH")]
    assert len(mails()) == 4


def test_a_colleague_who_meets_elsewhere_or_is_away_takes_nothing(event):
    own = Company(event)
    busy, away, there = own.colleague(), own.colleague(), own.colleague()
    held = make.MeetingFactory(event=event, host=busy, placed=True, slot=own.slots[1])
    make.AwayFactory(participant=away, slot=own.slots[0])
    own.meetings[0].others.add(there)
    stranger = own.partners[0]
    remove = participants.remove_participant

    error = refused("taken", remove, own.person, by=own.owner, substitute=busy)
    refused("away", remove, own.person, by=own.owner, substitute=away)
    refused("already_there", remove, own.person, by=own.owner, substitute=there)
    refused("other_company", remove, own.person, by=own.owner, substitute=stranger)
    refused("other_company", remove, own.person, by=own.owner, substitute=own.person)

    assert held.guest.registration.company.told in error.messages[0]
    assert {one.host for one in Meeting.objects.exclude(pk=held.pk)} == {own.person}
    assert not Mail.objects.exists()


def test_one_meeting_is_handed_to_a_colleague_and_the_others_stay(event):
    own = Company(event)
    colleague = own.colleague()
    asked = make.MeetingRequestFactory(
        requester=own.person.registration,
        partner=own.partners[0].registration,
        participant=own.person,
        status="accepted",
    )
    Meeting.objects.filter(pk=own.meetings[0].pk).update(request=asked)

    participants.hand_over(own.meetings[0], participant=colleague, by=own.owner)

    asked.refresh_from_db()
    assert asked.participant == colleague
    assert [one.host for one in Meeting.objects.order_by("pk")] == [colleague, own.person]
    assert Booking.objects.filter(participant=colleague).count() == 1
    assert mails() == {
        own.owner.email: [("people_left", "CANCEL")],
        colleague.person.email: [("people_changed", "REQUEST")],
        own.partners[0].person.email: [("people_changed", "REQUEST")],
    }
    assert "Boris Petrov comes instead of Anna Ivanova" in Mail.objects.latest("pk").subject


def test_a_meeting_is_handed_to_nobody_who_cannot_come_and_by_nobody_else(event):
    own = Company(event)
    busy, away, there, left = (own.colleague() for _person in range(4))
    first = own.meetings[0]
    make.MeetingFactory(event=event, host=busy, placed=True, slot=own.slots[0])
    make.AwayFactory(participant=away, slot=own.slots[0])
    first.others.add(there)
    Participant.objects.filter(pk=left.pk).update(left_at=event.created_at)
    give = partial(participants.hand_over, first, by=own.owner)

    refused("taken", give, participant=busy)
    refused("away", give, participant=away)
    refused("already_there", give, participant=there)
    refused("gone", give, participant=left)
    refused("other_company", give, participant=busy, instead_of=own.partners[0])
    refused("over", give, participant=away, at=own.slots[0].starts_at)
    with pytest.raises(PermissionDenied):
        participants.hand_over(first, participant=away, by=own.partners[0].person)

    first.refresh_from_db()
    assert (first.host, list(first.others.all())) == (own.person, [there])
    assert not Mail.objects.exists()


def test_of_two_who_go_the_one_named_stays_away(event):
    own = Company(event)
    second, third = own.colleague(), own.colleague()
    own.meetings[0].others.add(second)
    manager = factories.StaffFactory(chamber=event.chamber).person

    participants.hand_over(own.meetings[0], participant=third, instead_of=second, by=manager)

    own.meetings[0].refresh_from_db()
    assert (own.meetings[0].host, list(own.meetings[0].others.all())) == (own.person, [third])


def test_without_a_substitute_the_reason_is_what_partners_read(event):
    own = Company(event)
    waiting = make.MeetingFactory(event=event, guest=own.partners[0])
    remove = participants.remove_participant

    error = refused("has_meetings", remove, own.person, by=own.owner, reason=" ")
    gone = remove(own.person, by=own.owner, reason="She is ill.")

    assert "Anna Ivanova has 2 meetings ahead" in error.messages[0]
    assert not gone
    own.person.refresh_from_db()
    assert own.person.left_at is not None
    assert [one.status for one in own.meetings if one.refresh_from_db() is None] == [
        "cancelled"
    ] * 2
    assert not Booking.objects.filter(participant=own.person).exists()
    told = Mail.objects.filter(to=own.partners[1].person.email).get()
    assert (told.kind, told.method) == ("meeting_cancelled", "CANCEL")
    assert "She is ill." in told.text
    assert StandbyOffer.objects.filter(meeting=waiting).exists()


def test_who_has_left_gets_no_new_meetings_and_may_come_again(event):
    own = Company(event)
    badge = own.person.badge_code
    participants.remove_participant(own.person, by=own.owner, reason="Ill.")

    assert not Participant.objects.coming().filter(registration=own.registration).exists()
    refused("gone", participants.change_participant, own.person, by=own.owner, name="X")
    again = registrations.add_participant(
        own.registration, by=own.owner, name="Anna Ivanova", person=own.owner
    )

    assert (again.pk, again.left_at, again.badge_code) == (own.person.pk, None, badge)


def test_meetings_that_were_held_stay_with_who_held_them(event):
    own = Company(event, meetings=1)
    colleague = own.colleague()
    Meeting.objects.update(status="held")

    gone = participants.remove_participant(
        own.person, by=own.owner, substitute=colleague, at=own.slots[0].ends_at
    )

    assert not gone
    assert Meeting.objects.get().host == own.person


def test_only_the_company_and_the_organiser_change_who_comes(event):
    own = Company(event)
    for by in (factories.StaffFactory().person, own.partners[0].person):
        with pytest.raises(PermissionDenied):
            participants.change_participant(own.person, by=by, name="X")
        with pytest.raises(PermissionDenied):
            participants.remove_participant(own.person, by=by, reason="X")
    manager = factories.StaffFactory(chamber=event.chamber).person

    participants.change_participant(own.person, by=manager, position="Director")

    own.person.refresh_from_db()
    assert (own.person.name, own.person.position) == ("Anna Ivanova", "Director")


def three_sided(event):
    """A meeting of three companies at a table."""
    people = [
        make.ParticipantFactory(registration__event=event, speaking=True) for _side in range(3)
    ]
    meeting = make.MeetingFactory(
        event=event, host=people[0], guest=people[1], others=people[2:], placed=True,
        table=make.TableFactory(event=event),
    )  # fmt: skip
    return meeting, people


@pytest.mark.parametrize("how", ["withdrawn", "removed"])
def test_a_meeting_of_three_goes_on_when_a_further_participant_leaves(event, how):
    meeting, (host, guest, third) = three_sided(event)

    if how == "withdrawn":
        registrations.withdraw_registration(third.registration, by=third.person)
    else:
        participants.remove_participant(third, by=third.person, reason="Ill.")

    meeting.refresh_from_db()
    assert (meeting.status, list(meeting.others.all())) == ("confirmed", [])
    assert set(meeting.bookings.filter(participant__isnull=False).values_list(
        "participant", flat=True
    )) == {host.pk, guest.pk}  # fmt: skip
    assert mails() == {
        third.person.email: [("people_left", "CANCEL")],
        host.person.email: [("people_changed", "REQUEST")],
        guest.person.email: [("people_changed", "REQUEST")],
    }
    assert Participant.objects.filter(pk=third.pk, left_at=None).exists() == (how == "withdrawn")


@pytest.mark.parametrize("who", ["host", "guest"])
def test_without_its_host_or_guest_a_meeting_is_cancelled(event, who):
    meeting, _people = three_sided(event)
    leaving = getattr(meeting, who)

    registrations.withdraw_registration(leaving.registration, by=leaving.person)

    meeting.refresh_from_db()
    assert (meeting.status, meeting.cancelled_side) == ("cancelled", leaving.registration)
    assert not meeting.bookings.exists()


def test_a_meeting_left_with_one_company_is_cancelled(event):
    meeting, (host, guest, third) = three_sided(event)
    Participant.objects.filter(pk=guest.pk).update(registration=host.registration)

    registrations.withdraw_registration(third.registration, by=third.person)

    meeting.refresh_from_db()
    assert meeting.status == "cancelled"


def test_a_mail_of_a_change_goes_to_nobody_for_a_proposal_in_mind(event):
    own = Company(event, meetings=0)
    partner = make.ParticipantFactory(registration__event=event, speaking=True)
    make.MeetingFactory(event=event, host=own.person, guest=partner, is_told=False)
    colleague = own.colleague()

    participants.remove_participant(own.person, by=own.owner, substitute=colleague)

    assert Meeting.objects.get().host == colleague
    assert not Mail.objects.exists()


def test_who_leaves_learns_nothing_of_a_proposal_in_mind(event):
    own = Company(event, meetings=0)
    make.MeetingFactory(event=event, host=own.person, is_told=False)

    participants.remove_participant(own.person, by=own.owner)  # no reason is asked

    assert Meeting.objects.get().status == "cancelled"
    assert not Mail.objects.exists()


def test_a_partner_who_does_not_know_the_person_reads_of_no_other(event):
    own = Company(event, meetings=1)
    Meeting.objects.update(status="provisional")
    colleague = own.colleague()

    participants.remove_participant(own.person, by=own.owner, substitute=colleague)

    assert set(mails()) == {own.owner.email, colleague.person.email}


def test_nobody_is_asked_or_shown_who_has_left(event):
    own = Company(event)
    colleague = own.colleague()
    participants.remove_participant(own.person, by=own.owner, reason="Ill.")
    asked = make.MeetingRequestFactory(event=event, partner=own.registration)

    meeting = requests.accept_request(asked, by=own.owner)

    assert meeting.host == colleague
    assert list(Participant.objects.taking_part().filter(registration=own.registration)) == [
        colleague
    ]


@pytest.mark.parametrize("fill", [False, True])
def test_a_repair_leaves_a_meeting_of_three_standing_too(event, fill):
    meeting, (_host, _guest, third) = three_sided(event)
    manager = factories.StaffFactory(chamber=event.chamber).person

    apply_repair(event, losses.of_company(third.registration), by=manager, fill=fill)

    meeting.refresh_from_db()
    third.registration.refresh_from_db()
    assert third.registration.status == "withdrawn"
    assert (meeting.status, list(meeting.others.all())) == ("confirmed", [])


@pytest.mark.parametrize("with_account", [True, False])
def test_another_person_is_not_here_yet_and_has_a_badge_of_their_own(event, with_account):
    own = Company(event, meetings=0)
    manager = factories.StaffFactory(chamber=event.chamber).person
    if not with_account:
        Participant.objects.filter(pk=own.person.pk).update(person=None)
    desk.check_in(own.person, by=manager)
    new = factories.RepresentativeFactory(company=own.registration.company, role="editor").person
    fields = {"person": new} if with_account else {}

    participants.change_participant(own.person, by=own.owner, name="Boris", **fields)

    came = Participant.objects.get(pk=own.person.pk)
    assert (came.checked_in_at, came.checked_in_by) == (None, None)
    assert len(came.badge_code) == 10
    assert came.badge_code != own.person.badge_code


@pytest.mark.parametrize("given", ["name", "account"])
def test_who_is_only_named_anew_or_gets_an_account_stays_checked_in(event, given):
    own = Company(event, meetings=0)
    if given == "account":
        Participant.objects.filter(pk=own.person.pk).update(person=None)
    manager = factories.StaffFactory(chamber=event.chamber).person
    here = desk.check_in(own.person, by=manager).participant.checked_in_at
    fields = {"name": "Anna Ivanóva"} if given == "name" else {"person": own.owner}

    participants.change_participant(own.person, by=own.owner, **fields)

    stays = Participant.objects.get(pk=own.person.pk)
    assert (stays.checked_in_at, stays.badge_code) == (here, own.person.badge_code)


def test_who_had_left_comes_again_in_anothers_place(event):
    own = Company(event, meetings=0)
    back = own.colleague()
    make.MeetingFactory(event=event, host=back, status="held", placed=True)
    account = back.person
    assert not participants.remove_participant(back, by=own.owner, substitute=own.person)

    participants.change_participant(own.person, by=own.owner, name="Boris", person=account)

    coming = Participant.objects.coming().filter(registration=own.registration)
    assert [(one.name, one.person) for one in coming] == [("Boris", account)]
    back.refresh_from_db()
    assert (back.name, back.person, back.left_at is None) == ("Boris Petrov", None, False)
