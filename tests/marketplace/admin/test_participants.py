"""Managers change who comes and take people off the list, as their companies could."""

import pytest
from django.urls import reverse

from chambers.models import Mail
from marketplace.models import Participant
from tests import event_factories as made
from tests import factories
from tests.forms import decide, sent_back


def page(name, *args):
    return reverse(f"admin:marketplace_participant_{name}", args=args)


@pytest.fixture
def person(event):
    return made.ParticipantFactory(registration__event=event, speaking=True, name="Anna Ivanova")


def test_another_account_takes_the_meetings_along(client, manager, event, person):
    made.MeetingFactory(event=event, host=person, placed=True, slot=event.slots.first())
    new = factories.RepresentativeFactory(company=person.registration.company).person
    stranger = factories.UserFactory()
    form = sent_back(client.get(page("change", person.pk)), "participant_form")

    refused = client.post(page("change", person.pk), {**form, "person": stranger.pk})
    client.post(page("change", person.pk), {**form, "name": "Boris", "person": new.pk})

    old = person.person
    person.refresh_from_db()
    assert "person" in refused.context["adminform"].form.errors
    assert (person.name, person.person) == ("Boris", new)
    methods = dict(Mail.objects.values_list("to", "method"))
    assert (methods[old.email], methods[new.email]) == ("CANCEL", "REQUEST")


def test_a_person_leaves_with_a_substitute_or_a_reason(client, manager, event, person):
    meeting = made.MeetingFactory(event=event, host=person, placed=True, slot=event.slots.first())
    colleague = made.ParticipantFactory(registration=person.registration)
    foreign = made.ParticipantFactory(registration__event=event)

    shown = client.get(page("leave", person.pk))
    neither = client.post(page("leave", person.pk), {"reason": ""})
    other = client.post(page("leave", person.pk), {"substitute": foreign.pk, "reason": "Ill."})
    done = client.post(page("leave", person.pk), {"substitute": colleague.pk})

    assert str(meeting.guest.registration.company) in shown.content.decode()
    assert [neither.status_code, other.status_code, done.status_code] == [422, 422, 302]
    assert "name somebody who goes instead" in neither.content.decode()
    assert other.context["form"]["reason"].value() == "Ill."
    meeting.refresh_from_db()
    assert meeting.host == colleague
    assert not Participant.objects.filter(pk=person.pk).exists()


def test_who_has_left_is_read_and_neither_changed_nor_checked_in(client, manager, event, person):
    made.MeetingFactory(event=event, host=person)
    client.post(page("leave", person.pk), {"reason": "Ill."})

    listed = client.get(page("changelist"), {"here": "left"})
    expected = client.get(page("changelist"), {"here": "no"})
    shown = client.get(page("change", person.pk))
    again = client.get(page("leave", person.pk))
    decide(client, "marketplace_participant", "check_in", person, decided="1")

    person.refresh_from_db()
    assert list(listed.context["cl"].result_list) == [person]
    assert person not in expected.context["cl"].result_list
    assert b'name="name"' not in shown.content
    assert "no longer comes" in again.content.decode()
    assert person.checked_in_at is None


def test_a_viewer_and_a_foreign_manager_change_nobody(client, viewer, event, person):
    foreign = made.ParticipantFactory()
    sent = {"name": "X", "presence": "on_site"}

    answers = [
        client.get(page("leave", person.pk)),
        client.post(page("change", person.pk), sent),
        client.post(page("leave", person.pk), {"reason": "X"}),
        client.post(page("leave", foreign.pk), {"reason": "X"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 403, 404]
    assert Participant.objects.filter(name="Anna Ivanova", left_at=None).exists()


@pytest.mark.parametrize("meetings", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_meetings(
    client, manager, event, person, meetings, django_assert_num_queries
):
    for slot in event.slots.all()[:meetings]:
        made.MeetingFactory(event=event, host=person, placed=True, slot=slot)
    client.get(page("leave", person.pk))

    with django_assert_num_queries(10):
        shown = client.get(page("leave", person.pk))

    assert len(shown.context["ahead"]) == meetings
