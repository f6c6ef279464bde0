"""Who comes is decided with a reason, told to the company, and seen on the day."""

import pytest
from django.urls import reverse

from chambers.models import Mail
from marketplace.models import Meeting, Registration
from tests import event_factories as made
from tests import factories
from tests.forms import decide

Status = Registration.Status


def page(name, *args):
    return reverse(f"admin:marketplace_{name}", args=args)


def applicant(event, **fields):
    return made.RegistrationFactory(
        event=event, applied=True, owner=factories.UserFactory(), **fields
    )


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("admit", {"decided": "1"}, Status.ADMITTED),
        ("wait", {"decided": "1"}, Status.WAITING),
        ("refuse", {"reason": "The forum is full."}, Status.REFUSED),
    ],
)
def test_an_application_is_decided_and_the_company_is_told(
    client, manager, event, action, fields, status
):
    waiting = applicant(event)

    done = decide(client, "marketplace_registration", action, waiting, **fields)

    waiting.refresh_from_db()
    assert done.status_code == 302
    assert waiting.status == status
    assert Mail.objects.count() == 1


def test_refusing_needs_a_reason(client, manager, event):
    waiting = applicant(event)

    again = decide(client, "marketplace_registration", "refuse", waiting, reason="")

    waiting.refresh_from_db()
    assert "reason" in again.context["form"].errors
    assert waiting.status == Status.APPLIED


def test_withdrawing_a_company_cancels_its_meetings(client, manager, event, three):
    company = three[0].host.registration

    decide(client, "marketplace_registration", "withdraw", company, reason="Ill.")

    left = Meeting.objects.alive().of(company)
    assert not left.exists()
    assert Meeting.objects.alive().count() == 1


def test_own_members_at_the_event_of_others_are_read_and_not_decided(client, manager, chamber):
    mine = factories.CompanyFactory(member=True, membership__chamber=chamber)
    elsewhere = made.RegistrationFactory(applied=True, company=mine)
    stranger = made.RegistrationFactory(applied=True)

    listed = client.get(page("registration_changelist"))
    decide(client, "marketplace_registration", "admit", elsewhere, decided="1")
    hidden = client.get(page("registration_change", stranger.pk))

    elsewhere.refresh_from_db()
    assert list(listed.context["cl"].result_list) == [elsewhere]
    assert elsewhere.status == Status.APPLIED
    assert hidden.status_code == 404


def test_a_company_is_put_into_a_group_of_its_event_only(client, manager, event):
    coming = made.RegistrationFactory(event=event)
    group, foreign = made.GroupFactory(event=event), made.GroupFactory(event__chamber=event.chamber)
    inline = {"participants-TOTAL_FORMS": "0", "participants-INITIAL_FORMS": "0"}

    refused = client.post(page("registration_change", coming.pk), {"group": foreign.pk, **inline})
    client.post(page("registration_change", coming.pk), {"group": group.pk, **inline})

    coming.refresh_from_db()
    assert "group" in refused.context["adminform"].form.errors
    assert coming.group == group


def test_people_are_found_by_the_code_on_the_badge_and_checked_in(client, manager, event):
    person = made.ParticipantFactory(registration__event=event)
    made.ParticipantFactory(registration__event=event)

    found = client.get(page("participant_changelist"), {"q": person.badge_code.lower()})
    decide(client, "marketplace_participant", "check_in", person, decided="1")

    person.refresh_from_db()
    assert list(found.context["cl"].result_list) == [person]
    assert person.checked_in_at is not None
    here = client.get(page("participant_changelist"), {"here": "yes"})
    assert list(here.context["cl"].result_list) == [person]


def test_a_viewer_decides_nothing(client, viewer, event):
    waiting = applicant(event)

    decide(client, "marketplace_registration", "admit", waiting, decided="1")

    waiting.refresh_from_db()
    assert waiting.status == Status.APPLIED
