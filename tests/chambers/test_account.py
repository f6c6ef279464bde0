"""One's own data: downloaded whole, and forgotten without a hole in what counts."""

import csv
import datetime as dt
import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone, translation

from chambers.models import ApiToken, Job, Mail, Representative, User
from chambers.models.joining import Invitation
from chambers.selectors.keeping import kept_of_people
from chambers.services import account, jobs
from chambers.services.mail import queue_mail
from chambers.services.people import issue_token
from marketplace.models import CalendarFeed, Feedback, Meeting, Participant
from marketplace.models.conversations import Conversation, Message
from marketplace.services import notices
from marketplace.services.feedback import give_feedback
from marketplace.services.feeds import open_feed
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused
from tests.marketplace.test_feedback import Past

WORD = "Quillfeather"
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=14)


@pytest.fixture
def past(db):
    """A meeting that is over; its host is somebody whose name and address are one rare word."""
    scene = Past()
    person = scene.host.person
    User.objects.filter(pk=person.pk).update(
        name=f"Ada {WORD}", email=f"{WORD.lower()}@example.org", language="ru"
    )
    person.refresh_from_db()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Participant.objects.filter(pk=scene.host.pk).update(name=f"Ada {WORD}", position="Director")
    scene.host.refresh_from_db()
    scene.person = person
    return scene


def tables(person):
    """{file: rows with their header} of the download."""
    packed = zipfile.ZipFile(io.BytesIO(account.data_of(person)))
    found = {}
    for name in packed.namelist():
        text = packed.read(name).decode("utf-8-sig")
        short = name.rpartition("/")[2]
        found[short] = list(csv.reader(io.StringIO(text))) if name.endswith(".csv") else text
    return found


def traces(word):
    """Columns of the whole database in which a word still stands."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(
                f'select count(*) from "{table}" as row where row::text ilike %s', [f"%{word}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_the_download_holds_what_one_may_read_and_nothing_of_others(past):
    own, by = past.host.registration, past.person
    give_feedback(past.meeting, own=own, by=by, first="possible", note="=Their boss is ill")
    give_feedback(
        past.meeting,
        own=past.guest.registration,
        by=past.guest.person,
        first="no_interest",
        note="Secret of the other side",
    )
    queue_mail("feedback_later", to=by, context={"meeting": past.meeting, "partner": "X"})
    issue_token(by, name="Sync", scopes=["meetings:read"])
    talk = Conversation.objects.create(asker=own.company, partner=past.guest.registration.company)
    for author, company, text in (
        (by, own.company, "We bring samples"),
        (past.guest.person, past.guest.registration.company, "Words of the other side"),
    ):
        Message.objects.create(
            conversation=talk, company=company, author=author, text=text, fingerprint="0" * 64
        )

    found = tables(by)

    assert found["account.csv"][1][:2] == [by.email, by.name]
    assert found["companies.csv"][1][0] == own.company.legal_name
    ((event, time, partner, people, _place, _status),) = found["meetings.csv"][1:]
    assert (event, partner) == (
        past.event.named()[0],
        past.guest.registration.company.legal_name,
    )
    assert people == past.guest.name
    assert time
    assert found["feedback.csv"][1][-1] == "'=Their boss is ill"  # no spreadsheet computes it
    assert [one[1] for one in found["messages.csv"][1:]] == ["We bring samples"]
    assert len(found["mails.csv"]) == 2
    assert found["api_tokens.csv"][1][:2] == ["Sync", "meetings:read"]
    assert "Secret of the other side" not in str(found)
    assert "Words of the other side" not in str(found)
    assert past.guest.person.email not in str(found)
    assert "account.csv" in found["README.txt"]


def test_people_of_the_other_side_are_not_named_before_both_agreed(past):
    Meeting.objects.filter(pk=past.meeting.pk).update(status=Meeting.Status.PROVISIONAL)

    assert tables(past.person)["meetings.csv"][1][3] == ""


def test_a_deleted_account_leaves_no_trace_of_the_person_and_every_count(past):
    by = past.person
    give_feedback(past.meeting, own=past.host.registration, by=by, first="possible")
    issue_token(by, name="Sync", scopes=["meetings:read"])
    open_feed(by, name="phone")
    notices.tell_of_meeting("confirmed", past.meeting)  # the partner reads who comes
    jobs.work_off()
    with_address = Concat("text", Value(f" {by.email}"))
    Mail.objects.filter(person=past.guest.person).update(text=with_address)
    queue_mail("feedback_later", to=by, context={"meeting": past.meeting, "partner": WORD})
    colleague = factories.RepresentativeFactory(company=past.host.registration.company)
    before = (Meeting.objects.count(), Participant.objects.count(), Mail.objects.count())
    assert traces(WORD)

    account.delete_account(by, confirmed=by.email.upper())

    assert traces(WORD) == []
    assert (Meeting.objects.count(), Participant.objects.count(), Mail.objects.count()) == before
    past.host.refresh_from_db()
    company = past.host.registration.company.legal_name
    told = {}
    for language in ("en", "ru", "ja"):
        with translation.override(language):
            told[language] = Participant.objects.get(pk=past.host.pk).name
    assert told["en"] == f"a participant of {company}"
    assert told["ru"] == f"участник от компании {company}"
    assert len(set(told.values())) == 3
    assert set(Participant.objects.filter(person=None).values_list("name", flat=True)) == {"—"}
    past.host.refresh_from_db()
    past.host.full_clean()
    past.host.save()
    assert Participant.objects.filter(name="—").count() == 1
    assert (past.host.person, past.host.position) == (None, "")
    assert Feedback.objects.get().first == "possible"
    by.refresh_from_db()
    assert (by.is_active, by.has_usable_password(), by.name) == (False, False, "")
    assert not ApiToken.objects.exists()
    assert not CalendarFeed.objects.exists()
    assert not EmailAddress.objects.filter(user=by).exists()
    assert list(Representative.objects.filter(company=past.host.registration.company)) == [
        colleague
    ]
    assert not Job.objects.filter(kind="mail.send", state=Job.State.QUEUED).exists()


def test_the_log_of_the_administration_forgets_the_name_too(past):
    staff, by = factories.StaffFactory().person, past.person
    role = Representative.objects.get(person=by)
    kinds = ContentType.objects
    for row, words in (
        (role, []),
        (role.company, [{"added": {"name": "representative", "object": str(role)}}]),
    ):
        LogEntry.objects.create(
            user=staff,
            content_type=kinds.get_for_model(row),
            object_id=row.pk,
            object_repr=str(row),
            action_flag=CHANGE,
            change_message=json.dumps(words),
        )
    assert "django_admin_log" in traces(WORD)

    account.delete_account(by, confirmed=by.email)

    assert traces(WORD) == []
    named = LogEntry.objects.order_by("pk").values_list("object_repr", flat=True)
    assert list(named) == ["—", str(role.company)]


def test_the_download_tells_how_one_signs_in_and_what_one_gave(past):
    by, company = past.person, past.host.registration.company
    other = EmailAddress.objects.create(user=by, email="ada@second.example", verified=True)
    to_me, by_me, theirs = (
        Invitation.objects.create(
            company=company,
            email=email,
            role="editor",
            invited_by=who,
            sent_at=NOW,
            expires_at=LATER,
        )
        for email, who in (
            (other.email, past.guest.person),
            ("new@second.example", by),
            ("else@second.example", past.guest.person),
        )
    )
    Authenticator.objects.create(user=by, type="totp", data={"secret": "Hidden"})
    factories.DocumentFactory(company=company, uploaded_by=by, name="mine.pdf")
    factories.DocumentFactory(company=company, uploaded_by=past.guest.person, name="theirs.pdf")

    found = tables(by)

    assert [row[0] for row in found["addresses.csv"][1:]] == [by.email, other.email]
    assert found["second_factors.csv"][1][0] == "totp"
    assert [row[0] for row in found["invitations.csv"][1:]] == [to_me.company.told]
    assert [row[0] for row in found["invited.csv"][1:]] == [by_me.email]
    assert [row[3] for row in found["files.csv"][1:]] == ["mine.pdf"]
    assert theirs.email not in str(found)
    assert "Hidden" not in str(found)


def test_what_somebody_is_needed_for_comes_first(past):
    by = past.person
    viewer = factories.RepresentativeFactory(company=past.host.registration.company, role="viewer")
    slot = make.SlotFactory(
        event=past.event,
        starts_at=timezone.now() + dt.timedelta(hours=1),
        ends_at=timezone.now() + dt.timedelta(hours=2),
    )
    ahead = make.MeetingFactory(event=past.event, host=past.host, slot=slot, placed=True)
    staff = factories.StaffFactory(person=by)

    assert len(account.before_leaving(by)) == 3
    with pytest.raises(Exception, match="main contact"):
        account.delete_account(by, confirmed=by.email)
    refused("not_confirmed", account.delete_account, by, confirmed="somebody@example.org")
    staff.delete()
    Representative.objects.filter(pk=viewer.pk).update(role="owner")
    refused("hindered", account.delete_account, by, confirmed=by.email)
    Meeting.objects.filter(pk=ahead.pk).update(status=Meeting.Status.CANCELLED)
    account.delete_account(by, confirmed=by.email)

    assert not User.objects.get(pk=by.pk).is_active


def test_the_download_does_not_name_a_company_that_was_found_by_its_number_alone(db):
    person = factories.UserFactory()
    hidden = factories.CompanyFactory(legal_name=WORD, registration_number="7701234567")
    shown = factories.CompanyFactory(member=True, legal_name="Sunflower")
    for company in (hidden, shown):
        factories.JoinRequestFactory(company=company, person=person)

    asked = tables(person)["requests_to_join.csv"]

    assert {row[0] for row in asked[1:]} == {"7701234567", "Sunflower"}
    assert WORD not in str(asked)


def test_what_is_held_and_why_is_said_of_every_table_of_the_download(user):
    day = dt.timedelta(days=1)
    said = [part for one in kept_of_people(mails=day, unconfirmed=day) for part in one.parts]

    assert sorted(f"{part}.csv" for part in said) == sorted(set(tables(user)) - {"README.txt"})
