"""Requests for meetings on their pages: asked, answered, taken back."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Event, Meeting, MeetingRequest
from marketplace.services.meetings import arrange_meeting
from marketplace.services.requests import propose_times, request_meeting
from tests.event_factories import (
    EventFactory,
    MeetingFactory,
    MeetingRequestFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import CountryFactory, OpportunityFactory, RepresentativeFactory, UserFactory
from tests.forms import sent_back

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


@pytest.fixture
def event():
    return EventFactory()


def side(event, name, **fields):
    """A company that takes part with one person; ``speaker`` signs in for it."""
    registration = RegistrationFactory(event=event, company__legal_name=name, **fields)
    registration.speaker = RepresentativeFactory(company=registration.company).person
    registration.person = ParticipantFactory(
        registration=registration, person=registration.speaker, name=f"{name} person"
    )
    return registration


@pytest.fixture
def ours(event, client):
    registration = side(event, "Ours")
    client.force_login(registration.speaker)
    return registration


@pytest.fixture
def theirs(event):
    return side(event, "Theirs")


@pytest.fixture
def slots(event):
    for number in (1, 2):
        TableFactory(event=event, number=number)
    return [SlotFactory(event=event, number=number) for number in range(3)]


def ids(slots):
    return [str(one.public_id) for one in slots]


def at(name, row):
    return reverse(name, args=[row.public_id])


# ---------------------------------------------------------------- asking
def test_a_request_is_sent_with_wish_times_message_and_opportunity(client, ours, theirs, slots):
    offer = OpportunityFactory(published=True, company=theirs.company)
    page = client.get(at("request-new", theirs))
    assert "You have 20 of 20 open requests left." in text(page)

    client.post(
        at("request-new", theirs),
        {
            "wish": "must",
            "message": "Pressure sensors",
            "slots": ids(slots[:2]),
            "opportunity": str(offer.public_id),
            "participant": str(ours.person.public_id),
        },
    )

    made = MeetingRequest.objects.get()
    assert (made.requester, made.partner, made.answer_from) == (ours, theirs, theirs)
    assert (made.wish, made.message, made.opportunity) == ("must", "Pressure sensors", offer)
    assert (list(made.slots.all()), made.participant) == (slots[:2], ours.person)


def test_both_sides_read_by_when_and_why_an_answer_is_due(client, event, ours, theirs):
    event.provisional_at = event.begins_at - dt.timedelta(days=8)
    event.save()

    asking = text(client.get(reverse("request-new", args=[theirs.public_id])))
    request = request_meeting(ours, theirs, by=ours.speaker)
    client.force_login(theirs.speaker)
    answering = text(client.get(reverse("request", args=[request.public_id])))

    assert request.expires_at == event.provisional_at
    for page in (asking, answering):
        assert "What is agreed by then gets its place in the timetable." in page
    assert "without an answer it expires then" in asking
    assert "Answer by" in answering


def test_a_refused_request_keeps_what_was_typed_and_names_the_rule(client, ours, theirs):
    type(ours).objects.filter(pk=ours.pk).update(quota=0)

    answer = client.post(at("request-new", theirs), {"wish": "must", "message": "Typed"})

    assert answer.status_code == 422
    assert "wait for one or withdraw one" in text(answer)
    kept = sent_back(answer, "ask")
    assert (kept["wish"], kept["message"][0].strip()) == (["must"], "Typed")
    assert not MeetingRequest.objects.exists()


def test_nobody_asks_who_is_not_listed_or_elsewhere_or_oneself(client, event, ours):
    strangers = [side(event, "Unseen", consent="not_listed"), side(EventFactory(), "Far"), ours]

    for one in strangers:
        assert client.get(at("request-new", one)).status_code == 404
        assert client.post(at("request-new", one), {"wish": "meet"}).status_code == 404


def test_a_reader_of_the_company_asks_nobody(client, ours, theirs, speaks_for):
    speaks_for(ours.company, role="viewer")

    assert client.post(at("request-new", theirs), {"wish": "meet"}).status_code == 403


# ---------------------------------------------------------------- the four tabs
def inbox(client, event, tab=""):
    return client.get(reverse("event-requests", args=[event.public_id]), {"tab": tab})


def test_requests_and_meetings_stand_in_four_tabs_with_counts(client, event, ours, theirs, slots):
    request_meeting(theirs, ours, by=theirs.speaker, message="You?")
    others = [side(event, name) for name in ("Third", "Fourth", "Fifth")]
    request_meeting(ours, others[0], by=ours.speaker)
    MeetingRequestFactory(
        event=event, requester=ours, partner=others[1], status="declined", reason="No time"
    )
    arrange_meeting(ours.person, others[2].person, by=UserFactory(superuser=True), slot=slots[0])
    ended = timezone.now() - dt.timedelta(hours=1)
    slot = SlotFactory(event=event, starts_at=ended - dt.timedelta(minutes=20), ends_at=ended)
    sixth = side(event, "Sixth")  # met, and nobody has said how it went
    MeetingFactory(event=event, host=ours.person, guest=sixth.person, slot=slot, placed=True)

    found = {tab: inbox(client, event, tab) for tab in ("incoming", "sent", "scheduled", "past")}

    assert found["sent"].context["inbox"].counts == dict.fromkeys(found, 1) | {"past": 2}
    assert "Sixth" in text(found["past"])
    for tab, name in zip(found, ("Theirs", "Third", "Fifth", "Fourth"), strict=True):
        shown = text(found[tab])
        assert name in shown
        assert [other for other in ("Theirs", "Third", "Fifth", "Fourth") if other in shown] == [
            name
        ]


def test_who_is_asked_reads_what_it_is_about_and_how_the_two_match(client, event, ours, theirs):
    theirs.company.country = CountryFactory(code="JP")
    theirs.company.save()
    about = OpportunityFactory(company=theirs.company, published=True, title={"en": "Gauges"})
    asked = request_meeting(theirs, ours, by=theirs.speaker, opportunity=about)

    listed, page = text(inbox(client, event)), text(client.get(at("request", asked)))

    assert f'Gauges</span> <span class="ref">{about.reference}</span>' in listed
    match = reverse("match", args=[theirs.company.public_id])
    assert f'<a href="{match}">How you match</a>' in page


def test_every_empty_tab_says_what_would_stand_there(client, event, ours):
    for tab, told in (
        ("", "No request waits for your answer"),
        ("sent", "You wait for nobody"),
        ("scheduled", "No meeting is agreed yet"),
        ("past", "Nothing is over yet"),
    ):
        assert told in text(inbox(client, event, tab))


def test_a_draft_is_its_authors_alone(client, event, ours, theirs):
    draft = request_meeting(theirs, ours, by=theirs.speaker, message="Secret draft", draft=True)

    assert "Secret draft" not in text(inbox(client, event))
    assert client.get(at("request", draft)).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_a_tab_takes_the_same_queries_for_any_number_of_rows(
    client, event, ours, count, django_assert_num_queries
):
    for number in range(count):
        MeetingRequestFactory(event=event, requester=side(event, f"No {number}"), partner=ours)

    with django_assert_num_queries(12):
        page = inbox(client, event)

    assert len(page.context["inbox"].letters) == count


# ---------------------------------------------------------------- answering
@pytest.fixture
def asked(ours, theirs, slots):
    return request_meeting(theirs, ours, by=theirs.speaker, slots=slots[:2])


def test_accepting_at_a_free_time_makes_the_meeting(client, asked, ours, theirs, slots):
    page = client.get(at("request-accept", asked))
    assert "Meet this company?" in text(page)

    shown = client.post(at("request-accept", asked), {"slot": str(slots[1].public_id)}, follow=True)

    made = Meeting.objects.get()
    assert (made.status, made.slot) == ("confirmed", slots[1])
    assert {made.host.registration, made.guest.registration} == {ours, theirs}
    assert "Theirs" in text(shown)


def test_only_times_free_for_both_are_on_offer(client, event, asked, theirs, slots):
    other = side(event, "Other")
    arrange_meeting(theirs.person, other.person, by=UserFactory(superuser=True), slot=slots[0])

    page = client.get(at("request-accept", asked))

    assert [value for value, _name in page.context["form"].fields["slot"].choices] == [""]
    assert text(page).count("10:20–10:40 Minsk") == 1
    assert "10:00–10:20" not in text(page)


def test_the_first_time_free_for_both_is_named_and_taken_when_none_is_chosen(client, asked, slots):
    page = client.get(at("request-accept", asked))
    offered = page.context["form"].fields["slot"].choices
    assert [value for value, _name in offered] == ["", slots[1].public_id]
    assert "The first that is free for both" in offered[0][1]
    assert text(page).count("10:00–10:20 Minsk") == text(page).count("10:20–10:40 Minsk") == 1

    client.post(at("request-accept", asked), sent_back(page, "accept"))

    assert Meeting.objects.get().slot == slots[0]


def test_a_time_without_a_table_is_not_named_as_the_first(client, event, asked, slots):
    event.tables.exclude(number=1).delete()
    arrange_meeting(
        side(event, "Other").person, side(event, "Fourth").person,
        by=UserFactory(superuser=True), slot=slots[0],
    )  # fmt: skip

    offered = client.get(at("request-accept", asked)).context["form"].fields["slot"].choices

    assert "10:20–10:40" in offered[0][1]


def test_where_no_time_is_free_the_form_says_what_to_do(client, event, asked, theirs, slots):
    for number, slot in enumerate(slots[:2]):
        other = side(event, f"Other {number}")
        arrange_meeting(theirs.person, other.person, by=UserFactory(superuser=True), slot=slot)

    page = client.get(at("request-accept", asked))

    assert "No time is free for both sides." in text(page)
    assert client.post(at("request-accept", asked), {}).status_code == 422


def test_a_time_taken_meanwhile_is_refused_with_what_is_still_free(
    client, event, ours, theirs, slots
):
    asked = request_meeting(theirs, ours, by=theirs.speaker)
    other = side(event, "Other")
    arrange_meeting(theirs.person, other.person, by=UserFactory(superuser=True), slot=slots[0])

    answer = client.post(at("request-accept", asked), {"slot": str(slots[0].public_id)})

    assert answer.status_code == 422
    assert "This time is taken. Still free:" in text(answer)
    assert "10:20–10:40 Minsk" in text(answer)
    asked.refresh_from_db()
    assert (asked.status, Meeting.objects.count()) == ("pending", 1)


def test_declining_takes_a_reason_that_may_stay_empty(client, asked):
    page = text(client.get(at("request-decline", asked)))
    assert page.count('name="reason_code"') == 6
    assert "No reason</span>" in page  # who chose one by mistake can take it back
    refused = client.post(at("request-decline", asked), {"reason_code": "other", "reason": " "})
    assert (refused.status_code, "Write a line" in text(refused)) == (422, True)

    client.post(at("request-decline", asked), {"reason_code": "capacity", "reason": "In May"})

    asked.refresh_from_db()
    assert (asked.status, asked.reason_code, asked.reason) == ("declined", "capacity", "In May")
    assert "No capacity now: In May" in text(client.get(at("request", asked)))


def test_other_times_are_proposed_and_accepted_by_the_other_side(client, asked, theirs, slots):
    client.post(at("request-propose", asked), {"slots": ids(slots[2:]), "message": "Later?"})
    asked.refresh_from_db()
    assert (asked.status, asked.answer_from, asked.reason) == ("time_proposed", theirs, "Later?")
    assert client.get(at("request-accept", asked))["Location"] == at("request", asked)

    client.force_login(theirs.speaker)
    client.post(at("request-accept", asked), {"slot": str(slots[2].public_id)})

    assert Meeting.objects.get().slot == slots[2]


def test_proposing_no_time_or_too_many_says_so(client, event, asked, slots):
    many = [*slots, SlotFactory(event=event, number=4)]

    for chosen, told in (([], "Choose a time to propose."), (many, "Propose up to 3 times.")):
        answer = client.post(at("request-propose", asked), {"slots": ids(chosen)})
        assert (answer.status_code, told in text(answer)) == (422, True)


def test_who_asked_is_led_to_the_request_instead_of_answering_it(client, ours, theirs):
    sent = request_meeting(ours, theirs, by=ours.speaker)

    for name in ("request-accept", "request-decline", "request-propose"):
        assert client.post(at(name, sent), {})["Location"] == at("request", sent)
    sent.refresh_from_db()
    assert sent.status == "pending"


def test_a_request_is_withdrawn_and_the_quota_free_again(client, ours, theirs):
    sent = request_meeting(ours, theirs, by=ours.speaker)
    assert "Withdraw the request?" in text(client.get(at("request-withdraw", sent)))

    led = client.post(at("request-withdraw", sent), follow=True)

    sent.refresh_from_db()
    assert sent.status == "withdrawn"
    assert "20 of 20 open requests left." in text(led)
    Event.objects.update(requests_close_at=timezone.now())
    closed = text(client.get(at("event-requests", ours.event)))
    assert "Requests for meetings are closed at this event." in closed
    assert "open requests left" not in closed


def test_an_answer_too_late_says_that_the_request_has_expired(client, asked):
    MeetingRequest.objects.update(expires_at=timezone.now() - dt.timedelta(hours=1))

    answer = client.post(at("request-decline", asked), {})

    assert (answer.status_code, "waits for no answer any more: Expired" in text(answer)) == (
        422,
        True,
    )


def test_a_request_of_others_is_not_there(client, event, ours):
    strange = MeetingRequestFactory(event=event)

    for name in ("", "-accept", "-decline", "-propose", "-withdraw"):
        assert client.get(at(f"request{name}", strange)).status_code == 404


def test_the_times_of_a_proposal_stand_in_the_list(client, event, ours, theirs, slots):
    sent = request_meeting(ours, theirs, by=ours.speaker)
    propose_times(sent, slots[:1], by=theirs.speaker, message="Earlier")

    page = text(inbox(client, event))

    assert "10:00–10:20 Minsk (UTC+3)" in page
    assert "With the new times:</span> Earlier" in page
    one = text(client.get(reverse("request", args=[sent.public_id])))
    assert "Message with the new times</dt><dd>Earlier" in one
