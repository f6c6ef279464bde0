"""A company changes who comes, or takes somebody off the list, on its own pages."""

import pytest
from django.urls import reverse

from marketplace.models import Meeting, Participant
from tests.event_factories import EventFactory, MeetingFactory, ParticipantFactory
from tests.factories import RepresentativeFactory
from tests.forms import sent_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client):
    """Who decides for a company, comes for it and is signed in."""
    person = ParticipantFactory(
        registration__event=EventFactory(), speaking=True, name="Anna Ivanova"
    )
    client.force_login(person.person)
    return person


def page(name, person):
    return reverse(name, args=[person.public_id])


def colleague_of(person, **fields):
    company = person.registration.company
    account = RepresentativeFactory(company=company, role="editor").person
    return ParticipantFactory(registration=person.registration, person=account, **fields)


def test_a_name_is_mended_and_the_account_stays(client, anna):
    form = sent_back(client.get(page("participant", anna)), "person")

    answer = client.post(page("participant", anna), {**form, "name": "Anna Petrova"}, follow=True)

    anna.refresh_from_db()
    assert (anna.name, anna.person is not None) == ("Anna Petrova", True)
    assert "Saved: Anna Petrova." in answer.content.decode()
    assert f'href="/en{page("participant", anna)[3:]}"' in answer.content.decode()


def test_what_is_refused_keeps_what_was_typed(client, anna):
    other = colleague_of(anna)
    typed = {"name": "", "position": "Chief engineer", "presence": "remote"}

    without_name = client.post(page("participant", anna), typed)
    twice = client.post(
        page("participant", anna),
        {**typed, "name": "Anna", "person": other.person.public_id},
    )

    assert [without_name.status_code, twice.status_code] == [422, 422]
    assert "Chief engineer" in without_name.content.decode()
    assert "This person is a participant already." in twice.content.decode()
    anna.refresh_from_db()
    assert (anna.name, anna.position) == ("Anna Ivanova", "")


def test_a_colleague_goes_to_the_meetings_instead(client, anna):
    meeting = MeetingFactory(event=anna.registration.event, host=anna, placed=True)
    colleague = colleague_of(anna, name="Boris")

    shown = client.get(page("participant-remove", anna))
    neither = client.post(page("participant-remove", anna), {"reason": " "})
    done = client.post(
        page("participant-remove", anna), {"substitute": colleague.public_id}, follow=True
    )

    assert str(meeting.guest.registration.company) in shown.content.decode()
    assert "10:00–10:20" in shown.content.decode()
    assert neither.status_code == 422
    assert "name somebody who goes instead" in neither.content.decode()
    assert "Anna Ivanova is off the list." in done.content.decode()
    meeting.refresh_from_db()
    assert meeting.host == colleague
    assert not Participant.objects.filter(pk=anna.pk).exists()


def test_without_a_colleague_the_reason_is_given(client, anna):
    meeting = MeetingFactory(event=anna.registration.event, host=anna, placed=True)

    done = client.post(page("participant-remove", anna), {"reason": "Ill."}, follow=True)
    again = client.get(page("participant-remove", anna))

    meeting.refresh_from_db()
    assert (meeting.status, meeting.reason) == ("cancelled", "Ill.")
    assert "Nobody is named yet" in done.content.decode()
    assert again.status_code == 404


def test_a_proposal_in_mind_is_not_shown(client, anna):
    meeting = MeetingFactory(event=anna.registration.event, host=anna, is_told=False)

    shown = client.get(page("participant-remove", anna)).content.decode()

    assert str(meeting.guest.registration.company) not in shown
    assert "No meetings are ahead." in shown


def test_people_of_others_are_missing_and_viewers_change_nobody(client, anna):
    stranger = ParticipantFactory(registration__event=anna.registration.event)
    viewer = RepresentativeFactory(company=anna.registration.company, role="viewer").person

    hidden = client.post(page("participant", stranger), {"name": "X", "presence": "on_site"})
    client.force_login(viewer)
    refused = client.post(page("participant", anna), {"name": "X", "presence": "on_site"})

    assert [hidden.status_code, refused.status_code] == [404, 403]
    assert not Participant.objects.filter(name="X").exists()


@pytest.mark.parametrize("meetings", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_meetings(
    client, anna, meetings, django_assert_num_queries
):
    for _meeting in range(meetings):
        MeetingFactory(event=anna.registration.event, host=anna, placed=True)
    client.get(page("participant-remove", anna))

    with django_assert_num_queries(10):
        shown = client.get(page("participant-remove", anna))

    assert len(shown.context["ahead"]) == meetings
    assert Meeting.objects.count() == meetings
