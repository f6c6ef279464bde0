import gzip
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from chambers.gates import tables
from chambers.gates.files import BrokenFileError
from chambers.models import Chamber, Company, Job, Membership
from chambers.selectors.search import search_companies
from chambers.services import imports, jobs
from chambers.services.companies import reindex_company
from tests.chambers.import_files import company_file, digest, run_import
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    RepresentativeFactory,
    TradeCodeFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def russia():
    """Four countries; only Russia has a national chamber, beside a city's."""
    for code in ("BY", "DE", "JP", "RU"):
        CountryFactory(code=code)
    ChamberFactory(country__code="RU", kind=Chamber.Kind.CITY)
    return ChamberFactory(country__code="RU", kind=Chamber.Kind.NATIONAL)


@pytest.fixture
def bring(tmp_path):
    """Import records; the report as {id or name: (verdict, field, other)}."""

    def do(*records, **options):
        job, report = run_import(company_file(tmp_path, *records), **options)
        assert job.state == Job.State.DONE, job.error
        return {row["id"] or row["name"]: pick(row) for row in report}

    def pick(row):
        return (row["verdict"], row["field"], row["other"])

    return do


ACCEPTED = ("accepted", "", "")
UNCHANGED = ("unchanged", "", "")
SENSOR = {
    "id": "reg:1",
    "name": "Romashka Sensor LLC",
    "name_local": "ООО «Ромашка Сенсор»",
    "country": "RU",
    "city": "Москва",
    "registration_number": "1027700132195",
    "website": "https://www.romashka.example/",
    "industry": "Приборы",
    "tags": ["сенсоры", "приборы"],
    "description": "Датчики давления для насосов.",
    "language": "ru",
}


def test_a_company_becomes_a_listed_member_of_its_national_chamber(bring, russia):
    report = bring(SENSOR)

    company = Company.objects.get()
    membership = company.memberships.get()
    assert report == {"reg:1": ACCEPTED}
    assert company.legal_name == "ООО «Ромашка Сенсор»"
    assert company.legal_name_latin == "Romashka Sensor LLC"
    assert (company.country_id, company.city) == ("RU", "Москва")
    assert (company.registration_number, company.external_id) == ("1027700132195", "reg:1")
    assert company.website == "https://www.romashka.example/"
    assert company.industry == "Приборы; сенсоры"
    assert company.description == {"ru": "Датчики давления для насосов."}
    assert (membership.chamber, membership.status) == (russia, Membership.Status.NEW)
    assert list(Company.objects.visible_to(AnonymousUser())) == [company]
    company.full_clean()
    membership.full_clean()


def test_an_imported_company_is_found_as_if_a_service_had_stored_it(bring):
    bring(SENSOR)

    company = Company.objects.get()
    imported = (company.search, company.names)
    reindex_company(company)
    company.refresh_from_db()
    assert (company.search, company.names) == imported
    for question in ("насосы", "romashka", "Ромашко"):
        assert list(search_companies(Company.objects.all(), question, member=False)) == [company]


@pytest.mark.parametrize(
    ("name", "local", "legal", "latin"),
    [
        ("NIYAC CORPORATION", "株式会社ニヤク", "株式会社ニヤク", "NIYAC CORPORATION"),
        ("ООО «ЖБИ»", "ЖБИ", "ООО «ЖБИ»", ""),
        ("Ｇｍｏ　株式会社", "Ｇｍｏ　株式会社", "Gmo 株式会社", ""),
        ("Müller  GmbH", "", "Müller GmbH", ""),
        ("", "ヤマハ株式会社", "ヤマハ株式会社", ""),
        ("ヤマハ株式会社", "Yamaha", "ヤマハ株式会社", "Yamaha"),
        ("MÃ¼ller GmbH", "", "Müller GmbH", ""),
        ("РћРћРћ Р›СѓС‡", "", "ООО Луч", ""),
    ],
)
def test_the_legal_name_is_the_native_one(bring, name, local, legal, latin):
    bring({"name": name, "name_local": local, "country": "JP"})

    company = Company.objects.get()
    assert (company.legal_name, company.legal_name_latin) == (legal, latin)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \u200b\t"}, "name"),
        ({"name": None}, "name"),
        ({"name": ["Lutik"]}, "name"),
        ({"name": True}, "name"),
        ({"name": "Л" * 301}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"country": ""}, "country"),
        ({"country": "XX"}, "country"),
        ({"country": "Russia"}, "country"),
        ({"country": 7}, "country"),
        ({"id": "x" * 121}, "id"),
        ({"id": "a\u0000b"}, "id"),
        ({"registration_number": "7" * 41}, "registration_number"),
        ({"tags": 5}, "tags"),
        ({"tags": [{}]}, "tags"),
        ({"description": {"en": "no"}}, "description"),
    ],
)
def test_a_row_without_an_identity_or_of_another_shape_is_refused(bring, fields, field):
    report = bring({"name": "Лютик", "country": "RU", **fields}, SENSOR)

    assert report.pop("reg:1") == ACCEPTED
    assert [row[:2] for row in report.values()] == [("refused", field)]
    assert Company.objects.get().external_id == "reg:1"


@pytest.mark.parametrize(
    ("fields", "field", "stored"),
    [
        ({"website": "javascript:alert(1)"}, "website", {"website": ""}),
        ({"website": "http://no dots"}, "website", {"website": ""}),
        ({"website": "https://x.example/" + "a" * 300}, "website", {"website": ""}),
        ({"website": "www.lutik.example"}, "", {"website": "https://www.lutik.example"}),
        ({"website": "http://мега-хим.рф"}, "", {"website": "http://мега-хим.рф"}),
        ({"city": "М" * 121}, "city", {"city": ""}),
        ({"city": "  Нижний \u00a0 Новгород\n"}, "", {"city": "Нижний Новгород"}),
        ({"industry": "x" * 301}, "industry", {"industry": ""}),
        ({"tags": ["a" * 200, "b" * 200]}, "tags", {"industry": "a" * 200}),
        ({"tags": "Сталь|Трубы;сталь"}, "", {"industry": "Сталь; Трубы"}),
        ({"tags": ["jp:陸運業"], "industry": "陸運業"}, "", {"industry": "陸運業"}),
        ({"description": "One.\r\n\r\n\r\nTwo."}, "", {"description": {"en": "One.\n\nTwo."}}),
        ({"description": "部品"}, "", {"description": {"zh": "部品"}}),
        ({"description": "Части", "language": ""}, "", {"description": {"ru": "Части"}}),
        ({"description": "Teile", "language": "DE-de"}, "", {"description": {"de": "Teile"}}),
        ({"description": "Teile", "language": "German"}, "language", {}),
        ({"description": "x" * 12_001}, "description", {"description": {"en": "x" * 12_000}}),
    ],
)
def test_a_fault_elsewhere_costs_only_that_field(bring, fields, field, stored):
    report = bring({"id": "reg:2", "name": "Лютик", "country": "RU", **fields})

    company = Company.objects.get()
    assert report == {"reg:2": ("accepted", field, "")}
    assert {name: getattr(company, name) for name in stored} == stored
    company.full_clean()


def test_the_same_file_again_changes_nothing(bring):
    rows = [SENSOR, {"name": "Лютик", "country": "RU", "description": "Цветы"}]
    bring(*rows)
    before = digest()

    report = bring(*rows)

    assert report == {"reg:1": UNCHANGED, "Лютик": ("unchanged", "", report["Лютик"][2])}
    assert digest() == before


def test_a_changed_row_changes_what_it_says_and_leaves_the_rest(bring):
    bring(SENSOR)
    company = Company.objects.get()
    company.codes.add(TradeCodeFactory(code="902620", label_en="Pressure gauges"))
    Company.objects.update(updated_at=timezone.now() - timedelta(days=1))
    changes = {"city": "", "description": "Pressure transmitters.", "language": "en"}

    report = bring({**SENSOR, **changes, "website": "https://romashka.example"})

    company.refresh_from_db()
    assert report == {"reg:1": ("updated", "website, description", "")}
    assert company.city == "Москва"
    assert company.website == "https://romashka.example"
    assert company.description == {
        "ru": "Датчики давления для насосов.",
        "en": "Pressure transmitters.",
    }
    assert timezone.now() - company.updated_at < timedelta(minutes=1)
    for question in ("насос", "transmitters", "gauges"):
        assert list(search_companies(Company.objects.all(), question, member=False)) == [company]
    assert company.memberships.count() == 1


def test_a_company_with_people_of_its_own_keeps_its_profile(bring):
    bring(SENSOR)
    RepresentativeFactory(company=Company.objects.get())
    before = digest()

    report = bring({**SENSOR, "website": "https://other.example"})

    assert report == {"reg:1": UNCHANGED}
    assert digest() == before


@pytest.mark.parametrize(
    ("stored", "row", "verdict"),
    [
        # Number and country are one company, whatever the name.
        ({"external_id": ""}, {"name": "Лютик"}, ("updated", "id, name", "")),
        ({"external_id": ""}, {"id": "", "name": "Лютик"}, ("updated", "name", "")),
        ({"external_id": "other:7"}, {}, ("duplicate", "registration_number", "other:7")),
        ({"country__code": "BY", "external_id": ""}, {}, ACCEPTED),
        # An id may not move a company to another country or number.
        ({"external_id": "reg:1", "country__code": "BY"}, {}, ("refused", "country", "reg:1")),
        (
            {"external_id": "reg:1", "registration_number": "5"},
            {},
            ("refused", "registration_number", "reg:1"),
        ),
        ({"external_id": "reg:1", "registration_number": ""}, {}, None),
    ],
)
def test_number_with_country_decides_who_a_company_is(bring, stored, row, verdict):
    CompanyFactory(**{"registration_number": SENSOR["registration_number"], **stored})

    numbered = {name: SENSOR[name] for name in ("id", "name", "country", "registration_number")}

    report = bring({**numbered, **row})

    (found,) = report.values()
    assert found == verdict if verdict else found[0] == "updated"
    assert Company.objects.count() == (2 if verdict == ACCEPTED else 1)


def test_an_id_and_a_number_of_two_companies_are_refused(bring):
    CompanyFactory(external_id="reg:1")
    CompanyFactory(external_id="reg:2", registration_number=SENSOR["registration_number"])
    before = digest()

    report = bring(SENSOR)

    assert report == {"reg:1": ("refused", "registration_number", "reg:2")}
    assert digest() == before


def test_rows_that_are_one_company_twice_are_taken_once(bring):
    report = bring(
        SENSOR,
        {**SENSOR, "name": "Другое имя"},
        {**SENSOR, "id": "reg:3"},
    )

    assert report["reg:3"] == ("duplicate", "registration_number", "line 1")
    assert Company.objects.get().legal_name_latin == "Romashka Sensor LLC"


LATIN = {"id": "x:1", "name": "ROMASHKA SENSOR LLC", "country": "RU"}
CYRILLIC = {"id": "x:2", "name": "ООО «Ромашка Сенсор»", "country": "RU"}


@pytest.mark.parametrize("stored_first", [True, False])
@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ({}, {}, ("duplicate", "name", "x:1")),
        ({"registration_number": "1"}, {}, ("duplicate", "name", "x:1")),
        ({"registration_number": "1"}, {"registration_number": "2"}, ("accepted", "name", "x:1")),
        ({"website": "https://www.a.example"}, {"website": "http://a.example/ru"}, None),
        (
            {"website": "https://a.example"},
            {"website": "https://b.example"},
            ("accepted", "name", "x:1"),
        ),
        ({}, {"country": "BY"}, ACCEPTED),
        ({}, {"name": "ООО «Ромашка Мотор»"}, ACCEPTED),
        ({"name": "ООО Луч"}, {"name": "ООО Меч"}, ACCEPTED),
        ({"name": "Toyota", "name_local": "トヨタ株式会社"}, {"name": "トヨタ"}, None),
    ],
)
def test_a_name_in_another_script_only_proposes(bring, stored_first, one, other, verdict):
    rows = [{**LATIN, **one}, {**CYRILLIC, **other}]
    if stored_first:
        bring(rows[0])

    report = bring(*rows)

    verdict = verdict or ("duplicate", "name", "x:1")
    assert report["x:2"] == verdict
    assert Company.objects.count() == (1 if verdict[0] == "duplicate" else 2)


def test_alike_names_are_kept_when_asked_for(bring):
    report = bring(LATIN, CYRILLIC, keep_duplicates=True)

    assert report == {"x:1": ACCEPTED, "x:2": ("accepted", "name", "x:1")}
    assert bring(LATIN, CYRILLIC, keep_duplicates=True) == {"x:1": UNCHANGED, "x:2": UNCHANGED}


def test_of_two_alike_rows_the_described_one_stays(bring):
    report = bring(LATIN, {**CYRILLIC, "description": "Датчики"})

    assert report == {"x:1": ("duplicate", "name", "x:2"), "x:2": ACCEPTED}


def test_a_country_without_a_national_chamber_gets_one_placeholder(bring):
    rows = [{"id": f"d:{n}", "name": f"Werk {n}", "country": "DE"} for n in range(3)]
    bring(rows[0], rows[1])

    bring(*rows)

    chamber = Chamber.objects.get(country="DE")
    assert chamber.name_en == "Country DE: national chamber not named yet"
    assert (chamber.zone, chamber.languages) == ("Europe/Berlin", ["de", "en"])
    assert chamber.memberships.in_force().count() == 3


def test_columns_that_are_not_used_are_named(tmp_path):
    job, _ = run_import(company_file(tmp_path, {**SENSOR, "phone": "1", "source": "x"}))

    assert job.result["unused"] == ["phone", "source"]


def test_only_the_first_rows_are_read_when_asked_for(bring):
    rows = [{"id": f"d:{n}", "name": f"Werk {n}", "country": "DE"} for n in range(5)]

    assert list(bring(*rows, limit=2)) == ["d:0", "d:1"]
    assert [row[0] for row in bring(*rows).values()] == ["unchanged"] * 2 + ["accepted"] * 3


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
    CountryFactory._meta.model.objects.all().delete()

    with pytest.raises(ValidationError, match=r"manage\.py seed"):
        imports.order_import(company_file(tmp_path, SENSOR), report=tmp_path / "report.csv")


def test_a_worker_finishes_what_a_silent_process_left(tmp_path):
    path = company_file(tmp_path, SENSOR)
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
    path = company_file(tmp_path, SENSOR)
    job, lease = imports.order_import(path, report=tmp_path / "report.csv")
    company_file(tmp_path, SENSOR, LATIN)

    jobs.do(lease)

    job.refresh_from_db()
    assert (job.state, Company.objects.count()) == (Job.State.CANCELLED, 0)
    assert "changed after" in job.error


def test_a_stopped_import_changes_nothing(tmp_path):
    path = company_file(tmp_path, SENSOR)
    job, lease = imports.order_import(path, report=tmp_path / "report.csv")
    before = digest()
    jobs.cancel(job)

    jobs.do(lease)

    assert digest() == before
    assert not (tmp_path / "report.csv").exists()


def test_an_order_that_failed_too_often_is_made_anew(tmp_path):
    path = company_file(tmp_path, SENSOR)
    job, _ = imports.order_import(path, report=tmp_path / "report.csv")
    Job.objects.update(state=Job.State.QUEUED, tries=5, run_after=timezone.now() + timedelta(1))
    Job.objects.update(lease=None, lease_until=None)

    again, lease = imports.order_import(path, report=tmp_path / "report.csv")

    assert again != job
    assert lease.job == again
    assert Job.objects.get(pk=job.pk).state == Job.State.PARKED
