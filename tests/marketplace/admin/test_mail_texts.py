"""An organiser writes the subject and the opening of mails in its own words."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chambers.models import Mail
from chambers.services.links import without_links
from marketplace.models import MailText
from marketplace.services import meetings, notices
from marketplace.services.events import clone_event
from marketplace.services.mail_texts import write_mail_text
from marketplace.services.reminders import remind_soon, remind_to_answer, remind_tomorrow
from tests import event_factories as made
from tests import factories
from tests.marketplace.refusals import refused

KIND = MailText.Kind
KINDS = list(KIND)


@pytest.fixture
def request_row(event):
    """Somebody asks a company of the event whose name is markup."""
    asked = made.ParticipantFactory(registration__event=event, speaking=True)
    return made.MeetingRequestFactory(
        event=event,
        partner=asked.registration,
        requester__company__legal_name="<b>Evil</b> {event}",
    )


def address(event, kind="request_received", language="en"):
    return reverse("admin:marketplace_event_mail_text", args=[event.pk, kind, language])


def written(event, manager, **texts):
    kind = texts.pop("kind", "request_received")
    return write_mail_text(event, kind=kind, language="en", by=manager, **texts)


def test_what_is_saved_stands_in_the_next_mail_and_its_facts_stay(
    client, manager, event, request_row
):
    form = {
        "subject": "{partner} would like to meet {company}",
        "opening": "Dear {name},\nwelcome to {event} of {chamber}.",
    }

    page = client.post(address(event), {**form, "save": "1"}, follow=True)
    notices.tell_of_request("received", request_row, to=request_row.partner)

    assert "Saved" in page.content.decode()
    mail = Mail.objects.get(kind="request_received")
    # The braces in a company's name are its name: nothing in a value is read again.
    company = request_row.partner.company.legal_name
    assert mail.subject == f"<b>Evil</b> {{event}} would like to meet {company}"
    assert "welcome to Forum of ours of Our Chamber." in mail.text
    assert f"/en/requests/{request_row.public_id}/" in mail.text
    assert "<b>Evil" not in mail.html
    assert "&lt;b&gt;Evil" in mail.html


def test_only_readers_of_that_language_get_the_words(event, manager, request_row):
    written(event, manager, subject="Ours")
    reader = notices.speakers(request_row.partner)[0]
    reader.language = "ru"
    reader.save()

    notices.tell_of_request("received", request_row, to=request_row.partner)

    mail = Mail.objects.get(kind="request_received")
    assert mail.language == "ru"
    assert "Ours" not in mail.subject


def test_an_unknown_placeholder_is_refused_with_its_name_and_what_was_typed_stays(
    client, manager, event
):
    form = {"subject": "Hello", "opening": "Pay {iban} until {until}", "save": "1"}

    page = client.post(address(event), form)

    assert page.status_code == 422
    text = page.content.decode()
    assert "There is no {iban} in this mail." in text
    assert "Pay {iban} until {until}" in text
    assert not MailText.objects.exists()
    refused(
        "unknown_placeholder", written, event, manager, subject="{partner}", kind="timetable_final"
    )
    refused("loose_brace", written, event, manager, opening="a } b")


def test_a_preview_shows_the_typed_words_on_real_rows_and_keeps_nothing(
    client, manager, event, request_row
):
    page = client.post(address(event), {"opening": "From {partner}!", "look": "1"})

    text = page.content.decode()
    assert "From &lt;b&gt;Evil&lt;/b&gt; {event}!" in text
    assert f"/requests/{request_row.public_id}/" in text
    assert not MailText.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_preview_with_its_words_in_each_language_before_anybody_comes(
    client, manager, event, kind
):
    for language in ("en", "ru", "ja"):
        write_mail_text(
            event, kind=kind, language=language, by=manager, opening="{company} {event}"
        )
        page = client.get(address(event, kind, language))

        assert page.status_code == 200
        assert "Forum of ours" in page.content.decode().split('class="letter"')[1]


def test_the_preview_is_the_mail(client, manager, event, request_row):
    type(request_row).objects.update(created_at=request_row.created_at.replace(year=2020))
    written(event, manager, kind="remind_answers", opening="{number} of {company}")
    remind_to_answer(request_row.created_at)
    mail = Mail.objects.get(kind="remind_answers")

    page = client.get(address(event, "remind_answers"))

    shown = page.context["letter"]
    assert shown.subject == mail.subject
    # Of links, each reader has their own.
    seen, sent = (without_links(one.text.split("-- ")[0]) for one in (shown, mail))
    assert seen == sent


def test_mails_of_meetings_speak_the_organisers_words_beside_their_facts(client, manager, event):
    one, other = made.ParticipantFactory.create_batch(2, registration__event=event, speaking=True)
    table = made.TableFactory(event=event)
    meeting = made.MeetingFactory(event=event, host=one, guest=other, placed=True, table=table)
    type(meeting).objects.update(status="provisional")
    later = made.SlotFactory(event=event, number=7)
    begins = later.starts_at
    for kind in ("meeting_confirmed", "meeting_moved", "meeting_cancelled", "remind_soon"):
        written(event, manager, kind=kind, opening="Our desk is blue, {partner}.")
    written(event, manager, kind="remind_tomorrow", opening="Tomorrow {number} for {company}.")

    def look(*kinds):
        return {kind: client.get(address(event, kind)).context["letter"] for kind in kinds}

    shown = look("meeting_confirmed")
    meetings.confirm_meeting(meeting, by=manager)
    meetings.move_meeting(meeting, later, by=manager)
    remind_tomorrow(begins - dt.timedelta(hours=20))
    remind_soon(begins - dt.timedelta(minutes=9))
    shown |= look("meeting_moved", "remind_tomorrow", "remind_soon")
    meetings.cancel_meeting(meeting, by=manager, reason="The hall is closed")
    shown |= look("meeting_cancelled")

    host, partner = (who.registration.company.legal_name for who in (one, other))
    mails = {mail.kind: mail for mail in Mail.objects.filter(person=one.person)}
    assert set(mails) == set(shown)
    for kind, mail in mails.items():
        own = f"Tomorrow 1 for {host}." if kind == "remind_tomorrow" else f"blue, {partner}."
        assert own in mail.text
        seen = (shown[kind].subject, shown[kind].text.split("-- ")[0])
        assert seen == (mail.subject, mail.text.split("-- ")[0])
    assert "The hall is closed" in mails["meeting_cancelled"].text


def test_emptied_words_give_way_to_ours(client, manager, event, request_row):
    written(event, manager, subject="Ours")

    client.post(address(event), {"subject": " ", "opening": "", "save": "1"})
    notices.tell_of_request("received", request_row, to=request_row.partner)

    assert not MailText.objects.exists()
    assert Mail.objects.get(kind="request_received").subject.startswith("Meeting requested by ")


def test_the_list_says_whose_words_stand_and_a_copy_of_the_event_takes_them_along(
    client, manager, event
):
    written(event, manager, subject="Ours")

    page = client.get(reverse("admin:marketplace_event_mails", args=[event.pk]))
    clone = clone_event(event, by=manager, starts_on=event.starts_on)

    assert page.content.decode().count("(your text)") == 1
    assert clone.mail_texts.get().subject == "Ours"


def test_a_viewer_looks_and_strangers_find_nothing(client, viewer, event):
    other = factories.StaffFactory().person

    page = client.get(address(event))
    with pytest.raises(PermissionDenied):
        written(event, viewer, subject="Ours")
    with pytest.raises(PermissionDenied):
        written(event, other, subject="Ours")

    assert 'name="save"' not in page.content.decode()
    assert client.post(address(event), {"subject": "Ours", "save": "1"}).status_code == 403
    assert client.get(address(event, "meeting_stays")).status_code == 404
    client.force_login(other)
    assert client.get(address(event)).status_code == 404


def test_direct_meetings_speak_our_words(event, manager, request_row):
    written(event, manager, subject="Ours")
    type(event).objects.update(kind="direct")
    request_row.refresh_from_db()

    notices.tell_of_request("received", request_row, to=request_row.partner)

    assert "Ours" not in Mail.objects.get(kind="request_received").subject
