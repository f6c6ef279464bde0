"""What the rows of an import become: companies, fields, members, and who is who already."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from chambers.models import Chamber, Company, Job, Membership
from chambers.selectors.search import search_companies
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


def test_only_the_first_rows_are_read_when_asked_for(bring):
    rows = [{"id": f"d:{n}", "name": f"Werk {n}", "country": "DE"} for n in range(5)]

    assert list(bring(*rows, limit=2)) == ["d:0", "d:1"]
    assert [row[0] for row in bring(*rows).values()] == ["unchanged"] * 2 + ["accepted"] * 3
