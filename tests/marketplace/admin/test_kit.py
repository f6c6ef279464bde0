"""The kit is downloaded and its marks come back, on pages beneath an event."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chambers.models import Staff
from marketplace.models import Meeting
from marketplace.services.kit import make_kit
from marketplace.services.meetings import mark_further, record_attendance
from tests import event_factories as made
from tests import factories
from tests.forms import sent_back


def page(event, name):
    return reverse(f"admin:marketplace_event_{name}", args=[event.pk])


@pytest.fixture
def past(chamber):
    """An event of yesterday with two slots, two meetings in the first and one in the second."""
    day = dt.date.today() - dt.timedelta(days=1)
    event = made.EventFactory(chamber=chamber, starts_on=day, ends_on=day)
    slots = [made.SlotFactory(event=event, number=number) for number in range(2)]
    tables = [made.TableFactory(event=event, number=number) for number in (1, 2)]
    for at, (slot, table) in enumerate([(0, 0), (0, 1), (1, 0)]):
        host, guest = (
            made.ParticipantFactory(
                registration__event=event,
                registration__company__legal_name=f"{side} {at}",
                name=f"Person of {side} {at}",
            )
            for side in ("Host", "Guest")
        )
        made.MeetingFactory(
            event=event, host=host, guest=guest, slot=slots[slot], table=tables[table],
            status="confirmed",
        )  # fmt: skip
    return event


def meetings(event):
    return list(Meeting.objects.filter(event=event).order_by("pk"))


def state(event):
    return [(one.host_attendance, one.guest_attendance, one.status) for one in meetings(event)]


def test_the_kit_is_downloaded_in_the_languages_that_are_ticked(client, manager, past):
    shown = client.get(page(past, "kit"))
    packed = client.get(page(past, "kit_file"), {"languages": ["ja", "ru"]})
    nothing = client.get(page(past, "kit_file"), {"chosen": "1"})

    assert page(past, "kit_file") in shown.content.decode()
    assert packed["Content-Type"] == "application/zip"
    assert f"event-kit-{past.starts_on}.zip" in packed["Content-Disposition"]
    assert b"company-sheets-ja.html" in packed.content
    assert b"company-sheets-en.html" not in packed.content
    assert nothing.status_code == 422
    assert "Choose one language at least." in nothing.content.decode()


def test_the_page_of_an_event_leads_to_its_kit_and_its_marks(client, manager, past):
    shown = client.get(reverse("admin:marketplace_event_change", args=[past.pk])).content.decode()

    assert page(past, "kit") in shown
    assert page(past, "marks") in shown


def test_marks_are_typed_in_slot_by_slot(client, manager, past):
    first, second, third = meetings(past)
    shown = client.get(page(past, "marks"))
    form = sent_back(shown, "typed")

    sent = client.post(
        page(past, "marks"),
        {**form, f"host_{first.pk}": "came", f"guest_{first.pk}": "late",
         f"host_{second.pk}": "no_show"},
    )  # fmt: skip

    assert "Host 0" in shown.content.decode()
    assert "Host 2" not in shown.content.decode()
    assert state(past) == [
        ("came", "late", "held"),
        ("no_show", "unknown", "no_show"),
        ("unknown", "unknown", "confirmed"),
    ]
    assert sent.url == f"{page(past, 'marks')}?slot={third.slot.public_id}"
    assert "2 meetings marked." in client.get(sent.url).content.decode()


def test_whoever_joins_two_has_a_box_on_the_page_and_a_row_in_the_table(client, manager, past):
    first, second, _third = meetings(past)
    joins = made.ParticipantFactory(registration__event=past, name="Person who joins")
    late = made.ParticipantFactory(registration__event=past, name="Person who is late")
    first.others.set([joins, late])
    mine, hers = (f"further_{first.pk}_{one.pk}" for one in (joins, late))

    shown = client.get(page(past, "marks"))
    form = sent_back(shown, "typed")
    client.post(
        page(past, "marks"),
        {**form, mine: "no_show", f"host_{first.pk}": "came", f"guest_{first.pk}": "came",
         f"host_{second.pk}": "came", f"guest_{second.pk}": "came"},
    )  # fmt: skip

    assert "Person who joins" in shown.content.decode()
    assert [(one.participant, one.attendance) for one in first.further_marks.all()] == [
        (joins, "no_show")
    ]
    again = client.get(page(past, "marks"))  # the first slot is not done: one of them is open
    assert "Person who is late" in again.content.decode()
    mark_further(first, late, "came", by=manager)
    here = f"{page(past, 'marks')}?slot={first.slot.public_id}"
    contested = client.post(here, {**sent_back(again, "typed"), hers: "late"})
    word = Meeting.Attendance.CAME.label
    assert f"Marked online meanwhile: “{word}”" in contested.content.decode()
    client.post(here, sent_back(contested, "typed"))
    assert here.partition("?")[2] in again.content.decode()  # who sends it marks what was shown
    assert first.further_marks.get(participant=late).attendance == "late"
    assert "Host 2" in client.get(page(past, "marks")).content.decode()


def test_everybody_else_came_marks_whom_nobody_marked(client, manager, past):
    first = meetings(past)[0]
    form = sent_back(client.get(page(past, "marks")), "typed")

    client.post(page(past, "marks"), {**form, "rest": "on", f"guest_{first.pk}": "no_show"})

    assert state(past) == [
        ("came", "no_show", "no_show"),
        ("came", "came", "held"),
        ("unknown", "unknown", "confirmed"),
    ]


def test_a_mark_made_online_meanwhile_is_shown_before_it_is_overwritten(client, manager, past):
    first, second, _third = meetings(past)
    form = sent_back(client.get(page(past, "marks")), "typed")
    record_attendance(first, by=manager, host="no_show")
    typed = {**form, f"host_{first.pk}": "came", f"host_{second.pk}": "late"}

    warned = client.post(page(past, "marks"), typed)
    kept = state(past)
    again = sent_back(warned, "typed")
    client.post(page(past, "marks"), again)

    assert warned.status_code == 422
    assert "host “Did not come”, guest “Unknown”" in warned.content.decode()
    assert [one[0] for one in kept] == ["no_show", "unknown", "unknown"]
    assert (again[f"host_{first.pk}"], again[f"host_{second.pk}"]) == (["came"], ["late"])
    assert [one[0] for one in state(past)] == ["came", "late", "unknown"]


def test_what_was_typed_is_kept_when_a_meeting_cannot_be_marked(client, manager, past):
    first, second, _third = meetings(past)
    form = sent_back(client.get(page(past, "marks")), "typed")
    past.slots.filter(pk=first.slot_id).update(
        starts_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
        ends_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=2),
    )

    address = f"{page(past, 'marks')}?slot={first.slot.public_id}"
    refused = client.post(address, {**form, f"host_{second.pk}": "late"})

    assert refused.status_code == 422
    assert "This meeting has not begun yet." in refused.content.decode()
    assert sent_back(refused, "typed")[f"host_{second.pk}"] == ["late"]
    assert state(past)[1][0] == "unknown"


def test_people_are_ticked_who_have_come(client, manager, past):
    here, there = (one.host for one in meetings(past)[:2])
    foreign = made.ParticipantFactory()

    sent = client.post(
        page(past, "marks_people"), {"come": [here.public_id, foreign.public_id, "nonsense"]}
    )
    found = client.get(page(past, "marks_people"), {"q": "host 0"}).content.decode()

    here.refresh_from_db()
    there.refresh_from_db()
    foreign.refresh_from_db()
    assert sent.status_code == 302
    assert here.checked_in_by == manager
    assert (there.checked_in_at, foreign.checked_in_at) == (None, None)
    assert "Person of Host 0" in found
    assert "Person of Host 1" not in found


def bring(client, event, content):
    file = SimpleUploadedFile("marks.csv", content, "text/csv")
    return client.post(page(event, "marks_file"), {"table": file})


def filled(event, *marks):
    """The kit's table with marks written into its first rows."""
    lines = dict(make_kit(event, ["en"]))["marks.csv"].decode("utf-8-sig").splitlines()
    for number, pair in enumerate(marks, start=1):
        cells = lines[number].split(",")
        cells[8:10] = pair
        lines[number] = ",".join(cells)
    return "\r\n".join(lines).encode()


def test_a_filled_table_is_previewed_and_then_saved(client, manager, past):
    preview = bring(client, past, filled(past, ("came", "came"), ("late", "")))
    before = state(past)
    told = preview.content.decode()

    sent = client.post(page(past, "marks_file"), {"read": preview.context["read"]})

    assert "2 meetings would be marked." in told
    assert "Host 0 × Guest 0" in told
    assert "Came late" in told
    assert past.slots.first().starts_at.astimezone(past.clock).strftime("%-d %B %Y, %H:%M") in told
    assert {one[:2] for one in before} == {("unknown", "unknown")}
    assert sent.status_code == 302
    assert [one[:2] for one in state(past)] == [
        ("came", "came"),
        ("late", "unknown"),
        ("unknown", "unknown"),
    ]


@pytest.mark.parametrize(("choice", "left"), [("online", "no_show"), ("paper", "came")])
def test_a_table_that_contradicts_what_is_online_asks_which_stays(
    client, manager, past, choice, left
):
    content = filled(past, ("came", "came"))
    record_attendance(meetings(past)[0], by=manager, host="no_show")

    preview = bring(client, past, content)
    asked = client.post(page(past, "marks_file"), {"read": preview.context["read"]})
    between = state(past)[0][0]
    client.post(page(past, "marks_file"), {"read": preview.context["read"], "contested": choice})

    assert "Marked otherwise online since the kit was made" in preview.content.decode()
    assert (asked.status_code, between) == (422, "no_show")
    assert state(past)[0][:2] == (left, "came")


def test_a_table_with_one_bad_row_saves_none_and_names_it(client, manager, past):
    answer = bring(client, past, filled(past, ("came", "came"), ("perhaps", "")))

    told = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["read"] == ""
    assert "“perhaps” is no mark" in told
    assert "host_mark" in told
    assert {one[:2] for one in state(past)} == {("unknown", "unknown")}


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\x00\x01\xff\xfe", b"a,b\r\n1,2\r\n"])
def test_another_file_is_refused_with_a_reason(client, manager, past, content):
    answer = bring(client, past, content)

    assert answer.status_code == 422
    assert answer.context["form"].errors["table"]


def test_a_changed_preview_is_refused(client, manager, past):
    other = made.EventFactory(chamber=past.chamber)
    preview = bring(client, past, filled(past, ("came", "came")))
    read = preview.context["read"]

    answers = [
        client.post(page(past, "marks_file"), {"read": f"x{read}"}),
        client.post(page(other, "marks_file"), {"read": read}),
    ]

    assert [one.status_code for one in answers] == [422, 422]
    assert {one[:2] for one in state(past)} == {("unknown", "unknown")}


def test_names_in_a_table_are_shown_as_text(client, manager, past):
    company = meetings(past)[0].host.registration.company
    company.legal_name = "<script>alert(1)</script>"
    company.save()

    preview = bring(client, past, filled(past, ("came", "came")))

    assert "<script>alert" not in preview.content.decode()
    assert "&lt;script&gt;alert" in preview.content.decode()


@pytest.mark.parametrize("name", ["marks", "marks_people", "marks_file"])
def test_a_viewer_reads_and_marks_nothing(client, chamber, past, name):
    viewer = factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER).person
    client.force_login(viewer)

    shown = client.get(page(past, name))
    sent = client.post(page(past, name), {"rest": "on"})

    assert (shown.status_code, sent.status_code) == (200, 403)
    assert b'type="submit"' not in shown.content.partition(b'class="report"')[2]
    assert {one[:2] for one in state(past)} == {("unknown", "unknown")}


@pytest.mark.parametrize("name", ["kit", "kit_file", "marks", "marks_people", "marks_file"])
def test_an_event_of_another_chamber_is_a_missing_page(client, manager, name):
    foreign = made.EventFactory()

    assert client.get(page(foreign, name)).status_code == 404
    assert client.post(page(foreign, name)).status_code == 404


@pytest.mark.parametrize("name", ["marks", "marks_people", "marks_file", "kit"])
def test_an_empty_event_says_what_to_do(client, manager, event, name):
    shown = client.get(page(event, name))

    assert shown.status_code == 200


@pytest.mark.parametrize("name", ["marks", "marks_people"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_page_of_marks_takes_the_same_queries_for_any_number_of_rows(
    client, manager, event, name, count
):
    slot = event.slots.first()
    for number in range(count):
        made.MeetingFactory(
            event=event, slot=slot, table=made.TableFactory(event=event, number=10 + number),
            status="confirmed", others=[made.ParticipantFactory(registration__event=event)],
        )  # fmt: skip
    client.get(page(event, name))

    with CaptureQueriesContext(connection) as asked:
        client.get(page(event, name))

    assert len(asked) == {"marks": 12, "marks_people": 7}[name]
