"""Requests for meetings: what may be asked, what an answer makes of it, and what runs out."""

import datetime as dt
import re
from functools import partial
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic, User
from chambers.services import links
from chambers.services.digests import write_digest
from chambers.services.topics import choose_delivery
from config.api import refusal_of
from marketplace.models import Booking, Event, Meeting, MeetingRequest
from marketplace.services import notices, requests, rules
from marketplace.services.conversations import block_company
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
S = MeetingRequest.Status


class Pair:
    """Two companies at one event, each with one person who decides and comes."""

    def __init__(self, **event):
        self.event = make.EventFactory(**event)
        self.asker = make.ParticipantFactory(registration__event=self.event, speaking=True)
        self.asked = make.ParticipantFactory(registration__event=self.event, speaking=True)

    @property
    def sides(self):
        return self.asker.registration, self.asked.registration

    def ask(self, **fields):
        return requests.request_meeting(*self.sides, by=self.asker.person, **fields)

    def accept(self, request, **fields):
        return requests.accept_request(request, by=self.asked.person, **fields)


@pytest.fixture
def pair(db):
    return Pair()


def test_a_request_waits_for_the_partner_and_holds_nothing(pair):
    slot = make.SlotFactory(event=pair.event)

    request = pair.ask(slots=[slot], message=" Sensors? ", wish="must")

    assert (request.status, request.answer_from) == (S.PENDING, pair.asked.registration)
    assert (request.message, list(request.slots.all())) == ("Sensors?", [slot])
    assert not Booking.objects.exists()
    mail = Mail.objects.get()
    assert (mail.kind, mail.to) == ("request_received", pair.asked.person.email)
    assert "Sensors?" in mail.text
    assert f"/en/requests/{request.public_id}/\n" in mail.text


@pytest.mark.parametrize(
    ("zone", "told"), [("UTC", ["Minsk"]), ("Asia/Tokyo", ["Minsk", "your time (Tokyo)"])]
)
def test_until_when_to_answer_is_told_by_the_clock_of_the_event_and_ones_own(pair, zone, told):
    User.objects.filter(pk=pair.asked.person_id).update(time_zone=zone)

    pair.ask()

    line = re.search("Please answer until .*", Mail.objects.get().text)[0]
    assert all(word in line for word in told)
    assert ("your time" in line) == (len(told) > 1)


def test_an_acceptance_tells_the_asker_how_many_requests_are_left(pair):
    pair.accept(pair.ask())

    left = f"You may have {pair.event.request_quota} more requests under way."
    told = Mail.objects.filter(kind="meeting_accepted")
    assert left in told.get(person=pair.asker.person).text
    assert left not in told.get(person=pair.asked.person).text


def test_the_mail_of_a_request_names_the_item_and_who_comes(pair):
    about = factories.OpportunityFactory(
        company=pair.asker.registration.company, published=True, title={"en": "Gauges"}
    )

    pair.ask(opportunity=about, participant=pair.asker)

    text = Mail.objects.get().text
    assert f"Offer or request: Gauges ({about.reference})" in text
    assert f"Who of the asking side comes: {pair.asker.name}" in text


def test_only_who_decides_for_the_requester_may_ask(pair):
    with pytest.raises(PermissionDenied):
        requests.request_meeting(*pair.sides, by=pair.asked.person)

    assert not MeetingRequest.objects.exists()


@pytest.mark.parametrize("turned", [False, True])
def test_a_pair_has_one_open_request_whoever_asks(pair, turned):
    pair.ask()
    sides = pair.sides[::-1] if turned else pair.sides
    by = (pair.asked if turned else pair.asker).person

    refused("already_requested", requests.request_meeting, *sides, by=by)

    assert MeetingRequest.objects.count() == 1


def test_a_company_cannot_ask_itself(pair):
    own = pair.asker.registration

    refused("own_company", requests.request_meeting, own, own, by=pair.asker.person)


@pytest.mark.parametrize(
    "dates",
    [
        {"requests_open_at": timezone.now() + DAY},
        {"requests_close_at": timezone.now() - DAY},
        {"is_published": False},
        {"cancelled_at": timezone.now()},
    ],
)
@pytest.mark.django_db
def test_requests_are_open_between_their_dates(dates):
    refused("requests_closed", Pair(**dates).ask)


@pytest.mark.parametrize("status", ["applied", "waiting", "withdrawn"])
def test_both_companies_must_take_part(pair, status):
    other = pair.asked.registration
    other.status = status
    other.save()

    refused("not_admitted", pair.ask)


def test_the_quota_counts_open_requests_and_an_answer_gives_it_back(pair):
    own = pair.asker.registration
    own.quota = 1
    own.save()
    first = pair.ask()
    third = make.ParticipantFactory(registration__event=pair.event, speaking=True).registration
    assert rules.quota_left(own) == 0

    refused("quota", requests.request_meeting, own, third, by=pair.asker.person)
    requests.decline_request(first, by=pair.asked.person)

    assert rules.quota_left(own) == 1
    assert requests.request_meeting(own, third, by=pair.asker.person).status == S.PENDING


def test_the_same_words_to_a_sixth_partner_are_refused(pair):
    own = pair.asker.registration
    for _ in range(rules.SAME_TEXTS):
        other = make.RegistrationFactory(event=pair.event)
        requests.request_meeting(own, other, by=pair.asker.person, message="Buy our pumps")

    refused("same_text", pair.ask, message="BUY our pumps – 2!")
    MeetingRequest.objects.update(status=S.DECLINED)  # who declined has read it all the same
    refused("same_text", pair.ask, message="Buy our pumps")
    assert pair.ask(message="Buy our pumps, Mr Sato").status == S.PENDING
    MeetingRequest.objects.update(created_at=timezone.now() - rules.REMEMBERED, status=S.DECLINED)
    assert pair.ask(message="Buy our pumps").status == S.PENDING


def test_the_daily_mail_leads_to_the_request_and_not_to_what_a_link_of_it_does(pair):
    choose_delivery(pair.asked.person, Topic.REQUESTS, Delivery.DAILY)
    asked = pair.ask()

    write_digest(pair.asked.person)

    said = Mail.objects.get(kind="digest").text
    assert f"/en/requests/{asked.public_id}/" in said
    told = Mail.objects.get(kind="request_received").text
    accept = next(line for line in told.splitlines() if links.is_link(line))
    assert accept not in said


def test_who_blocks_a_company_is_not_asked_for_a_meeting_by_it(pair):
    asker, asked = pair.asker.registration.company, pair.asked.registration.company
    block_company(asked, asker, by=pair.asked.person)

    refused("not_possible", pair.ask)


def test_groups_meet_by_the_rules_of_the_event_in_either_direction(pair):
    buyers, suppliers = make.GroupFactory.create_batch(2, event=pair.event)
    make.GroupRuleFactory(event=pair.event, first=buyers, second=suppliers)
    one, other = pair.sides
    one.group = other.group = suppliers
    one.save()
    other.save()

    error = refused("group_rule", pair.ask)
    assert f"{suppliers}, meets at this event only: {buyers}." in error.message
    other.group = buyers
    other.save()

    assert pair.ask().status == S.PENDING


@pytest.mark.parametrize("turned", [False, True])
def test_who_excludes_a_company_is_not_named(pair, turned):
    one, other = pair.sides[::-1] if turned else pair.sides
    one.company.excluded_companies.add(other.company)

    error = refused("not_possible", pair.ask)

    assert "exclude" not in error.message.lower()


@pytest.mark.parametrize(("rule", "code"), [("forbid", "already_meeting"), ("warn", None)])
@pytest.mark.django_db
def test_a_second_meeting_of_the_same_companies_follows_the_rule(rule, code):
    pair = Pair(same_partner_rule=rule)
    pair.accept(pair.ask())

    if code:
        refused(code, pair.ask)
        assert rules.warning_for(*pair.sides) == ""
    else:
        assert "already" in rules.warning_for(*pair.sides)
        assert pair.ask().status == S.PENDING


def test_a_draft_is_nobodys_business_until_it_is_sent(pair):
    draft = pair.ask(draft=True)
    seen = MeetingRequest.objects.visible_to(pair.asked.person)
    assert not seen.exists()
    assert not Mail.objects.exists()

    requests.send_request(draft, by=pair.asker.person)

    assert seen.get() == draft
    assert Mail.objects.count() == 1


def test_acceptance_takes_the_first_time_that_suits_both_and_a_free_table(pair):
    slots = make.SlotFactory.create_batch(4, event=pair.event)
    make.AwayFactory(participant=pair.asker, slot=slots[0])
    busy = make.MeetingFactory(event=pair.event, host=pair.asked, slot=slots[1], placed=True)
    table = make.TableFactory(event=pair.event)

    meeting = pair.accept(pair.ask())

    assert (meeting.status, meeting.slot, meeting.table) == ("confirmed", slots[2], table)
    assert (meeting.host, meeting.guest) == (pair.asked, pair.asker)
    assert meeting.sequence == 1
    assert meeting.bookings.count() == 3
    assert busy.bookings.count() == 2
    assert MeetingRequest.objects.get().status == S.ACCEPTED


def test_acceptance_takes_only_times_that_were_asked_for(pair):
    early, late = make.SlotFactory.create_batch(2, event=pair.event)
    request = pair.ask(slots=[late])

    refused("not_offered", pair.accept, request, slot=early)
    meeting = pair.accept(request)

    assert meeting.slot == late


@pytest.mark.django_db
def test_before_the_timetable_is_made_an_acceptance_leaves_the_time_open():
    pair = Pair(provisional_at=timezone.now() + DAY)
    make.SlotFactory(event=pair.event)

    meeting = pair.accept(pair.ask())

    assert (meeting.status, meeting.slot) == ("unscheduled", None)
    assert not meeting.bookings.exists()
    assert "still to be set" in Mail.objects.filter(kind="meeting_accepted").first().text


def test_a_taken_time_is_refused_with_up_to_three_free_ones(pair):
    slots = make.SlotFactory.create_batch(5, event=pair.event)
    make.MeetingFactory(event=pair.event, guest=pair.asker, slot=slots[0], placed=True)

    error = refused("taken", pair.accept, pair.ask(), slot=slots[0])

    assert error.params["free"] == [str(slot.public_id) for slot in slots[1:4]]
    assert "10:20" in error.messages[0]
    assert MeetingRequest.objects.get().status == S.PENDING
    assert Meeting.objects.count() == 1


def test_where_nothing_suits_both_the_refusal_says_so(pair):
    slot = make.SlotFactory(event=pair.event)
    make.AwayFactory(participant=pair.asked, slot=slot)

    refused("no_common_time", pair.accept, pair.ask())


def test_without_a_free_table_nothing_is_agreed(pair):
    slot = make.SlotFactory(event=pair.event)
    table = make.TableFactory(event=pair.event)
    make.MeetingFactory(event=pair.event, slot=slot, table=table, placed=True)
    request = pair.ask()

    refused("no_table", pair.accept, request, slot=slot)

    request.refresh_from_db()
    assert request.is_open


def test_a_booth_of_either_side_is_the_place_and_its_owner_the_host(pair):
    make.SlotFactory(event=pair.event)
    make.TableFactory(event=pair.event)
    booth = make.TableFactory(event=pair.event, owner=pair.asker.registration)

    meeting = pair.accept(pair.ask())

    assert (meeting.table, meeting.host) == (booth, pair.asker)


def test_somebody_remote_gets_a_table_with_a_screen(pair):
    pair.asker.presence = "remote"
    pair.asker.save()
    make.SlotFactory(event=pair.event)
    make.TableFactory(event=pair.event)
    screen = make.TableFactory(event=pair.event, has_screen=True)

    assert pair.accept(pair.ask()).table == screen


def test_two_who_are_remote_need_no_table(pair):
    for one in (pair.asker, pair.asked):
        one.presence = "remote"
        one.save()
    make.SlotFactory(event=pair.event)
    make.TableFactory(event=pair.event)

    assert pair.accept(pair.ask()).table is None


def test_a_colleague_goes_where_the_first_is_busy(pair):
    slot = make.SlotFactory(event=pair.event)
    colleague = make.ParticipantFactory(registration=pair.asker.registration)
    make.MeetingFactory(event=pair.event, host=pair.asker, slot=slot, placed=True)

    assert pair.accept(pair.ask()).guest == colleague


def test_a_company_takes_no_more_meetings_than_it_may(pair):
    own = pair.asker.registration
    own.meetings_most = 1
    own.save()
    make.MeetingFactory(event=pair.event, host=pair.asker)

    refused("too_many_meetings", pair.accept, pair.ask())


@pytest.mark.django_db
def test_minutes_to_walk_keep_a_person_from_the_next_slot_but_not_the_table():
    pair = Pair(walking_minutes=10)
    slots = make.SlotFactory.create_batch(3, event=pair.event)
    table = make.TableFactory(event=pair.event)
    make.MeetingFactory(event=pair.event, host=pair.asker, slot=slots[0], table=table, placed=True)

    meeting = pair.accept(pair.ask())

    assert meeting.slot == slots[2]
    assert make.MeetingFactory(event=pair.event, slot=slots[1], table=table, placed=True)


@pytest.mark.parametrize("answer", ["accept", "decline", "propose"])
def test_who_was_not_asked_does_not_answer(pair, answer):
    request = pair.ask()
    by = pair.asker.person
    calls = {
        "accept": lambda: requests.accept_request(request, by=by),
        "decline": lambda: requests.decline_request(request, by=by),
        "propose": lambda: requests.propose_times(request, [], by=by),
    }

    with pytest.raises(PermissionDenied):
        calls[answer]()


@pytest.mark.parametrize("status", ["accepted", "declined", "withdrawn", "expired"])
def test_what_was_decided_is_not_decided_again(pair, status):
    request = make.MeetingRequestFactory(
        event=pair.event, requester=pair.sides[0], partner=pair.sides[1], status=status
    )

    refused("not_waiting", pair.accept, request)
    refused("not_waiting", requests.decline_request, request, by=pair.asked.person)
    refused("not_waiting", requests.withdraw_request, request, by=pair.asker.person)


def link_to(word, mail):
    """The address under a line of a mail."""
    return re.search(rf"\n{word}:\nhttps?://[^/]+(\S*/links/\S+)", mail.text)[1]


def test_the_link_of_the_mail_accepts_at_the_press_of_its_button_and_once(pair, client):
    slot = make.SlotFactory(event=pair.event)
    make.TableFactory(event=pair.event)
    request = pair.ask(slots=[slot])
    accept, decline = (link_to(word, Mail.objects.get()) for word in ("Accept", "Decline"))

    page = client.get(accept)
    assert (page.status_code, Meeting.objects.count()) == (200, 0)
    assert str(pair.asker.registration.company) in page.content.decode()
    assert client.post(accept).status_code == 200

    assert Meeting.objects.get().slot == slot
    assert client.post(accept).status_code == client.post(decline).status_code == 409
    request.refresh_from_db()
    assert request.status == S.ACCEPTED
    assert Meeting.objects.count() == 1


def test_the_link_of_the_mail_declines_what_was_mailed_and_no_other_terms(pair, client):
    first, second = (make.SlotFactory(event=pair.event) for _time in range(2))
    request = pair.ask(slots=[first])
    former = link_to("Decline", Mail.objects.get())
    request.slots.set([first, second])
    assert client.post(former).status_code == 409
    request.slots.set([first])

    pair.asked.registration.company.representatives.update(role="viewer")
    assert client.post(former).status_code == 404
    pair.asked.registration.company.representatives.update(role="owner")
    assert 'value="capacity"' in client.get(former).content.decode()
    unsaid = client.post(former, {"reason_code": "other"})
    assert unsaid.status_code == 422
    assert "Write a line: the other side reads it." in unsaid.content.decode()
    assert client.post(former, {"reason_code": "none such"}).status_code == 422
    assert client.post(former, {"reason_code": "time"}).status_code == 200

    request.refresh_from_db()
    assert (request.status, request.reason_code, request.reason) == (S.DECLINED, "time", "")
    assert "The time does not suit us" in Mail.objects.get(kind="request_declined").text


def test_a_decline_tells_its_wording_in_the_readers_language_and_the_own_words(pair):
    User.objects.filter(pk=pair.asker.person_id).update(language="ru")
    request = requests.decline_request(
        pair.ask(), by=pair.asked.person, reason_code="field", reason=" We make toys. "
    )

    assert (request.status, request.reason_code, request.reason) == (
        S.DECLINED,
        "field",
        "We make toys.",
    )
    mail = Mail.objects.get(kind="request_declined")
    assert mail.to == pair.asker.person.email
    assert "Не наша отрасль: We make toys." in mail.text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, ("", "", "")),
        ({"reason": "Toys"}, ("other", "Toys", "Toys")),
        ({"reason_code": "capacity", "reason": " "}, ("capacity", "", "No capacity now")),
    ],
)
def test_words_alone_are_another_reason_and_a_wording_needs_none(pair, said, kept):
    request = requests.decline_request(pair.ask(), by=pair.asked.person, **said)

    assert (request.reason_code, request.reason, request.told_reason) == kept


def test_what_was_declined_in_words_before_was_declined_for_another_reason(pair):
    migration = import_module("marketplace.migrations.0026_wordings_of_a_decline")
    make_one = partial(make.MeetingRequestFactory, event=pair.event)
    words = make_one(status="declined", reason="Toys")
    silent = make_one(status="declined")
    waiting = make_one(reason="Later?")
    interest = factories.InterestFactory(
        status="declined", reason="Toys", decided_at=timezone.now()
    )

    migration.words_are_another_reason(apps, None)

    rows = (words, silent, waiting, interest)
    for one in rows:
        one.refresh_from_db()
    assert [one.reason_code for one in rows] == ["other", "", "", "other"]


def test_another_reason_needs_its_words(pair):
    request = pair.ask()

    with pytest.raises(ValidationError) as refusal:
        requests.decline_request(request, by=pair.asked.person, reason_code="other", reason=" ")

    assert refusal.value.error_dict["reason"][0].code == "empty"
    request.refresh_from_db()
    assert request.status == S.PENDING


def test_a_withdrawn_request_is_told_and_cannot_be_accepted(pair):
    request = requests.withdraw_request(pair.ask(), by=pair.asker.person)

    assert Mail.objects.filter(kind="request_withdrawn").get().to == pair.asked.person.email
    refused("not_waiting", pair.accept, request)


def test_the_partner_proposes_up_to_three_times_and_the_requester_answers(pair):
    slots = make.SlotFactory.create_batch(4, event=pair.event)
    request = pair.ask(slots=[slots[0]])
    by = pair.asked.person
    refused("too_many_times", requests.propose_times, request, slots, by=by)
    refused("no_times", requests.propose_times, request, [], by=by)

    requests.propose_times(request, slots[1:3], by=by)

    with pytest.raises(PermissionDenied):
        requests.accept_request(request, by=by)
    meeting = requests.accept_request(request, by=pair.asker.person, slot=slots[2])
    assert (meeting.slot, meeting.host) == (slots[2], pair.asked)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (30 * DAY, -5 * DAY),
        (3 * DAY, -2 * DAY),
        (dt.timedelta(hours=6), dt.timedelta(0)),
        (dt.timedelta(hours=-10), dt.timedelta(hours=12)),
    ],
)
@pytest.mark.django_db
def test_a_request_expires_before_the_event_or_in_hours_during_it(before, expected):
    event = make.EventFactory()

    assert rules.expiry_of(event, event.begins_at - before) - event.begins_at == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (30 * DAY, -10 * DAY),  # by the final timetable
        (11 * DAY, -10 * DAY),  # after the provisional one, too
        (9 * DAY, -5 * DAY),  # both are out
    ],
)
@pytest.mark.django_db
def test_an_answer_is_due_by_the_final_timetable(before, expected):
    event = make.EventFactory()
    event.provisional_at, event.final_at = event.begins_at - 12 * DAY, event.begins_at - 10 * DAY

    assert rules.expiry_of(event, event.begins_at - before) - event.begins_at == expected


def test_what_nobody_answers_expires_and_both_are_told_once(pair):
    request = pair.ask()
    Mail.objects.all().delete()

    requests.expire_requests(request.expires_at - dt.timedelta(seconds=1))
    assert MeetingRequest.objects.get().is_open
    for _ in range(2):
        requests.expire_requests(request.expires_at)

    assert MeetingRequest.objects.get().status == S.EXPIRED
    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(
        [pair.asker.person.email, pair.asked.person.email]
    )


@pytest.mark.parametrize(
    ("waits", "state"),
    [(dt.timedelta(seconds=1), Mail.State.QUEUED), (dt.timedelta(days=3), Mail.State.HELD)],
)
def test_a_daily_mail_is_not_waited_for_when_the_request_is_over_before_it(pair, waits, state):
    choose_delivery(pair.asked.person, Topic.REQUESTS, Delivery.DAILY)
    request = pair.ask()
    Mail.objects.all().delete()
    request.expires_at = timezone.now() + waits

    notices.tell_of_request("received", request, to=pair.asked.registration)

    assert Mail.objects.get().state == state


def test_a_request_that_cannot_be_closed_keeps_no_other_from_expiring(pair):
    spoilt, other = pair.ask(), Pair().ask()
    User.objects.filter(pk=pair.asked.person.pk).update(time_zone="Nowhere/Atlantis")

    requests.expire_requests(max(spoilt.expires_at, other.expires_at))

    assert MeetingRequest.objects.get(pk=spoilt.pk).is_open
    assert MeetingRequest.objects.get(pk=other.pk).status == S.EXPIRED


def test_a_late_answer_finds_the_request_expired_before_the_clock_does(pair):
    request = pair.ask()

    error = refused("not_waiting", pair.accept, request, at=request.expires_at)

    assert "Expired" in error.messages[0]


def test_hosts_of_an_event_see_requests_and_strangers_do_not(pair):
    host = factories.StaffFactory()
    pair.event.hosts.add(host.chamber)
    request = pair.ask()

    assert MeetingRequest.objects.visible_to(host.person).get() == request
    assert not MeetingRequest.objects.managed_by(host.person).exists()
    for stranger in (factories.UserFactory(), factories.StaffFactory().person):
        assert not MeetingRequest.objects.visible_to(stranger).exists()
    assert Event.objects.managed_by(factories.StaffFactory(chamber=pair.event.chamber).person)


def test_a_program_is_told_409_with_what_is_still_free(pair):
    slots = make.SlotFactory.create_batch(2, event=pair.event)
    make.MeetingFactory(event=pair.event, guest=pair.asker, slot=slots[0], placed=True)
    request = pair.ask()

    with pytest.raises(ValidationError) as caught:
        pair.accept(request, slot=slots[0])
    refusal = refusal_of(caught.value)

    assert (refusal.status, refusal.code) == (409, "taken")
    assert "10:20–10:40" in refusal.detail
