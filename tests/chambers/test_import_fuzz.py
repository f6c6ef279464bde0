import gzip
import json
import random
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import CharField
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chambers.gates import tables
from chambers.gates.files import BrokenFileError
from chambers.models import Chamber, Company, Job
from chambers.services.imports.report import HEADER, Verdict
from chambers.services.imports.rows import COLUMNS, CompanyRow, RefusedRowError, read_company
from chambers.services.imports.texts import one_line, paragraphs, repaired
from tests.chambers.import_files import company_file, digest, run_import
from tests.factories import CompanyFactory, CountryFactory

any_text = st.text(max_size=40) | st.text(st.characters(), max_size=10)
wild_names = st.sampled_from(
    [
        *("ООО «Ромашка»", "ROMASHKA LLC", "ромашка", "=cmd|' /C calc'!A0", "\ufeff", "ООО", "!!!"),
        *("株式会社サクラ", "ｻｸﾗ株式会社", "a\u0301" * 30, "\u202egnp.exe", "'; DROP TABLE x; --"),
        *("\\", "\\.", "\\N", "NULL", "\t\t", "a\nb", "{}", "%s", "%(reason)s"),
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | wild_names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=4,
)
likely = {
    "id": st.sampled_from(["x:1", "x:2", "x:3", "", None]),
    "name": wild_names | any_text,
    "name_local": wild_names,
    "country": st.sampled_from(["RU", "JP", "ru", "", "XX"]),
    "registration_number": st.sampled_from(["", "1", "2"]),
    "website": st.sampled_from(["", "a.example", "http://[", "https://b.example/ж"]) | any_text,
    "tags": st.lists(wild_names, max_size=3),
    "description": wild_names | any_text,
    "language": st.sampled_from(["", "ru", "zz", "Russian"]),
}
records = st.fixed_dictionaries(
    {}, optional={name: likely.get(name, any_text) | values for name in COLUMNS}
) | st.dictionaries(st.sampled_from(COLUMNS) | any_text, values, max_size=6)


@pytest.fixture
def world(db):
    for code in ("RU", "JP"):
        CountryFactory(code=code)
    CompanyFactory(external_id="x:1", registration_number="1", legal_name="ООО «Ромашка»")


FIELDS = {
    field.name: field
    for field in Company._meta.get_fields()
    if isinstance(field, CharField) and field.name in CompanyRow.__dataclass_fields__
}

fuzzed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)


@contextmanager
def undone():
    """Nothing of an example is left for the next: each fails by itself, and again when repeated.

    A statement that fails would else make all later examples fail for no reason of their own; and
    one transaction keeps sixty locks of every import until the database has no room for more.
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def imported_or_untouched(path, **options):
    """Import a file and hold it to the one promise: whole and reported, or nothing."""
    before = digest()
    companies = Company.objects.count()

    job, report = run_import(path, **options)

    if job.state == Job.State.DONE:
        assert len(report) == job.result["rows"] == sum(job.result[one] for one in Verdict.values)
        assert [row["verdict"] for row in report].count("accepted") == job.result["accepted"]
        assert Company.objects.count() == companies + job.result["accepted"]
        assert Company.objects.filter(memberships=None).count() <= 1
    else:
        assert job.state == Job.State.CANCELLED, job.error
        assert job.error
        assert (report, digest()) == ([], before)
    return job


@settings(deadline=None, max_examples=1_500)
@given(records)
def test_any_record_is_a_company_that_fits_or_is_refused(record):
    with suppress(RefusedRowError):
        row = read_company(record, {"RU", "JP"})

        assert row.legal_name
        assert row.names
        for name, field in FIELDS.items():
            assert len(getattr(row, name)) <= field.max_length
        for text in (row.legal_name, row.city, row.industry, row.description, row.external_id):
            assert text == text.strip()
            assert "\x00" not in text
            text.encode()


@fuzzed
@given(rows=st.lists(records, min_size=1, max_size=12), keep_duplicates=st.booleans())
def test_any_json_rows_are_imported_whole_or_not_at_all(world, rows, keep_duplicates):
    with tempfile.TemporaryDirectory() as folder, undone():
        path = company_file(folder, *rows)

        job = imported_or_untouched(path, keep_duplicates=keep_duplicates)
        before = digest()
        again = imported_or_untouched(path, keep_duplicates=keep_duplicates)

        assert (again.state, digest()) == (job.state, before)
    if job.state == Job.State.DONE:
        assert again.result["accepted"] == again.result["updated"] == 0


@fuzzed
@given(
    rows=st.lists(st.lists(any_text | wild_names, min_size=3, max_size=3), max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1251", "cp932"]),
    delimiter=st.sampled_from(",;\t"),
)
def test_any_table_is_imported_whole_or_not_at_all(world, rows, encoding, delimiter):
    lines = [["name", "country", "city"], *([name, "RU", city] for name, city, _ in rows)]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    with tempfile.TemporaryDirectory() as folder, undone():
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode(encoding, "replace"))

        imported_or_untouched(path)


@fuzzed
@given(seed=st.integers(0, 2**32), packed=st.booleans(), table=st.booleans())
def test_a_file_damaged_anywhere_is_imported_whole_or_not_at_all(world, seed, packed, table):
    chance = random.Random(seed)
    if table:
        content = "".join(f"x:{n},Завод {n},RU\n" for n in range(20))
        content = ("id,name,country\n" + content).encode()
    else:
        rows = [{"id": f"x:{n}", "name": f"Завод {n}", "country": "RU"} for n in range(20)]
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    content = bytearray(gzip.compress(content, mtime=0) if packed else content)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(content))
        kind = chance.randrange(3)
        if kind == 0:
            content[at] = chance.randrange(256)
        elif kind == 1:
            del content[at : at + chance.randrange(1, 40)]
        else:
            content[at:at] = chance.randbytes(chance.randrange(1, 10))
        content = content or bytearray(b"x")
    with tempfile.TemporaryDirectory() as folder, undone():
        path = Path(folder) / "a"
        path.write_bytes(content)

        imported_or_untouched(path)


def test_no_report_of_any_row_computes(world, tmp_path):
    path = company_file(tmp_path, *({"name": f"{sign}1+1", "country": "RU"} for sign in "=+-@＝"))

    run_import(path)

    with (tmp_path / "report.csv").open("rb") as stream:
        lines = list(tables.text_lines(stream, "utf-8-sig"))
    assert lines[0] == (1, ",".join(HEADER) + "\r\n")
    assert [line.split(",")[2][0] for _, line in lines[1:]] == ["'"] * 5
    assert Chamber.objects.count() == 1


@given(st.text())
def test_cleaned_text_is_clean_already(text):
    for clean in (one_line, paragraphs):
        once = clean(text)
        assert clean(once) == once
        assert once == once.strip()
        assert "\x00" not in once
    assert "\n" not in one_line(text)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_text_that_was_read_rightly_is_left_alone_and_the_rest_repaired(text):
    again = repaired(text)

    if again != text:
        assert again.isprintable() or any(letter.isspace() for letter in again)
        assert any(
            again.encode() == text.encode(name, "replace") for name in ("cp1252", "latin-1")
        ) or (again.encode() == text.encode("cp1251"))


@pytest.mark.parametrize("text", ["Société", "Müller & Söhne", "«Ромашка» №1", "株式会社", "Ёлка»"])
def test_ordinary_names_are_not_repaired(text):
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("TelÅ¡iai", "Telšiai"),
        ("Val-d\xe2\x80\x99Or", "Val-d’Or"),
        ("SociÃ©tÃ©", "Société"),
        ("РњРѕСЃРєРІР°", "Москва"),
        ("æ\xa0ªå¼\x8fä¼\x9aç¤¾", "株式会社"),
        ("SociГ©tГ©", "Société"),
        # One letter alone may be what somebody meant.
        ("TelЕЎiai", "TelЕЎiai"),
    ],
)
def test_names_read_wrongly_once_are_repaired(wrong, right):
    assert repaired(wrong) == right


def test_a_broken_file_error_says_its_line_first():
    assert str(BrokenFileError("No.", line=7)) == "Line 7: No."
    assert str(BrokenFileError("No.")) == "No."
