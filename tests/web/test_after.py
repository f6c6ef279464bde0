"""The pages after a meeting: one tap, feedback, contracts, and one's own data."""

import datetime as dt

import pytest
from django.urls import reverse

from chambers.models import User
from marketplace.models import Dispute, Feedback, Outcome
from marketplace.services import outcomes as outcome_services
from tests import event_factories as make
from tests import factories
from tests.chambers.pictures import pdf, upload
from tests.marketplace.test_outcomes import Signed

PASSWORD = "correct horse battery"


@pytest.fixture
def signed(db):
    return Signed()


@pytest.fixture
def reading(client):
    """Signs a person in on one client."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def text_of(response):
    return response.content.decode()


def test_one_tap_on_the_page_of_a_meeting_notes_it_and_asks_what_came_of_it(signed, reading):
    page = reading(signed.we).get(reverse("meeting", args=[signed.meeting.public_id]))
    assert "Did the meeting take place?" in text_of(page)

    told = reading(signed.we).post(
        reverse("meeting-said", args=[signed.meeting.public_id]), {"said": "held"}, follow=True
    )

    assert "Noted: It took place." in text_of(told)
    assert "You said: It took place." in text_of(told)
    assert signed.marks()[:2] == ("came", "came")


def test_a_contradiction_is_told_and_nothing_of_the_other_sides_words(signed, reading):
    signed.says("host", "they_missed")
    reading(signed.they).post(
        reverse("meeting-said", args=[signed.meeting.public_id]), {"said": "held"}
    )

    page = reading(signed.they).get(reverse("meeting-feedback", args=[signed.meeting.public_id]))

    assert "The two sides say different things" in text_of(page)
    assert Dispute.objects.open().exists()


def test_feedback_is_kept_shown_again_and_never_to_the_other_side(signed, reading):
    address = reverse("meeting-feedback", args=[signed.meeting.public_id])
    empty = reading(signed.we).post(address, {"note": "Kept while wrong"})
    assert empty.status_code == 422
    assert "Kept while wrong" in text_of(empty)

    sent = reading(signed.we).post(
        address, {"first": "possible", "note": "Wants 400 pieces"}, follow=True
    )

    assert "Noted. The other side does not read it." in text_of(sent)
    assert "Wants 400 pieces" in text_of(reading(signed.we).get(address))
    for page in (address, reverse("past-meetings")):
        assert "Wants 400 pieces" not in text_of(reading(signed.they).get(page))
        assert "Cooperation possible" not in text_of(
            reading(signed.they).get(reverse("past-meetings"))
        )


def test_an_agreement_after_six_months_leads_to_the_report(signed, reading, monkeypatch):
    slot = signed.meeting.slot
    type(slot).objects.filter(pk=slot.pk).update(
        starts_at=slot.starts_at.replace(year=slot.starts_at.year - 1),
        ends_at=slot.ends_at.replace(year=slot.ends_at.year - 1),
    )
    signed.meeting.refresh_from_db()
    signed.says("host", "held")
    address = reverse("meeting-feedback", args=[signed.meeting.public_id])
    assert "Six months later" in text_of(reading(signed.we).get(address))

    sent = reading(signed.we).post(address, {"second": "agreed"})

    assert sent["Location"] == f"{reverse('outcome-new')}?meeting={signed.meeting.public_id}"
    form = reading(signed.we).get(sent["Location"])
    assert signed.theirs.legal_name in text_of(form)
    assert Feedback.objects.get().second == "agreed"


def test_a_paper_goes_from_its_report_to_the_public_page(signed, reading):
    key = f"{signed.meeting.public_id}:{signed.theirs.public_id}"
    stated = {
        "met": key,
        "kind": "contract",
        "subject": "Delivery of 400 sensors",
        "claimed": "signed",
        "signed_on": "2026-06-26",
        "amount": "1 250 000,00",
        "currency": "rub",
        "publicity": "with_amount",
    }
    wrong = reading(signed.we).post(reverse("outcome-new"), {**stated, "signed_on": ""})
    assert wrong.status_code == 422
    assert "Say on which day it was signed." in text_of(wrong)
    assert "Delivery of 400 sensors" in text_of(wrong)

    told = reading(signed.we).post(
        reverse("outcome-new"), {**stated, "evidence": upload(pdf(), "contract.pdf")}, follow=True
    )

    outcome = Outcome.objects.get()
    assert "Waiting for partner’s confirmation" in text_of(told)
    evidence = reverse("outcome-evidence", args=[outcome.public_id])
    confirm = reverse("outcome-confirm", args=[outcome.public_id])
    page = text_of(reading(signed.they).get(confirm))
    assert "1,250,000.00 RUB" in page
    assert page.count("Who reads of it") == 1
    assert "Who reads of it" in text_of(
        reading(signed.we).get(reverse("outcome", args=[outcome.public_id]))
    )
    assert reading(signed.they).get(evidence).status_code == 200
    assert reading(factories.UserFactory()).get(evidence).status_code == 404
    assert reading(signed.we).post(confirm, {"publicity": "private"}).status_code == 403
    narrowed = {"publicity": "without_amount"}
    assert reading(signed.they).post(confirm, narrowed).status_code == 302
    assert "No paper is public yet" in text_of(reading(signed.we).get(reverse("results")))
    outcome_services.approve_outcome(outcome, by=signed.chamber)

    reading(signed.they).logout()
    public = text_of(reading(factories.UserFactory()).get(reverse("results")))
    assert "Delivery of 400 sensors" in public
    assert "1,250,000" not in public


def test_a_twin_is_named_and_can_be_said_to_be_another(signed, reading):
    first = signed.report()
    stated = {
        "met": f"{signed.meeting.public_id}:{signed.ours.public_id}",
        "kind": "contract",
        "subject": "Sensors",
        "claimed": "announced",
        "publicity": "private",
    }

    stopped = reading(signed.they).post(reverse("outcome-new"), stated)
    assert first.reference in text_of(stopped)
    assert 'name="another"' in text_of(stopped)
    done = reading(signed.they).post(reverse("outcome-new"), {**stated, "another": "on"})

    assert done.status_code == 302
    assert Outcome.objects.count() == 2


def test_who_reads_only_changes_nothing(signed, reading):
    outcome = signed.report()
    viewer = factories.RepresentativeFactory(company=signed.theirs, role="viewer").person
    for name, row in (
        ("meeting-said", signed.meeting),
        ("meeting-feedback", signed.meeting),
        ("outcome-confirm", outcome),
        ("outcome-refuse", outcome),
    ):
        assert reading(viewer).post(reverse(name, args=[row.public_id])).status_code == 403
    page = text_of(reading(viewer).get(reverse("outcomes")))
    assert outcome.subject in page
    assert reverse("outcome-confirm", args=[outcome.public_id]) not in page


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    signed, reading, count, django_assert_max_num_queries
):
    for number in range(count):
        earlier = dt.timedelta(hours=number + 1)
        slot = make.SlotFactory(
            event=signed.event,
            starts_at=signed.meeting.slot.starts_at - earlier,
            ends_at=signed.meeting.slot.ends_at - earlier,
        )
        meeting = make.MeetingFactory(event=signed.event, host=signed.host, slot=slot, placed=True)
        make.OutcomeFactory(meeting=meeting, subject=f"Paper {number}")
    client = reading(signed.we)
    client.get(reverse("outcomes"))
    with django_assert_max_num_queries(12):
        papers = client.get(reverse("outcomes"))
    with django_assert_max_num_queries(16):
        past = client.get(reverse("past-meetings"))

    assert len(papers.context["papers"]) == count
    assert len(past.context["past"]) == count + 1


def just_signed_in(client, person):
    """Signs somebody in who has just typed their password."""
    person.set_password(PASSWORD)
    person.save()
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def test_own_data_is_told_and_downloaded_once_the_password_was_asked(signed, client):
    signed.we.set_password(PASSWORD)
    signed.we.save()
    client.force_login(signed.we)
    told = text_of(client.get(reverse("own-data")))
    held = told.partition("What is held, why and for how long")[2].partition("</section>")[0]
    assert held.count("<li>") == held.count("Kept: ") == 13
    for fact in ("Kept: 400 days", "a sign-in 12 hours", "never confirmed, 7 days"):
        assert fact in held
    asked = client.get(reverse("own-data-download"))
    just_signed_in(client, signed.we)
    given = client.get(reverse("own-data-download"))

    assert asked.status_code == 302
    assert given["Content-Type"] == "application/zip"
    assert given.content.startswith(b"PK")


def test_an_account_is_deleted_with_its_address_typed_and_the_session_ends(signed, client):
    just_signed_in(client, signed.we)
    address = reverse("account-delete")
    page = text_of(client.get(address))
    kept = page.partition("Kept without your name")[2].partition("</section>")[0]
    assert kept.count("<li>") == kept.count("<small>") == 4  # each says why, or for how long
    assert "for as long as that law says: ask your chamber." in kept

    wrong = client.post(address, {"confirmed": "else@example.org"})
    done = client.post(address, {"confirmed": signed.we.email}, follow=True)

    assert wrong.status_code == 422
    assert "Your account is deleted." in text_of(done)
    assert "_auth_user_id" not in client.session
    assert not User.objects.get(pk=signed.we.pk).is_active


def test_what_hinders_stands_there_instead_of_the_form(signed, client):
    factories.RepresentativeFactory(company=signed.ours, role="viewer")
    just_signed_in(client, signed.we)

    page = text_of(client.get(reverse("account-delete")))

    assert "has no other main contact" in page
    assert 'name="confirmed"' not in page
