"""What makes pages light on the line: compressed answers, one sheet of styles."""

import gzip  # noqa: TID251 - reads what a browser gets
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from config.styles import PARTS, SHEET

pytestmark = pytest.mark.django_db
PACKED = {"Accept-Encoding": "gzip"}


def test_a_page_leaves_compressed_for_who_can_read_it(client):
    plain, packed = client.get(reverse("scoring")), client.get(reverse("scoring"), headers=PACKED)

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content).count(b"<h1") == 1
    assert len(packed.content) * 2 < len(plain.content)


def test_the_length_of_a_page_does_not_tell_what_stands_in_it(client):
    lengths = {len(client.get(reverse("scoring"), headers=PACKED).content) for _ in range(8)}

    assert len(lengths) > 1


def test_what_programs_read_is_left_as_it_is(client):
    answer = client.get(reverse("api-chamber-list"), headers=PACKED)

    assert "Content-Encoding" not in answer


def test_the_sheet_of_the_pages_is_all_its_parts_in_their_order():
    sheet = Path(finders.find(SHEET)).read_text()
    parts = [Path(finders.find(f"ui/{part}.css")).read_text() for part in PARTS]

    assert sheet == "\n".join(parts)


def test_a_page_asks_for_one_sheet(client):
    page = client.get(reverse("home")).content.decode()

    assert page.count('rel="stylesheet"') == 1
    assert "ui/site.css" in page
