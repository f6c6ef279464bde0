"""The kit answers from a file with the network off; marks are typed in by keyboard."""

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from marketplace.models import Meeting
from marketplace.services.kit import write_kit
from tests import event_factories as made
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(chamber):
    """A Russian and a Japanese company meet at 11:20 at table 7, and the latter again at 11:40."""
    event = made.EventFactory(
        chamber=chamber,
        name={"en": "Forum", "ru": "Форум", "ja": "フォーラム"},
        starts_on=dt.date.today() - dt.timedelta(days=1),
    )
    people = [
        made.ParticipantFactory(
            registration__event=event,
            registration__company__legal_name=name,
            registration__company__legal_name_latin=latin,
        )
        for name, latin in (
            ("ООО «Ромашка Сенсор»", "Romashka Sensor LLC"),
            ("株式会社アサヒ計装", "Asahi Keiso Co., Ltd."),
            ("<b>Hostile</b><script>document.title = 'taken'</script>", ""),
        )
    ]
    table = made.TableFactory(event=event, number=7)
    slots = [made.SlotFactory(event=event, number=number) for number in (4, 5)]
    for (host, guest), slot in zip(((0, 1), (1, 2)), slots, strict=True):
        made.MeetingFactory(
            event=event, host=people[host], guest=people[guest], slot=slot, table=table,
            status="confirmed",
        )  # fmt: skip
    return event


@pytest.fixture
def offline(chromium):
    """Opens files in a browser that has no network."""
    contexts = []

    def open_file(path, **options):
        contexts.append(chromium.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("language", "typed", "table", "other"),
    [
        ("ru", "ромашка", "стол 7", "株式会社アサヒ計装"),
        ("ru", "romashka sensor", "стол 7", "株式会社アサヒ計装"),
        ("ja", "アサヒ", "テーブル7", "ООО «Ромашка Сенсор»"),
        ("ja", "asahi", "テーブル7", "ООО «Ромашка Сенсор»"),
    ],
)
def test_where_a_company_is_at_a_time_is_answered_with_the_network_off(
    offline, asked, tmp_path, language, typed, table, other, width
):
    write_kit(asked, [language], tmp_path)
    page = offline(tmp_path / "index.html", viewport={"width": width, "height": 800})

    page.locator("#ask-time").fill("11:25")
    page.locator("#ask-name").fill(typed)
    found = page.locator("#found strong").all_inner_texts()
    page.locator("#ask-name").fill(f"{typed} 9:30")
    early = page.locator("#found li").all_inner_texts()

    assert len(found) == 1
    assert found[0].startswith("11:20–11:40")
    assert table in found[0]
    assert other in found[0]
    assert len(early) == 1
    assert "11:20–11:40" in early[0].partition("09:30")[2]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert page.complaints == []


def test_a_hostile_name_is_text_in_the_answer_and_in_the_tables(offline, asked, tmp_path):
    write_kit(asked, ["en"], tmp_path)
    page = offline(tmp_path / "index.html")

    page.locator("#ask-name").fill("hostile 11:45")

    expect(page.locator("#found strong")).to_have_count(1)
    expect(page.locator("#found b")).to_contain_text("<script>document.title")
    assert page.title() == "Who is where · Forum"
    assert page.complaints == []


def test_without_scripts_the_tables_answer(offline, asked, tmp_path):
    write_kit(asked, ["en"], tmp_path)
    page = offline(tmp_path / "index.html", java_script_enabled=False)

    row = page.locator("section:has(h3:has-text('Romashka')) tr[data-first='11:20']")

    expect(page.locator("#ask")).not_to_be_visible()
    assert "table 7" in row.inner_text()
    assert "株式会社アサヒ計装" in row.inner_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_marks_are_typed_in_by_keyboard_without_scripts(browse, asked, chamber, width):
    person = factories.StaffFactory(chamber=chamber).person
    page = browse(person, java_script_enabled=False, viewport={"width": width, "height": 900})
    page.goto(reverse("admin:marketplace_event_marks", args=[asked.pk]))

    page.locator("select").first.focus()
    page.keyboard.press("2")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("1 meeting marked.").wait_for()

    first, second = Meeting.objects.order_by("slot__starts_at")
    assert (first.host_attendance, first.guest_attendance, first.status) == ("late", "came", "held")
    assert second.host_attendance == "unknown"
    assert f"slot={second.slot.public_id}" in page.url
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.complaints == []
