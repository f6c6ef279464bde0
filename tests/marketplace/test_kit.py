"""The kit of an event: what stands on its sheets, for whom, and that it harms nobody."""

import datetime as dt
import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from chambers.gates.tables import read_table
from marketplace.models import Registration
from marketplace.selectors.agenda import agenda_of
from marketplace.selectors.kit import Sheets, read_kit
from marketplace.services.kit import COLUMNS, FOLDER, kit_archive, kit_languages, make_kit
from tests import event_factories as made
from tests import factories

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>\"'&"
FILES = [
    "index.html",
    "table-cards.html",
    "badges.html",
    "interpreters.html",
    "standby.html",
    "marks.html",
    "marks.csv",
    "company-sheets-ru.html",
    "company-sheets-en.html",
]


@pytest.fixture
def event(db):
    return made.EventFactory(
        name={"en": "Forum of Regions", "ru": "Форум регионов", "ja": "地域フォーラム"},
        chamber__languages=["ru"],
    )


def company(event, name, latin="", person="Somebody", **more):
    """A participant of a company at the event."""
    return made.ParticipantFactory(
        registration__event=event,
        registration__company__legal_name=name,
        registration__company__legal_name_latin=latin,
        registration__consent=more.pop("consent", "listed"),
        name=person,
        **more,
    )


@pytest.fixture
def world(event):
    """Three meetings at two tables, one of them with an interpreter, and one without a time."""
    romashka = company(event, "ООО «Ромашка Сенсор»", "Romashka Sensor LLC", "Анна Иванова")
    asahi = company(event, "株式会社アサヒ計装", "Asahi Keiso Co., Ltd.", "佐藤健", position="社長")
    pumps = company(event, "Kolkata Pumps", person="Ravi")
    slots = [made.SlotFactory(event=event, number=number) for number in (0, 4, 5)]
    hall = made.HallFactory(event=event, name="Hall A")
    tables = [made.TableFactory(event=event, number=number, hall=hall) for number in (7, 8)]
    speaker = made.InterpreterFactory(event=event, name="Ольга Переводчик")

    def meet(host, guest, slot, table, **more):
        return made.MeetingFactory(
            event=event, host=host, guest=guest, slot=slot, table=table,
            status="confirmed", **more,
        )  # fmt: skip

    meet(romashka, asahi, slots[1], tables[0], interpreter=speaker)
    meet(romashka, pumps, slots[0], tables[1])
    meet(pumps, asahi, slots[2], tables[0])
    made.MeetingFactory(event=event, host=asahi, guest=company(event, "Alatau", person="Dina"))
    return event


def kit_of(event, *languages, **more):
    """{name: text} of the files of a kit."""
    files = make_kit(event, languages or ("ru", "en"), **more)
    return {name: content.decode("utf-8-sig") for name, content in files}


def text_of(page):
    """What a page says, without its marks and spaces."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def sheet_of(page, name):
    """The one sheet of a page that is headed by a name."""
    (found,) = [
        text_of(one)
        for one in page.split('<section class="sheet">')[1:]
        if name in one.partition("</h1>")[0]
    ]
    return found


def marks_of(kit):
    """The rows of the table of marks."""
    table = read_table(io.BytesIO(kit["marks.csv"].encode()), "utf-8")
    return [row for _line, row in table.rows]


def test_a_kit_has_all_its_files_in_one_folder(world):
    packed = kit_archive(world, ["ru", "en"])

    assert packed.startswith(b"PK")
    assert all(f"{FOLDER}/{name}".encode() in packed for name in FILES)


def test_a_company_gets_its_meetings_with_time_table_partner_and_interpreter(world):
    page = kit_of(world)["company-sheets-en.html"]

    sheet = sheet_of(page, "Ромашка")
    assert "Forum of Regions" in sheet
    first, second = sheet.index("10:00–10:20"), sheet.index("11:20–11:40")
    assert "table 8, Hall A" in sheet[first:second]
    assert "Kolkata Pumps" in sheet[first:second]
    assert "table 7, Hall A" in sheet[second:]
    assert "株式会社アサヒ計装 Asahi Keiso Co., Ltd." in sheet[second:]
    assert "佐藤健, 社長 Анна Иванова Ольга Переводчик" in sheet[second:]
    assert "Alatau" not in sheet


def test_a_sheet_says_what_still_waits_for_a_time(world):
    sheet = sheet_of(kit_of(world)["company-sheets-en.html"], "Alatau")

    assert "No meeting has a time yet. Time to be set 株式会社アサヒ計装" in sheet


@pytest.mark.parametrize(
    ("language", "name", "other"),
    [
        ("ru", "Форум регионов", "地域"),
        ("ja", "地域フォーラム", "Форум"),
        ("en", "Forum of", "Форум"),
    ],
)
def test_sheets_come_in_each_language_that_is_asked_for(world, language, name, other):
    page = kit_of(world, language)[f"company-sheets-{language}.html"]

    assert f'<html lang="{language}">' in page
    assert name in page
    assert other not in page


def test_a_kit_is_in_the_readers_language_and_english_or_the_organisers(event):
    with translation.override("ja"):
        japanese = kit_languages(event)
    with translation.override("en"):
        english = kit_languages(event)
        event.chamber.languages = ["kk"]
        alone = kit_languages(event)

    assert (japanese, english, alone) == (["ja", "en"], ["en", "ru"], ["en"])


def test_a_sheet_shows_what_the_pages_of_its_company_show(world):
    reader = factories.UserFactory(superuser=True, time_zone="UTC")
    sheets = Sheets(read_kit(world, dt.datetime.now(dt.UTC)), lambda one: one.company.legal_name)

    printed = {
        agenda.owner.pk: [
            (line.meeting, line.time, line.place, line.others, line.ours)
            for line in [*(one for _day, lines in agenda.days for one in lines), *agenda.waiting]
        ]
        for agenda in sheets.companies()
    }

    assert printed == {
        own.pk: [
            (
                entry.meeting,
                entry.time,
                entry.place,
                " × ".join(one.company.legal_name for one in entry.partners),
                ", ".join(one.name for one in entry.ours),
            )
            for entry in agenda_of(own, reader)
        ]
        for own in Registration.objects.filter(event=world)
    }


def test_what_the_organiser_only_has_in_mind_and_what_is_cancelled_is_on_no_sheet(world):
    mind = made.MeetingFactory(
        event=world,
        host=company(world, "Mindful One"),
        guest=company(world, "Mindful Two"),
        is_told=False,
    )
    off = made.MeetingFactory(
        event=world,
        host=company(world, "Calloff One"),
        guest=company(world, "Calloff Two"),
        slot=made.SlotFactory(event=world, number=9),
        status="cancelled",
    )
    kit = kit_of(world)

    told = [
        sheet_of(kit["company-sheets-en.html"], name) for name in ("Mindful One", "Calloff One")
    ]
    assert [("Two" in sheet) for sheet in told] == [False, False]
    assert str(mind.public_id) not in kit["marks.csv"]
    assert str(off.public_id) not in kit["marks.csv"]


def test_names_of_people_stand_where_the_two_agreed_to_meet(event):
    host, guest = company(event, "One"), company(event, "Two", person="Secret Person")
    made.MeetingFactory(event=event, host=host, guest=guest, placed=True, status="provisional")

    sheet = sheet_of(kit_of(event)["company-sheets-en.html"], "One")

    assert "Two" in sheet
    assert "Secret Person" not in sheet


@pytest.mark.parametrize("place", ["host", "guest", "others"])
def test_a_kit_keeps_the_meetings_of_who_has_left_since_but_lists_them_no_more(event, place):
    gone = company(event, "Parted", person="Gone Person")
    stays = company(event, "Third", person="Third Person")
    given = {place: [gone] if place == "others" else gone}
    if place == "others":
        given["guest"] = stays
    meeting = made.MeetingFactory(event=event, placed=True, status="held", **given)
    made.ParticipantFactory(registration=gone.registration, name="Other Person")
    type(gone).objects.filter(pk=gone.pk).update(left_at=meeting.slot.ends_at)

    kit = kit_of(event, "en")

    sheet = sheet_of(kit["company-sheets-en.html"], "Parted")
    assert "Gone Person" in sheet
    assert str(meeting.public_id) in kit["marks.csv"]
    assert gone.badge_code not in kit["badges.html"] + kit["marks.html"]
    assert "Other Person" in kit["badges.html"]


def test_a_table_card_names_nobody_who_did_not_agree_to_be_listed(event):
    table, slot = made.TableFactory(event=event, number=3), made.SlotFactory(event=event)
    hidden = company(event, "Quiet Works", consent="not_listed")
    made.MeetingFactory(
        event=event, host=hidden, guest=company(event, "Loud"), slot=slot, table=table,
        status="confirmed",
    )  # fmt: skip
    kit = kit_of(event, "en")

    assert "10:00–10:20 Reserved" in text_of(kit["table-cards.html"])
    assert "Quiet" not in kit["table-cards.html"]
    assert "Loud" not in kit["table-cards.html"]
    assert "Quiet Works" in kit["index.html"]


def test_every_table_has_a_card_for_every_day_with_meetings(world):
    late = made.clock_time(world, 10, day=1)
    slot = made.SlotFactory(event=world, starts_at=late, ends_at=late + dt.timedelta(minutes=20))
    made.MeetingFactory(
        event=world, host=company(world, "A"), guest=company(world, "B"), slot=slot,
        table=world.tables.get(number=8), status="confirmed",
    )  # fmt: skip

    cards = kit_of(world, "en")["table-cards.html"].split('<section class="sheet">')[1:]

    assert [re.findall(r"<b>(\d+)</b>", one)[0] for one in cards] == ["7", "7", "8", "8"]
    assert ["No meetings on this day." in one for one in cards] == [False, True, False, False]


def test_a_badge_leads_to_the_desk_and_can_be_read(world, settings):
    settings.BASE_URL = "https://market.example"
    away = company(world, "Far", person="Remote Person", presence="remote")
    kit = kit_of(world)
    codes = [one.badge_code for one in away.__class__.objects.exclude(pk=away.pk)]

    assert all(f">{code}</p>" in kit["badges.html"] for code in codes)
    assert kit["badges.html"].count('class="qr"') == len(codes) == 4
    assert "Remote Person" not in kit["badges.html"]


def test_an_interpreter_gets_the_meetings_to_speak_in(world):
    sheet = sheet_of(kit_of(world)["interpreters.html"], "Ольга")

    assert "11:20–11:40" in sheet
    assert "ООО «Ромашка Сенсор» Romashka Sensor LLC × 株式会社アサヒ計装" in sheet
    assert "10:00" not in sheet


def test_the_standby_list_is_ranked(event):
    first, second, third = [
        made.MeetingFactory(
            event=event, host=company(event, f"Host {n}"), guest=company(event, f"Guest {n}")
        )
        for n in range(3)
    ]
    asked = made.MeetingRequestFactory(
        event=event, requester=third.host.registration, partner=third.guest.registration,
        status="accepted", wish="must",
    )  # fmt: skip
    third.request = asked
    third.save()
    slot = made.SlotFactory(event=event)
    made.StandbyOfferFactory(meeting=second, slot=slot, rank=1)
    made.StandbyOfferFactory(meeting=first, slot=slot, rank=2, status="waiting", answer_by=None)

    told = text_of(kit_of(event, "en")["standby.html"])

    offered, left = told.split("Meetings without a time")
    assert offered.index("Host 1 × Guest 1") < offered.index("Host 0 × Guest 0")
    assert "Host 2" not in offered
    assert re.findall(r"Host (\d) ×", left) == ["2", "0", "1"]


def test_marks_are_the_rows_of_the_form_and_of_the_table(world):
    marked = world.meetings.get(slot__starts_at=made.clock_time(world, 10))
    marked.host_attendance = "late"
    marked.save()
    kit = kit_of(world, "en")
    rows = marks_of(kit)

    assert tuple(rows[0]) == COLUMNS
    assert [(row["time"], row["table"], row["host_mark"], row["guest_mark"]) for row in rows] == [
        ("10:00–10:20", "8", "late", ""),
        ("11:20–11:40", "7", "", ""),
        ("11:40–12:00", "7", "", ""),
    ]
    assert [row["host_known"] for row in rows] == ["late", "", ""]
    form = text_of(kit["marks.html"])
    assert form.index("10:00–10:20") < form.index("11:20–11:40") < form.index("11:40–12:00")
    assert kit["marks.html"].count('<span class="ticked">late</span>') == 1


def test_the_form_of_marks_has_boxes_for_who_joins_the_two(event):
    late, absent = (company(event, name, person=f"{name} Person") for name in ("Third", "Fourth"))
    meeting = made.MeetingFactory(event=event, others=[late, absent], placed=True)
    meeting.further_marks.create(participant=late, attendance="late")

    form, _list = kit_of(event, "en")["marks.html"].split("Who has come")

    third, fourth = (form.partition(f"<small>{one.name}</small>")[2] for one in (late, absent))
    assert '<span class="ticked">late</span>' in third.partition("</tr>")[0]
    assert "<span>came</span><span>late</span><span>absent</span>" in fourth.partition("</tr>")[0]


def test_a_kit_says_when_it_was_made_and_from_which_version(world):
    at = dt.datetime(2026, 6, 25, 5, 30, tzinfo=dt.UTC)
    before = kit_of(world, "en", at=at)
    made.TimetableFactory(event=world, number=4, final=True, published_at=at)
    after = kit_of(world, "en", at=at)

    said = "Made on Thu 25 June 2026, 08:30 Minsk (UTC+3), "
    for name in before:
        if name.endswith(".html"):
            assert f"{said}no timetable is published" in text_of(before[name])
            assert f"{said}timetable version 4 (Final) of Thu 25 June" in text_of(after[name])


def test_no_name_becomes_code(event):
    host = company(event, HOSTILE, person=HOSTILE, position=HOSTILE)
    guest = company(event, "=cmd|'/c calc'!A0", person="@SUM(1)")
    table, speaker = made.TableFactory(event=event), made.InterpreterFactory(event=event)
    speaker.name = HOSTILE
    speaker.save()
    made.MeetingFactory(
        event=event, host=host, guest=guest, slot=made.SlotFactory(event=event), table=table,
        status="confirmed", interpreter=speaker,
    )  # fmt: skip
    made.MeetingFactory(event=event, host=host, guest=company(event, HOSTILE + "2"))

    kit = kit_of(event)

    for name, page in kit.items():
        if name.endswith(".html"):
            assert "<script>alert" not in page, name
    assert "&lt;script&gt;alert" in kit["company-sheets-en.html"]
    assert ",'=cmd|'/c calc'!A0,'@SUM(1)," in kit["marks.csv"]


def test_a_file_asks_for_nothing_from_anywhere(world):
    for name, page in kit_of(world).items():
        if name.endswith(".html"):
            assert "default-src &#x27;none&#x27;" in page, name
            links = re.findall(r'(?:src|href)="([^"]*)"', page)
            assert all(link.startswith("#") or link in FILES for link in links), name
            assert "url(" not in page


def test_an_event_without_anything_has_a_kit_that_says_so(event):
    kit = kit_of(event, "en")

    assert "No company takes part yet." in kit["company-sheets-en.html"]
    assert "No meeting has a table yet." in kit["table-cards.html"]
    assert "Nobody stands in line." in kit["standby.html"]
    assert kit["marks.csv"].count("\n") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_kit_takes_the_same_queries_for_any_number_of_rows(event, count):
    for number in range(count):
        meeting = made.MeetingFactory(
            event=event,
            host=company(event, f"Host {number}"),
            guest=company(event, f"Guest {number}"),
            others=[company(event, f"Other {number}")],
            slot=made.SlotFactory(event=event),
            table=made.TableFactory(event=event),
            interpreter=made.InterpreterFactory(event=event),
            status="confirmed",
        )
        waiting = made.MeetingFactory(event=event, host=meeting.host, guest=meeting.guest)
        made.StandbyOfferFactory(meeting=waiting)

    with CaptureQueriesContext(connection) as asked:
        list(make_kit(event, ["ru", "en"]))

    assert len(asked) == 11


def test_the_command_writes_the_same_files(world, tmp_path, capsys):
    call_command("event_kit", str(world.public_id), out=tmp_path / "kit", languages=["ru", "en"])

    assert sorted(one.name for one in (tmp_path / "kit").iterdir()) == sorted(FILES)
    assert capsys.readouterr().out.count("\n") == len(FILES)


@pytest.mark.parametrize("named", ["999999999", "nonsense", "00000000-0000-0000-0000-000000000007"])
def test_the_command_says_which_event_is_missing(world, tmp_path, named):
    with pytest.raises(CommandError, match=f"no event {named}"):
        call_command("event_kit", named, out=tmp_path)


def test_the_command_says_what_it_cannot_write(world, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="cannot be written"):
        call_command("event_kit", str(world.pk), out=tmp_path / "file")


def test_the_command_refuses_a_language_that_is_not_spoken(world, tmp_path):
    with pytest.raises(CommandError, match="fr: choose from en, ru, ja"):
        call_command("event_kit", str(world.pk), "--out", str(tmp_path), "--languages", "ru,fr")
