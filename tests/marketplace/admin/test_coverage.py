"""The page that says who gets too few meetings, and proposes more of them."""

import pytest
from django.urls import reverse

from chambers.models import Job
from chambers.services import jobs
from marketplace.models import Meeting
from marketplace.services.proposals import start_proposing
from tests import event_factories as made
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(event):
    return reverse("admin:marketplace_event_coverage", args=[event.pk])


@pytest.fixture
def two(event):
    """Two companies that fit each other."""
    for country, offered, sought in (("RU", SENSORS, CHIPS), ("JP", CHIPS, SENSORS)):
        one = company(country, f"Of {country}")
        offers(one, offered)
        seeks(one, sought)
        made.ParticipantFactory(registration__event=event, registration__company=one)
    match()


def text(answer):
    return answer.content.decode()


def test_the_coverage_names_who_gets_too_few_meetings(client, manager, page, three):
    three[0].delete()

    shown = client.get(page)

    assert shown.context["few"] == 2
    assert "2 companies have fewer than 2 meetings." in text(shown)


@pytest.mark.parametrize("companies", [1, 3])
def test_the_coverage_takes_the_same_queries_for_any_number_of_companies(
    client, manager, event, page, companies, django_assert_max_num_queries
):
    for _ in range(companies):
        made.MeetingFactory(event=event, is_told=False)
    client.get(page)

    with django_assert_max_num_queries(16):
        shown = client.get(page)

    assert len(shown.context["rows"]) == 2 * companies
    assert len(shown.context["proposals"]) == companies


def test_a_worker_chooses_the_best_meetings_while_the_page_says_how_far_it_is(
    client, manager, event, page, two
):
    asked = client.post(page, {"propose": "1"}, follow=True)

    assert event.meetings.count() == 0
    assert ("Waiting for a worker" in text(asked), 'hx-get="' in text(asked)) == (True, True)
    assert 'name="stop"' in text(asked)
    assert 'name="propose"' not in text(asked)
    lease = jobs.claim()
    lease.progress(2, 4)
    assert "Choosing the best meetings" in text(client.get(page))
    jobs.do(lease)
    done = client.get(page)
    assert event.meetings.count() == 1
    assert "1 meeting added. No choice of meetings fits better." in text(done)
    assert ("Of RU" in text(done), "Of JP" in text(done)) == (True, True)
    assert 'hx-get="' not in text(done)


def test_what_was_proposed_is_taken_back_with_one_button(client, manager, event, page, two):
    start_proposing(event, by=manager)
    jobs.work_off()
    told = made.MeetingFactory(event=event)

    done = client.post(page, {"take_back": "1"}, follow=True)

    assert "1 proposal taken back." in text(done)
    assert Meeting.objects.get() == told
    assert 'name="take_back"' not in text(done)


def test_stopping_adds_nothing(client, manager, event, page, two):
    start_proposing(event, by=manager)

    stopped = client.post(page, {"stop": "1"}, follow=True)
    jobs.work_off()

    assert "Stopped: no meeting was added." in text(stopped)
    assert not Meeting.objects.exists()
    assert client.post(page, {"stop": "1"}).status_code == 422  # is over


def test_where_nobody_fits_the_page_says_so(client, manager, event, page):
    made.RegistrationFactory(event=event)
    client.post(page, {"propose": "1"})
    again = client.post(page, {"propose": "1"})
    jobs.work_off()

    assert again.status_code == 422
    assert "Meetings are being proposed already" in text(again)
    assert "No two companies of this event fit together" in text(client.get(page))


def test_what_failed_for_good_is_told(client, manager, event, page):
    made.RegistrationFactory(event=event)
    job = start_proposing(event, by=manager)
    Job.objects.filter(pk=job.pk).update(state="parked", error="No such luck")

    shown = text(client.get(page))

    assert "It failed again and again" in shown
    assert 'name="propose"' in shown


def test_a_viewer_reads_and_changes_nothing(client, viewer, event, page):
    made.MeetingFactory(event=event, is_told=False)

    shown = text(client.get(page))
    refused = [client.post(page, {name: "1"}).status_code for name in ("propose", "take_back")]

    assert "1 meeting is proposed" in shown
    assert ('name="propose"' in shown, 'name="take_back"' in shown) == (False, False)
    assert refused == [403, 403]
    assert (Meeting.objects.count(), Job.objects.count()) == (1, 0)
