import codecs
import datetime as dt
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chambers.gates.files import BrokenFileError
from chambers.gates.tables import (
    COLUMNS,
    LINE,
    encoding_of,
    neutral,
    original,
    read_table,
    text_lines,
    write_table,
)

RUSSIAN = "название;страна\nООО «Ромашка Сенсор»;RU\nЗАВОД «ЩЁЛКОВСКИЙ» — приборы;RU\n"
JAPANESE = "name,country\n株式会社ヤマハ発動機,JP\n有限会社サクラ精機、ｶﾞｽ計器,JP\n"
SIGNS = "=+-@\t\r\n＝＋－＠"

texts = st.text(st.characters(codec="utf-8"), max_size=20)
active_texts = st.builds(
    lambda quotes, spaces, sign, rest: quotes + spaces + sign + rest,
    st.text("'", max_size=3),
    st.text(" \u3000\xa0", max_size=2),
    st.sampled_from(SIGNS),
    texts,
)


def read(content, encoding=None):
    encoding = encoding or encoding_of(io.BytesIO(content))
    table = read_table(io.BytesIO(content), encoding)
    return table.header, list(table.rows)


def written(header, rows):
    target = io.BytesIO()
    write_table(target, header, rows)
    return target.getvalue()


@given(st.lists(st.lists(texts | active_texts, min_size=2, max_size=2), max_size=8))
def test_a_written_table_gives_back_what_went_in(rows):
    content = written(["id", "name"], rows)

    header, found = read(content)

    assert header == ("id", "name")
    assert [list(cells.values()) for _, cells in found] == rows


@given(texts | active_texts)
def test_no_written_cell_begins_with_a_formula(text):
    cell = neutral(text)

    assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠"}
    assert cell[:1] not in {*"\t\r\n"}
    assert original(cell) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+7 495 000", "'+7 495 000"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        (" =1", "' =1"),
        ("\t1", "'\t1"),
        ("'=1", "''=1"),
        ("O'Neill", "O'Neill"),
        ("'quoted'", "'quoted'"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_cell_that_would_compute_gets_a_sign_in_front(text, cell):
    assert neutral(text) == cell
    assert original(cell) == text


def test_numbers_and_dates_are_written_as_such_behind_the_mark_that_excel_wants():
    content = written(["a", "b", "c", "d"], [[-5, 1.5, dt.date(2026, 3, 1), None]])

    assert content == codecs.BOM_UTF8 + b"a,b,c,d\r\n-5,1.5,2026-03-01,\r\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("name\nRomashka\n", "ascii", "utf-8-sig"),
        (RUSSIAN, "utf-8", "utf-8-sig"),
        (RUSSIAN, "utf-8-sig", "utf-8-sig"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN.upper(), "cp1251", "cp1251"),
        (RUSSIAN.lower(), "cp1251", "cp1251"),
        ("name;country\nООО Ёж;RU\n", "cp1251", "cp1251"),
        (JAPANESE, "utf-8", "utf-8-sig"),
        (JAPANESE, "cp932", "cp932"),
        ("name,country\n東京精密,JP\n", "cp932", "cp932"),
        ("name,country\nヤマハ,JP\n", "cp932", "cp932"),
        ("", "ascii", "utf-8-sig"),
    ],
)
def test_the_encoding_is_told_by_the_letters(text, encoding, found):
    assert encoding_of(io.BytesIO(text.encode(encoding))) == found
    assert text.encode(encoding).decode(found).removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("nom;pays\nSociété Générale;FR\nCrédit à l'étranger;FR\n", "cp1252"),
        ("name;land\nMüller Maschinenbau;DE\nGröße und Süden;DE\n", "cp1252"),
        ("name,country\n삼성전자,KR\n현대자동차,KR\n", "cp949"),
        ("name,country\nRomashka\n", "utf-16"),
    ],
)
def test_an_unknown_encoding_is_refused_rather_than_guessed(text, encoding):
    with pytest.raises(BrokenFileError, match="Save it as UTF-8"):
        encoding_of(io.BytesIO(text.encode(encoding)))


def test_letters_that_stop_making_sense_name_their_line():
    lines = text_lines(io.BytesIO("имя\nМосква\n".encode() + b"\xff\xfe\n"), "utf-8-sig")

    with pytest.raises(BrokenFileError, match="Line 3: The letters are not UTF-8 throughout"):
        list(lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(delimiter):
    content = delimiter.join([" Legal  Name", '"Form, of; law"', "Country"]) + "\n"
    content += delimiter.join(["Romashka", "LLC", "RU"]) + "\n"

    assert read(content.encode()) == (
        ("legal name", "form, of; law", "country"),
        [(2, {"legal name": "Romashka", "form, of; law": "LLC", "country": "RU"})],
    )


def test_a_hint_for_excel_names_the_delimiter():
    assert read(b"sep=|\r\nname,x|country\r\nRomashka|RU\r\n") == (
        ("name,x", "country"),
        [(3, {"name,x": "Romashka", "country": "RU"})],
    )


def test_rows_know_the_line_they_begin_on_and_empty_lines_are_left_out():
    content = b'name,note\n\nOne,"two\nlines"\n\nTwo,\n'

    assert read(content)[1] == [
        (3, {"name": "One", "note": "two\nlines"}),
        (6, {"name": "Two", "note": ""}),
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "does not name the columns"),
        (b"\n\n", 1, "does not name the columns"),
        (b",,\nRomashka,RU,x\n", 1, "does not name the columns"),
        (b"name,Name \nx,y\n", 1, "column name stands there twice"),
        (b",".join(b"c%d" % n for n in range(COLUMNS + 1)), 1, "more than 100 columns"),
        (b"name,country\nRomashka,RU\nLutik\n", 3, "names 2 columns, this row has 1"),
        (b"name,country\nRomashka,RU,7\n", 2, "names 2 columns, this row has 3"),
        (b'name,country\nx,y\n"Romashka,RU\nLutik,RU\n', 3, "no table row"),
        (b'name,country\n"Rom"ashka,RU\n', 2, "no table row"),
        (b"name,country\rRomashka,RU\r", 1, "no table row"),
        (b"name,country\nx," + b"y" * 200_000, 2, "no table row"),
        (b"name,country\nx," + b"y" * LINE, 2, "longer than"),
    ],
)
def test_a_broken_table_names_line_and_reason(content, line, reason):
    with pytest.raises(BrokenFileError, match=reason) as caught:
        read(content)

    assert caught.value.line == line


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_broken_file(content):
    with suppress(BrokenFileError):
        header, rows = read(content)

        assert all(len(cells) == len(header) for _, cells in rows)
