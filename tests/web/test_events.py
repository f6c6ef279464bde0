"""The list of events, one event, and who else comes."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Timetable
from tests.event_factories import (
    DelegationFactory,
    EventFactory,
    GroupFactory,
    GroupRuleFactory,
    HallFactory,
    ParticipantFactory,
    RegistrationFactory,
    SessionFactory,
    TimetableFactory,
)
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def over():
    """An event that ended ten days ago."""
    return EventFactory(starts_on=timezone.localdate() - 11 * DAY)


def text(answer):
    return answer.content.decode()


def test_the_list_shows_published_events_to_come_soonest_first(client):
    later, sooner = EventFactory(), EventFactory(starts_on=timezone.localdate())
    past = over()
    EventFactory(is_published=False)

    assert list(client.get(reverse("events")).context["page"]) == [sooner, later]
    assert list(client.get(reverse("events"), {"when": "past"}).context["page"]) == [past]


def test_without_events_the_list_says_what_to_do_meanwhile(client):
    assert "No event is planned right now" in text(client.get(reverse("events")))
    assert "No event is over yet" in text(client.get(reverse("events"), {"when": "past"}))


def test_the_list_says_how_one_stands_to_each_event(client, speaks_for):
    own = RegistrationFactory(status="applied")
    speaks_for(own.company)

    assert "You applied" in text(client.get(reverse("events")))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_events(
    client, count, django_assert_num_queries
):
    for _number in range(count):
        RegistrationFactory()

    with django_assert_num_queries(3):  # one for the zones in which it is asked which day it is
        page = client.get(reverse("events"))

    assert len(page.context["page"]) == count


def test_an_event_tells_its_programme_hosts_delegations_and_who_comes_as_counts(client):
    event = EventFactory(theme={"en": "Water and gas"}, desk_phone="+375 17 200-00-00")
    event.hosts.add(ChamberFactory(name_en="Guest chamber"))
    SessionFactory(
        event=event, title={"en": "Opening"}, chair="Anna Chair", hall=HallFactory(name="Hall B")
    )
    delegation = DelegationFactory(event=event, leader="Ken Leader")
    coming = RegistrationFactory(event=event, delegation=delegation, company__legal_name="Secret")
    ParticipantFactory(registration=coming, name="Hidden Person")
    RegistrationFactory(event=event, status="applied")

    answer = client.get(reverse("event", args=[event.public_id]))

    for words in (
        "Water and gas",
        "Opening",
        "Anna Chair",
        "Hall B",
        "Guest chamber",
        "Ken Leader",
        "The desk: +375 17 200-00-00",
    ):
        assert words in text(answer)
    assert answer.context["attendance"] == {"companies": 1, "people": 1, "countries": 1}
    assert "Secret" not in text(answer)
    assert "Hidden Person" not in text(answer)


def test_a_timetable_published_before_its_date_moves_the_process_line_on(client):
    now = timezone.now()
    event = EventFactory(
        requests_open_at=now - 9 * DAY,
        provisional_at=now - DAY,
        final_at=now + 9 * DAY,
    )
    timetable = TimetableFactory(event=event, final=True, status="provisional")
    address = reverse("event", args=[event.public_id])
    states = [step.state for step in client.get(address).context["line"]]
    assert states == ["done", "here", "ahead", "ahead", "ahead"]

    Timetable.objects.filter(pk=timetable.pk).update(status="final")

    line = client.get(address).context["line"]
    assert [step.state for step in line] == ["done", "done", "here", "ahead", "ahead"]
    assert "published early" in line[2].when[0]


def test_the_process_line_says_where_the_event_is(client):
    now = timezone.now()
    event = EventFactory(
        registration_opens_at=now - 9 * DAY,
        requests_open_at=now - DAY,
        provisional_at=now + 9 * DAY,
        final_at=now + 12 * DAY,
    )

    line = client.get(reverse("event", args=[event.public_id])).context["line"]

    assert [(step.name, step.state) for step in line] == [
        ("Registration", "done"),
        ("Requests for meetings", "here"),
        ("Provisional timetable", "ahead"),
        ("Final timetable", "ahead"),
        ("Event", "ahead"),
        ("Feedback", "ahead"),
    ]


@pytest.mark.parametrize(("days", "done"), [(3, False), (-1, True)])
def test_a_stage_is_not_called_done_while_one_may_still_register(client, days, done):
    now = timezone.now()
    event = EventFactory(
        registration_opens_at=now - 9 * DAY,
        registration_closes_at=now + days * DAY,
        requests_open_at=now - 4 * DAY,
    )

    shown = client.get(reverse("event", args=[event.public_id]))

    assert [one.state for one in shown.context["line"]][:2] == ["done", "here"]
    assert ('<span class="sr">done</span>' in shown.content.decode()) == done


def test_a_stage_that_nothing_closes_says_since_when_it_is_open(client):
    event = EventFactory(registration_opens_at=dt.datetime(2020, 3, 1, 6, tzinfo=dt.UTC))

    line = client.get(reverse("event", args=[event.public_id])).context["line"]

    assert line[0].when == ["since Sun 1 March 2020, 09:00"]


def test_a_stage_that_is_over_shows_its_days_and_the_present_one_its_end(client):
    event = EventFactory(
        starts_on=dt.date(2031, 6, 26),
        registration_opens_at=dt.datetime(2020, 3, 1, 6, tzinfo=dt.UTC),
        registration_closes_at=dt.datetime(2020, 5, 20, 15, tzinfo=dt.UTC),
        requests_open_at=dt.datetime(2020, 4, 1, 6, tzinfo=dt.UTC),
        requests_close_at=dt.datetime(2031, 6, 1, 15, tzinfo=dt.UTC),
        provisional_at=dt.datetime(2031, 6, 10, 6, tzinfo=dt.UTC),
    )

    line = client.get(reverse("event", args=[event.public_id])).context["line"]

    assert {step.name: step.when for step in line} == {
        "Registration": ["1 Mar\u2009–\u200920 May 2020"],
        "Requests for meetings": ["until Sun 1 June 2031, 18:00"],
        "Provisional timetable": ["Tue 10 June 2031, 09:00"],
        "Event": ["26–27 Jun 2031"],
        "Feedback": ["Sat 28 June 2031"],
    }


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Sign in to register"),
        ({"registration_opens_at": timezone.now() + DAY}, "Registration opens"),
        ({"registration_closes_at": timezone.now() - DAY}, "Registration was open until"),
        ({"cancelled_at": timezone.now()}, "The event is cancelled"),
    ],
)
def test_the_way_to_register_follows_the_stage(client, fields, told):
    event = EventFactory(**fields)

    assert told in text(client.get(reverse("event", args=[event.public_id])))


def test_an_unpublished_event_is_there_for_its_staff_alone(client, serves):
    event = EventFactory(is_published=False)
    where = reverse("event", args=[event.public_id])
    assert client.get(where).status_code == 404

    serves(event.chamber)

    assert "Not published" in text(client.get(where))


def test_times_are_told_at_the_event_and_in_the_readers_own_zone(client):
    event = EventFactory(starts_on=dt.date(2031, 6, 26))
    SessionFactory(
        event=event,
        starts_at=dt.datetime(2031, 6, 26, 8, 20, tzinfo=dt.UTC),
        ends_at=dt.datetime(2031, 6, 26, 8, 40, tzinfo=dt.UTC),
    )
    client.force_login(UserFactory(time_zone="Asia/Tokyo"))

    page = text(client.get(reverse("event", args=[event.public_id])))

    assert "11:20–11:40" in page
    assert "17:20–17:40 your time (Tokyo)" in page


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Europe/Moscow", ""), ("UTC", ""), ("Asia/Tokyo", "and yours, Tokyo")],
)
def test_a_second_clock_is_named_only_where_it_shows_another_hour(client, zone, said):
    client.force_login(UserFactory(time_zone=zone))

    page = text(client.get(reverse("event", args=[EventFactory().public_id])))

    assert "times of Minsk" in page
    assert said in page
    assert said or "and yours" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_an_event_takes_the_same_queries_for_any_number_of_parts(
    client, count, django_assert_num_queries
):
    event = EventFactory()
    for _number in range(count):
        SessionFactory(event=event, hall=HallFactory(event=event))
        DelegationFactory(event=event)
        event.hosts.add(ChamberFactory())

    rules = GroupRuleFactory.create_batch(count, event=event)

    with django_assert_num_queries(7):
        shown = client.get(reverse("event", args=[event.public_id]))

    assert len(shown.context["who_meets_whom"]) == 2 * len(rules)


# ---------------------------------------------------------------- who else comes
def comes(event, **fields):
    return RegistrationFactory(event=event, **fields)


@pytest.fixture
def own(speaks_for):
    """The registration of the company that the client speaks for."""
    registration = RegistrationFactory(company__legal_name="Ours")
    speaks_for(registration.company)
    return registration


def people(client, event, **query):
    return client.get(reverse("event-people", args=[event.public_id]), query)


def test_only_those_who_agreed_are_listed_and_contacts_by_consent(client, own):
    seen = comes(own.event, company__legal_name="Seen")
    open_one = comes(own.event, company__legal_name="Open", consent="listed_with_contact")
    hidden = comes(own.event, company__legal_name="Unseen", consent="not_listed")
    comes(own.event, company__legal_name="Applicant", status="applied")
    comes(EventFactory(), company__legal_name="Elsewhere")
    for one, name in ((seen, "Quiet Q"), (open_one, "Open O"), (hidden, "Hidden H")):
        ParticipantFactory(registration=one, name=name)

    answer = people(client, own.event)

    assert [one.registration for one in answer.context["guests"]] == [open_one, seen]
    assert "Open O" in text(answer)
    for words in ("Quiet Q", "Hidden H", "Unseen", "Applicant", "Elsewhere"):
        assert words not in text(answer)
    assert "1 more comes and did not agree to be seen" in text(answer)


@pytest.mark.parametrize("status", ["applied", "waiting"])
def test_who_is_not_admitted_yet_reads_nobody_and_when_the_list_opens(client, own, status):
    other = comes(own.event, company__legal_name="Open", consent="listed_with_contact")
    ParticipantFactory(registration=other, name="Open O")
    type(own).objects.filter(pk=own.pk).update(status=status)

    shown = text(people(client, own.event))

    assert "This list opens when the organiser has admitted you" in shown
    assert "Open" not in shown.replace("This list opens", "")
    assert "did not agree to be seen" not in shown


def test_a_company_that_excluded_ours_is_not_there(client, own):
    other = comes(own.event)
    other.company.excluded_companies.add(own.company)

    assert people(client, own.event).context["guests"] == []


def test_the_list_is_searched_by_name_and_country(client, own):
    found = comes(own.event, company__country=CountryFactory(code="JP"))
    comes(own.event)

    for words in ("country jp", found.company.legal_name):
        assert [
            one.registration for one in people(client, own.event, q=words).context["guests"]
        ] == [found]
    assert "Nobody here answers" in text(people(client, own.event, q="zzz"))


def test_who_may_not_be_asked_is_told_before_anything_is_written(client, own):
    suppliers, buyers, press = (
        GroupFactory(event=own.event, name={"en": name})
        for name in ("Suppliers", "Buyers", "Press")
    )
    for first in (suppliers, press):
        GroupRuleFactory(event=own.event, first=first, second=buyers)
    own.group = suppliers
    own.save()
    buyer, rival = comes(own.event, group=buyers), comes(own.event, group=suppliers)
    rule = "Your group, Suppliers, meets at this event only: Buyers."

    event_page = client.get(reverse("event", args=[own.event.public_id]))
    listed = people(client, own.event)
    asking = {
        one: client.get(reverse("request-new", args=[one.public_id])) for one in (buyer, rival)
    }

    told = event_page.context["who_meets_whom"]
    assert [(str(one), [str(other) for other in met]) for one, met in told] == [
        ("Suppliers", ["Buyers"]),
        ("Buyers", ["Suppliers", "Press"]),
        ("Press", ["Buyers"]),
    ]
    assert "Who meets whom" in text(event_page)
    assert {one.registration: one.refusal for one in listed.context["guests"]} == {
        buyer: "",
        rival: rule,
    }
    for one, may in ((buyer, True), (rival, False)):
        address = reverse("request-new", args=[one.public_id])
        assert (f'href="{address}"' in text(listed)) is may
        assert ('name="message"' in text(asking[one])) is may
        assert (rule in text(asking[one])) is not may


def test_who_is_in_no_group_reads_that_groups_meet(client, own):
    GroupRuleFactory(event=own.event)
    other = comes(own.event)

    shown = text(people(client, own.event))

    assert "At this event groups meet, and yours is not set yet: ask the organiser." in shown
    assert reverse("request-new", args=[other.public_id]) not in shown


def test_who_does_not_take_part_is_led_to_the_event(client, speaks_for):
    event = comes(EventFactory(), company__legal_name="Seen").event
    where = reverse("event-people", args=[event.public_id])
    assert client.get(where).status_code == 302

    speaks_for(CompanyFactory(member=True))
    led = client.get(where, follow=True)

    assert led.redirect_chain[-1][0] == reverse("event", args=[event.public_id])
    assert "Your company is not registered for this event." in text(led)
    assert "Seen" not in text(led)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_guests_takes_the_same_queries_for_any_number(
    client, own, count, django_assert_num_queries
):
    for _number in range(count):
        rule = GroupRuleFactory(event=own.event)
        ParticipantFactory(
            registration=comes(own.event, consent="listed_with_contact", group=rule.first),
            person=UserFactory(),
        )

    with django_assert_num_queries(13):
        answer = people(client, own.event)

    assert len(answer.context["guests"]) == count


def searched(event, **fields):
    progress = [[0.5, 3, 4, 1], [7.5, 5, 2, 1]]
    return TimetableFactory(event=event, progress=progress, seconds=30, number=77, **fields)


def test_who_manages_an_event_sees_its_search_go_on_and_nobody_else_does(client):
    event = EventFactory()
    searched(event, finished_at=None, plan={})
    manager, viewer, host = (
        StaffFactory(chamber=chamber, role=role).person
        for chamber, role in (
            (event.chamber, "manager"),
            (event.chamber, "viewer"),
            (ChamberFactory(), "manager"),
        )
    )
    event.hosts.add(host.staff_roles.get().chamber)
    company = RegistrationFactory(event=event).company
    representative = RepresentativeFactory(company=company).person

    def page_for(reader):
        client.logout()
        if reader is not None:
            client.force_login(reader)
        return text(client.get(reverse("event", args=[event.public_id])))

    shown = page_for(manager)
    assert 'hx-trigger="every 2s"' in shown
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    for name, figure in (("Placed meetings", 5), ("Breaks", 2), ("Gap", 1)):
        assert f"<dt>{name}</dt><dd>{figure}</dd>" in shown
    assert "25 %" in shown
    assert shown.count("<polyline") == 3
    for reader in (viewer, host, representative, UserFactory(), None):
        told = page_for(reader)
        assert [word in told for word in ("version 77", "Placed meetings", "every 2s")] == [
            False,
            False,
            False,
        ]


def test_to_look_at_a_search_reads_neither_its_problem_nor_its_plan(client):
    event = EventFactory()
    searched(event, finished_at=None, plan={})
    client.force_login(StaffFactory(chamber=event.chamber, role="manager").person)

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("event", args=[event.public_id]))

    (search,) = [one["sql"] for one in asked if '."progress"' in one["sql"]]
    assert '"marketplace_timetable"."problem"' not in search
    assert '"marketplace_timetable"."plan"' not in search


def test_a_search_that_is_over_says_so_until_it_is_published(client):
    event = EventFactory()
    made = searched(event)
    client.force_login(StaffFactory(chamber=event.chamber, role="manager").person)

    def page():
        return text(client.get(reverse("event", args=[event.public_id])))

    over = page()
    Timetable.objects.filter(pk=made.pk).update(status="provisional", published_at=timezone.now())

    assert "version 77" in over
    assert "every 2s" not in over
    assert "version 77" not in page()
