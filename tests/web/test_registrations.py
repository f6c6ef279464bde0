"""A company's registration for an event, and the times of its people."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from marketplace.models import Meeting, Participant, Registration
from marketplace.services.meetings import arrange_meeting
from tests.event_factories import (
    EventFactory,
    GroupFactory,
    MeetingFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    clock_time,
)
from tests.factories import CompanyFactory, RepresentativeFactory, UserFactory
from tests.forms import sent_back

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def typed(**fields):
    """What the form of a registration sends: one person and three empty rows."""
    rows = {"people-TOTAL_FORMS": "4", "people-INITIAL_FORMS": "1"}
    rows |= {f"people-{number}-presence": "on_site" for number in range(4)}
    return {**rows, "consent": "listed", "people-0-name": "Anna", **fields}


@pytest.fixture
def event():
    return EventFactory()


def register(client, event, **fields):
    return client.post(reverse("event-register", args=[event.public_id]), typed(**fields))


# ---------------------------------------------------------------- registration that is closed
MOMENT = dt.datetime(2020, 3, 1, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (
            {"registration_opens_at": MOMENT.replace(year=2031)},
            ["Registration opens:", "Sat 1 March 2031, 09:00 Minsk", "still add"],
        ),
        (
            {"registration_closes_at": MOMENT},
            ["Registration was open until:", "Sun 1 March 2020, 09:00 Minsk", "still add"],
        ),
        ({"cancelled_at": MOMENT}, ["The event is cancelled:", "Sun 1 March 2020"]),
        ({"starts_on": MOMENT.date()}, ["The event is over."]),
    ],
)
def test_closed_registration_says_why_and_when_and_whom_to_ask_instead_of_a_form(
    client, speaks_for, fields, why
):
    event = EventFactory(
        chamber__name_en="Asking Chamber", chamber__website="https://ask.example/", **fields
    )
    speaks_for(CompanyFactory(member=True))
    where = reverse("event-register", args=[event.public_id])

    shown, sent = client.get(where), register(client, event)

    assert (shown.status_code, sent.status_code) == (200, 422)
    assert sent_back(sent, "register")["people-0-name"] == ["Anna"]
    for words in (*why, "Asking Chamber", "https://ask.example/"):
        assert words in text(shown)
    assert 'name="consent"' not in text(shown)
    assert not Registration.objects.exists()


def test_who_is_no_member_or_was_refused_reads_it_before_they_type(client, event, speaks_for):
    where = reverse("event-register", args=[event.public_id])
    speaks_for(CompanyFactory())
    assert "for members of a chamber" in text(client.get(where))

    refused = RegistrationFactory(event=event, status="refused", reason="Full")
    speaks_for(refused.company)

    assert "The organiser refused your registration." in text(client.get(where))


# ---------------------------------------------------------------- registering
def test_a_company_registers_with_its_people_presence_languages_and_group(
    client, event, speaks_for
):
    person = speaks_for(CompanyFactory(member=True, languages=["ru"]))
    group = GroupFactory(event=event, name={"en": "Buyers"})
    page = client.get(reverse("event-register", args=[event.public_id]))
    assert sent_back(page, "register")["people-0-person"] == [str(person.public_id)]

    register(
        client,
        event,
        consent="listed_with_contact",
        group=str(group.public_id),
        languages=["ru", "ja"],
        **{
            "people-0-person": str(person.public_id),
            "people-1-name": "Boris",
            "people-1-presence": "remote",
        },
    )

    made = Registration.objects.get()
    assert (made.status, made.consent) == ("applied", "listed_with_contact")
    assert (made.group, made.languages) == (group, ["ja", "ru"])
    people = made.participants.order_by("pk").values_list("name", "presence", "person")
    assert list(people) == [("Anna", "on_site", person.pk), ("Boris", "remote", None)]
    assert "You applied" in text(client.get(reverse("event-registration", args=[event.public_id])))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"people-0-name": "", "people-0-position": "Director"}, "This field is required."),
        ({"consent": "all"}, "Select a valid choice."),
        ({"languages": ["xx"]}, "Select a valid choice."),
    ],
)
def test_what_was_typed_stays_when_it_cannot_be_saved(client, event, speaks_for, fields, told):
    speaks_for(CompanyFactory(member=True))

    answer = register(client, event, **{"people-1-name": "Boris", **fields})

    assert (answer.status_code, told in text(answer)) == (422, True)
    assert sent_back(answer, "register")["people-1-name"] == ["Boris"]
    assert not Registration.objects.exists()


@pytest.mark.parametrize("colleagues", [1, 3])
def test_the_form_takes_the_same_queries_for_any_number_of_people(
    client, event, speaks_for, colleagues, django_assert_num_queries
):
    person = speaks_for(CompanyFactory(member=True))
    company = person.representations.get().company
    RepresentativeFactory.create_batch(colleagues, company=company)

    with django_assert_num_queries(12):
        page = client.get(reverse("event-register", args=[event.public_id]))

    people = {one.person for one in company.representatives.all()}
    rows = page.context["people"].forms
    assert len(rows) > 1
    for row in rows:
        offered = {str(value) for value, _label in row.fields["person"].choices if value}
        assert offered == {str(one.public_id) for one in people}


def test_what_is_wrong_with_a_person_is_said_on_top_with_a_way_to_the_field(
    client, event, speaks_for
):
    speaks_for(CompanyFactory(member=True))

    answer = register(client, event, **{"people-1-name": "", "people-1-position": "Director"})

    top, _form = answer.content.decode().split('name="consent"', 1)
    assert answer.status_code == 422
    assert '<a href="#id_people-1-name">Person 2: Name</a>' in top


@pytest.mark.parametrize(
    ("page", "tab"),
    [
        ("availability", "Registration"),
        ("participant", "Registration"),
        ("request-new", "Who comes"),
    ],
)
def test_a_page_below_a_tab_of_the_event_marks_the_tab_and_the_place(
    client, event, speaks_for, page, tab
):
    own = ParticipantFactory(registration__event=event)
    other = RegistrationFactory(event=event)
    speaks_for(own.registration.company)

    row = other if page == "request-new" else own
    shown = client.get(reverse(page, args=[row.public_id])).content.decode()

    marked = re.findall(r'aria-current="true">([^<]*)<', shown)
    assert tab in marked
    assert "Events" in marked


def test_who_comes_back_finds_whom_they_had_named_and_what_they_say_now_counts(
    client, event, speaks_for
):
    person = speaks_for(CompanyFactory(member=True))
    anna = {"people-0-person": str(person.public_id)}
    register(client, event, **anna, **{"people-1-name": "Boris", "people-2-name": "Clara"})
    client.post(reverse("event-withdraw", args=[event.public_id]), {"reason": "Ill"})
    page = client.get(reverse("event-register", args=[event.public_id]))
    typed = sent_back(page, "register")
    assert [typed[f"people-{n}-name"] for n in range(4)] == [["Anna"], ["Boris"], ["Clara"], [""]]

    now = {"people-0-presence": "remote", "people-1-name": "", "people-2-name": "Clara"}
    more = {"people-3-name": "Dina", "people-INITIAL_FORMS": "3"}
    register(client, event, **anna, **now, **more)

    people = Registration.objects.get().participants.coming().order_by("pk")
    assert [(one.name, one.presence) for one in people] == [
        ("Anna", "remote"),
        ("Clara", "on_site"),
        ("Dina", "on_site"),
    ]


def test_a_refusal_of_the_rules_keeps_the_form_and_says_the_next_step(client, event, speaks_for):
    speaks_for(CompanyFactory())

    answer = register(client, event)

    assert answer.status_code == 422
    assert "apply for membership first" in text(answer)
    assert sent_back(answer, "register")["people-0-name"] == ["Anna"]


def test_nobody_signs_in_twice_for_one_company(client, event, speaks_for):
    person = str(speaks_for(CompanyFactory(member=True)).public_id)
    rows = {"people-0-person": person, "people-1-name": "Boris", "people-1-person": person}

    answer = register(client, event, **rows)

    assert (answer.status_code, "signs in twice" in text(answer)) == (422, True)
    assert not Registration.objects.exists()


def test_only_who_may_decide_registers_a_company(client, event, speaks_for):
    speaks_for(CompanyFactory(member=True), role="viewer")

    assert register(client, event).status_code == 403
    assert not Registration.objects.exists()


def test_who_is_registered_is_led_to_the_registration(client, speaks_for):
    own = RegistrationFactory()
    speaks_for(own.company)

    answer = client.get(reverse("event-register", args=[own.event.public_id]))

    assert answer["Location"] == reverse("event-registration", args=[own.event.public_id])


# ---------------------------------------------------------------- the registration
@pytest.fixture
def own(event, speaks_for):
    """The registration of the company that the client speaks for."""
    registration = RegistrationFactory(event=event)
    speaks_for(registration.company)
    return registration


def page_of(own, name="event-registration"):
    return reverse(name, args=[own.event.public_id])


def test_consent_is_read_and_changed(client, own):
    assert sent_back(client.get(page_of(own)), "consent")["consent"] == ["listed"]

    client.post(page_of(own), {"consent": "not_listed"})

    own.refresh_from_db()
    assert own.consent == "not_listed"


def test_a_person_is_added_and_stands_on_the_list(client, own):
    shown = client.post(
        page_of(own, "event-person"), {"name": "Vera", "presence": "remote"}, follow=True
    )

    assert Participant.objects.get().name == "Vera"
    assert "Vera" in text(shown)


def test_somebody_of_another_company_cannot_sign_in_for_ours(client, own):
    stranger = RepresentativeFactory().person

    answer = client.post(
        page_of(own, "event-person"),
        {"name": "Vera", "presence": "remote", "person": str(stranger.public_id)},
    )

    assert answer.status_code == 422
    assert not Participant.objects.exists()


def test_withdrawing_says_what_is_lost_and_asks_first(client, own):
    meeting = MeetingFactory(
        event=own.event,
        host=ParticipantFactory(registration=own),
        guest=ParticipantFactory(registration=RegistrationFactory(event=own.event)),
    )
    # Two others meet anyhow.
    further = ParticipantFactory(registration=own)
    MeetingFactory(event=own.event, others=[further], is_told=True)
    page = client.get(page_of(own, "event-withdraw"))
    assert "1 meeting is cancelled" in text(page)
    own.refresh_from_db()
    assert own.status == "admitted"

    gone = client.post(page_of(own, "event-withdraw"), {"reason": "Ill"}, follow=True)

    own.refresh_from_db()
    meeting.refresh_from_db()
    assert (own.status, own.reason, meeting.status) == ("withdrawn", "Ill", "cancelled")
    assert "You withdrew" in text(gone)


def test_a_reader_of_the_company_sees_all_and_changes_nothing(client, event, speaks_for):
    own = RegistrationFactory(event=event)
    speaks_for(own.company, role="viewer")

    assert ">Save<" not in text(client.get(page_of(own)))
    for name in ("event-registration", "event-withdraw", "event-person"):
        assert client.post(page_of(own, name), {"consent": "not_listed"}).status_code == 403
    own.refresh_from_db()
    assert (own.status, own.consent) == ("admitted", "listed")


@pytest.mark.parametrize("count", [1, 3])
def test_the_registration_takes_the_same_queries_for_any_number_of_people(
    client, own, count, django_assert_num_queries
):
    slot = SlotFactory(event=own.event)
    for _number in range(count):
        person = ParticipantFactory(registration=own, person=UserFactory())
        person.away.create(slot=slot)

    with django_assert_num_queries(10):
        page = client.get(page_of(own))

    assert len(page.context["people"]) == count


# ---------------------------------------------------------------- availability
@pytest.fixture
def slots(event):
    """Two slots on the first day, one on the second."""
    second = clock_time(event, 10, day=1)
    return [
        SlotFactory(event=event, number=0),
        SlotFactory(event=event, number=1),
        SlotFactory(event=event, starts_at=second),
    ]


@pytest.fixture
def person(own):
    return ParticipantFactory(registration=own, name="Anna")


def send(client, person, opened, **button):
    return client.post(
        reverse("availability", args=[person.public_id]),
        {"open": [str(one.public_id) for one in opened], **button},
        follow=True,
    )


def closed(person):
    return {one.slot for one in person.away.select_related("slot")}


def test_all_times_are_open_until_one_closes_them(client, person, slots):
    page = client.get(reverse("availability", args=[person.public_id]))
    opened = sent_back(page, "availability")["open"]
    assert opened == [str(one.public_id) for one in slots]

    again = send(client, person, slots[1:])

    assert closed(person) == {slots[0]}
    assert sent_back(again, "availability")["open"] == [str(one.public_id) for one in slots[1:]]


def test_a_whole_day_is_closed_and_opened_by_one_button(client, person, event, slots):
    day = event.starts_on.isoformat()

    send(client, person, slots, close_day=day)
    assert closed(person) == set(slots[:2])

    send(client, person, slots[2:], open_day=day)
    assert closed(person) == set()


def test_a_time_with_a_meeting_cannot_be_closed_and_says_why(client, person, event, slots):
    partner = ParticipantFactory(registration=RegistrationFactory(event=event))
    arrange_meeting(person, partner, slot=slots[0], by=UserFactory(superuser=True))

    answer = send(client, person, slots[1:])

    assert answer.status_code == 422
    assert "There is a meeting at this time: move or cancel it first" in text(answer)
    kept = sent_back(answer, "availability")["open"]
    assert kept == [str(one.public_id) for one in slots[1:]]
    assert closed(person) == set()
    assert Meeting.objects.get().status == "confirmed"


def test_times_of_another_company_are_nobodys_business(client, own, slots):
    stranger = ParticipantFactory(registration=RegistrationFactory(event=own.event))

    assert client.get(reverse("availability", args=[stranger.public_id])).status_code == 404
