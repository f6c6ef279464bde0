"""What an import takes and refuses as a file, and what becomes of the order."""

import gzip
import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from chambers.gates import tables
from chambers.gates.files import BrokenFileError
from chambers.models import Chamber, Company, Country, Job
from chambers.services import imports, jobs
from tests.chambers.import_files import company_file, digest, run_import
from tests.factories import ChamberFactory, CompanyFactory, CountryFactory

pytestmark = pytest.mark.django_db

WERK = {"id": "x:1", "name": "Werk", "country": "DE"}


@pytest.fixture(autouse=True)
def chamber():
    """Three countries and a chamber, to see what a refused file leaves alone."""
    for code in ("DE", "JP", "RU"):
        CountryFactory(code=code)
    return ChamberFactory(country__code="RU")


def test_columns_that_are_not_used_are_named(tmp_path):
    job, _ = run_import(company_file(tmp_path, {**WERK, "phone": "1", "source": "x"}))

    assert job.result["unused"] == ["phone", "source"]


@pytest.mark.parametrize(
    ("name", "encoding", "company"),
    [
        ("a.csv", "utf-8", "ООО «Ромашка»"),
        ("a.csv", "utf-8-sig", "株式会社サクラ"),
        ("a.csv", "cp1251", "ООО «Ромашка»"),
        ("a.csv.gz", "cp1251", "ЗАВОД «ЩЁЛКОВО»"),
        ("a.csv", "cp932", "株式会社サクラ精機"),
    ],
)
def test_tables_in_the_usual_encodings_are_read(tmp_path, name, encoding, company):
    text = f"Name;Country;Tags\r\n{company};RU;a|b\r\n\r\n"
    content = text.encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)

    job, report = run_import(tmp_path / name)

    assert job.state == Job.State.DONE, job.error
    assert (report[0]["line"], report[0]["verdict"]) == ("2", "accepted")
    assert Company.objects.get().legal_name == company
    assert Company.objects.get().industry == "a; b"


def test_an_exported_name_that_looks_like_a_formula_comes_back_and_never_computes(tmp_path):
    target = io.BytesIO()
    tables.write_table(target, ["name", "country"], [["=2+5 GmbH", "DE"], ["@home GmbH", "DE"]])
    (tmp_path / "export.csv").write_bytes(target.getvalue())

    run_import(tmp_path / "export.csv")

    names = sorted(Company.objects.values_list("legal_name", flat=True))
    report = (tmp_path / "report.csv").read_text("utf-8-sig")
    assert names == ["=2+5 GmbH", "@home GmbH"]
    assert "'=2+5 GmbH" in report
    assert ",=2" not in report


GOOD = b'{"id": "x:1", "name": "Werk", "country": "DE"}\n'


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", GOOD * 3 + b'{"id": "x:2", "name"\n' + GOOD, "Line 4: This is no JSON"),
        ("a.jsonl", GOOD + b"[" * 100_000 + b"\n", "Line 2: This is no JSON"),
        ("a.jsonl", GOOD + b'"text"\n', "Line 2: This is no JSON object"),
        ("a.jsonl", b'{"a": 1}' + b" " * 1024 * 1024 + b"\n", "Line 1: The line is longer"),
        ("a.csv", b"name,city\nWerk,Bonn\n", "Line 1: The column country is missing"),
        ("a.csv", b"name,country\nWerk,DE\nWerk 2\n", "Line 3: The header names 2 columns"),
        ("a.csv", b'name,country\nWerk,DE\n"Werk,DE\n', "Line 3: This is no table row"),
    ],
)
def test_a_broken_file_changes_nothing_and_is_not_tried_again(tmp_path, name, content, told):
    CompanyFactory()
    before = digest()
    (tmp_path / name).write_bytes(content)

    job, report = run_import(tmp_path / name)

    assert (job.state, report) == (Job.State.CANCELLED, [])
    assert told in job.error
    assert digest() == before


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl.gz", gzip.compress(GOOD * 50, mtime=0)[:-20], "ends in the middle"),
        ("a.jsonl", b"[" + GOOD + b"]", "one JSON object per line"),
        ("a.jsonl", '{"name": "Луч"}'.encode("cp1251"), "JSON is written in UTF-8"),
        ("a.csv", b"\xef\xbb\xbf \n", "The file is empty"),
        ("a.csv", b"", "The file is empty"),
        ("a.csv", "name;country\nSociété;FR\n".encode("cp1252"), "Save it as UTF-8"),
        ("a.xlsx", b"PK\x03\x04", "Save the table as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_stops_the_job(tmp_path, name, content, told):
    before = digest()
    (tmp_path / name).write_bytes(content)

    job, report = run_import(tmp_path / name)

    assert (job.state, report) == (Job.State.CANCELLED, [])
    assert told in job.error
    assert digest() == before


def test_a_missing_file_makes_no_job(tmp_path):
    with pytest.raises(BrokenFileError, match="No such file"):
        imports.order_import(tmp_path / "nothing.csv", report=tmp_path / "report.csv")

    assert not Job.objects.exists()


def test_without_countries_the_next_step_is_named(tmp_path):
    Chamber.objects.all().delete()
    Country.objects.all().delete()

    with pytest.raises(ValidationError, match=r"manage\.py seed"):
        imports.order_import(company_file(tmp_path, WERK), report=tmp_path / "report.csv")


def test_a_worker_finishes_what_a_silent_process_left(tmp_path):
    path = company_file(tmp_path, WERK)
    job, lease = imports.order_import(path, report=tmp_path / "report.csv")
    assert imports.order_import(path, report=tmp_path / "report.csv") == (job, None)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    jobs.work_off()

    job.refresh_from_db()
    assert (job.state, job.tries) == (Job.State.DONE, 2)
    assert (tmp_path / "report.csv").exists()
    jobs.do(lease)  # the silent one wakes up: its lease is lost
    assert Company.objects.count() == 1


def test_a_file_changed_after_the_order_is_not_imported(tmp_path):
    path = company_file(tmp_path, WERK)
    job, lease = imports.order_import(path, report=tmp_path / "report.csv")
    company_file(tmp_path, WERK, {**WERK, "id": "x:2", "name": "Werk 2"})

    jobs.do(lease)

    job.refresh_from_db()
    assert (job.state, Company.objects.count()) == (Job.State.CANCELLED, 0)
    assert "changed after" in job.error


def test_a_stopped_import_changes_nothing(tmp_path):
    path = company_file(tmp_path, WERK)
    job, lease = imports.order_import(path, report=tmp_path / "report.csv")
    before = digest()
    jobs.cancel(job)

    jobs.do(lease)

    assert digest() == before
    assert not (tmp_path / "report.csv").exists()


def test_an_order_that_failed_too_often_is_made_anew(tmp_path):
    path = company_file(tmp_path, WERK)
    job, _ = imports.order_import(path, report=tmp_path / "report.csv")
    Job.objects.update(state=Job.State.QUEUED, tries=5, run_after=timezone.now() + timedelta(1))
    Job.objects.update(lease=None, lease_until=None)

    again, lease = imports.order_import(path, report=tmp_path / "report.csv")

    assert again != job
    assert lease.job == again
    assert Job.objects.get(pk=job.pk).state == Job.State.PARKED
