"""A company named like markup is read as that name wherever it is shown: R-52."""

import csv  # noqa: TID251 - read by another hand than wrote it
import io

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from icalendar import Calendar  # noqa: TID251 - read by another hand than wrote it
from pypdf import PdfReader

from chambers.models import Mail
from chambers.services.joining import invite_person, register_company
from chambers.services.profiles import change_profile
from marketplace.services.meetings import cancel_meeting
from marketplace.services.notices import invitation
from tests import event_factories as make
from tests import factories

pytestmark = pytest.mark.django_db

NAME = "<a href=//evil.example>x</a>"
SHOWN = "&lt;a href=//evil.example&gt;x&lt;/a&gt;"


@pytest.fixture
def company():
    return factories.CompanyFactory(member=True, indexed=True, legal_name=NAME)


def test_on_its_page_and_in_the_list(client, company):
    for where in (reverse("company", args=[company.public_id]), reverse("companies")):
        page = client.get(where).content.decode()
        assert (NAME in page, SHOWN in page) == (False, True), where


def test_in_the_administration(client, company):
    staff = factories.StaffFactory(chamber=company.memberships.get().chamber)
    client.force_login(staff.person)

    for name, args in (("changelist", []), ("change", [company.pk])):
        page = client.get(reverse(f"admin:chambers_company_{name}", args=args)).content.decode()
        assert (NAME in page, SHOWN in page) == (False, True), name


def test_in_a_csv_file(client, company):
    factories.RepresentativeFactory(company=company)
    client.force_login(company.representatives.get().person)

    answer = client.get(reverse("companies-export"))

    content = b"".join(answer) if answer.streaming else answer.content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert answer["Content-Type"].startswith("text/csv")
    assert NAME in [cell for row in rows for cell in row]


def test_in_a_mail_and_in_its_calendar_file(company):
    guest = make.ParticipantFactory(registration__company=company, speaking=True)
    meeting = make.MeetingFactory(
        event=guest.registration.event, guest=guest, placed=True, host__person=None
    )
    host = factories.RepresentativeFactory(company=meeting.host.registration.company).person

    cancel_meeting(meeting, by=guest.person, reason=NAME)

    mail = Mail.objects.get(to=host.email)
    assert NAME in mail.subject
    assert f"    {NAME}\n" in mail.text
    assert "<a href=//evil" not in mail.html
    assert "&lt;a href=//evil<wbr>.example&gt;" in mail.html
    file = invitation(meeting, host, meeting.host)
    (entry,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert NAME in str(entry["SUMMARY"])


def test_on_the_printed_timetable(client, company):
    guest = make.ParticipantFactory(registration__company=company, speaking=True)
    meeting = make.MeetingFactory(event=guest.registration.event, guest=guest, placed=True)
    reader = factories.RepresentativeFactory(company=meeting.host.registration.company).person
    client.force_login(reader)

    answer = client.get(reverse("event-pdf", args=[meeting.event.public_id]))

    paper = PdfReader(io.BytesIO(answer.content))
    printed = "".join("".join(page.extract_text() for page in paper.pages).split())
    assert "".join(NAME.split()) in printed
    leads = [
        str(note.get_object().get("/A")) for page in paper.pages for note in page.get("/Annots", [])
    ]
    assert not any("evil" in one for one in leads)


def test_a_name_of_two_lines_is_one_line_in_what_strangers_are_sent():
    person = factories.UserFactory()
    company = register_company(
        legal_name="Acme\n\nYour mailbox is full. Sign in again",
        legal_name_latin="Acme\r\nSign in",
        country=factories.CountryFactory(),
        registration_number="",
        by=person,
        city="Omsk\nSign in",
    )
    change_profile(company, by=person, city="Tomsk\nSign in")

    invite_person(company, email="stranger@example.org", role="editor", by=person)

    assert company.legal_name == "Acme Your mailbox is full. Sign in again"
    assert (company.legal_name_latin, company.city) == ("Acme Sign in", "Tomsk Sign in")
    mail = Mail.objects.get(kind="invited")
    assert not any(line.startswith("Your mailbox") for line in mail.text.splitlines())


@pytest.mark.parametrize("field", ["legal_name", "legal_name_latin"])
def test_a_web_address_is_no_name(field):
    said = {"legal_name": "Acme", "legal_name_latin": "Acme"} | {field: "Acme https://evil.example"}

    with pytest.raises(ValidationError) as refusal:
        register_company(
            country=factories.CountryFactory(),
            registration_number="",
            by=factories.UserFactory(),
            **said,
        )

    assert refusal.value.error_dict[field][0].code == "address"
