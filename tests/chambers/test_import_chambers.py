import pytest
from django.core.management import CommandError, call_command

from chambers.models import Chamber
from chambers.services import imports
from tests.chambers.import_files import company_file, digest, read_report, run_import
from tests.factories import ChamberFactory, CountryFactory

pytestmark = pytest.mark.django_db

HEADER = "name,name_local,country,city,website,kind,source"
NATIONAL = "Chamber of Russia,Палата России,RU,Moscow,https://chamber.example,national,x"
CITY = "Vladivostok Chamber,,RU,Vladivostok,,city,x"
BRANCH = "Smolensk Chamber,Смоленская палата,RU,Smolensk,,regional branch,x"


@pytest.fixture(autouse=True)
def countries(db):
    for code in ("RU", "JP", "DE"):
        CountryFactory(code=code)


@pytest.fixture
def bring(tmp_path):
    """Import rows of a table; the report as {name: (verdict, field, other)}."""

    def do(*rows):
        path = tmp_path / "chambers.csv"
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        imports.import_chambers(path, report=tmp_path / "report.csv")
        report = read_report(tmp_path / "report.csv")
        return {row["name"]: (row["verdict"], row["field"], row["other"]) for row in report}

    return do


def test_chambers_get_their_kind_parent_zone_languages_and_address_name(bring):
    report = bring(CITY, BRANCH, NATIONAL, "東京の商工会議所,東京,JP,Tokyo,,commerce/industry,x")

    city, national, branch, tokyo = Chamber.objects.order_by("kind", "name_en")
    assert {verdict for verdict, _, _ in report.values()} == {"accepted"}
    assert (city.kind, city.parent, city.zone) == ("city", national, "Asia/Vladivostok")
    assert (branch.kind, branch.parent, branch.zone) == ("regional", national, "Europe/Moscow")
    assert (branch.name_native, branch.name_ru) == ("Смоленская палата", "Смоленская палата")
    assert (national.slug, national.languages) == ("chamber-of-russia", ["ru", "en"])
    assert national.website == "https://chamber.example"
    assert (tokyo.kind, tokyo.slug, tokyo.name_ja) == ("regional", "chamber", "東京")
    for chamber in (city, branch, national, tokyo):
        chamber.full_clean()


def test_the_same_file_again_changes_nothing(bring):
    bring(NATIONAL, CITY, BRANCH)
    before = digest()

    report = bring(NATIONAL, CITY, BRANCH)

    assert {verdict for verdict, _, _ in report.values()} == {"unchanged"}
    assert digest() == before


def test_a_known_chamber_keeps_its_words_and_gets_what_it_lacks(bring):
    stored = ChamberFactory(
        name_en="CCI of Russia", kind="national", country__code="RU", zone="Europe/Samara", city="X"
    )

    report = bring(NATIONAL)

    stored.refresh_from_db()
    gaps = "name_native, name_ru, website"
    assert report == {"Chamber of Russia": ("updated", gaps, stored.slug)}
    assert (stored.name_en, stored.zone, stored.city) == ("CCI of Russia", "Europe/Samara", "X")
    assert stored.name_native == "Палата России"


def test_chambers_of_one_name_or_address_in_a_country_are_one(bring):
    report = bring(
        "Kammer,,DE,Bonn,https://kammer.example/,city,x",
        "KAMMER,,DE,,,regional,x",
        "IHK,,DE,,http://www.kammer.example,regional,x",
        "Kammer,,JP,,,regional,x",
    )

    assert report["KAMMER"] == ("duplicate", "name", "line 2")
    assert report["IHK"] == ("duplicate", "name", "line 2")
    assert sorted(Chamber.objects.values_list("slug", flat=True)) == ["kammer", "kammer-jp"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",,RU,,,city,x", "name"),
        ("N" * 201 + ",,RU,,,city,x", "name"),
        (f"Chamber,{'N' * 201},RU,,,city,x", "name_local"),
        (f"Chamber,,RU,{'N' * 101},,city,x", "city"),
        ("Chamber,,,,,city,x", "country"),
        ("Chamber,,XX,,,city,x", "country"),
        ("Chamber,,RU,,,transnational,x", "kind"),
        ("Chamber,,RU,,,,x", "kind"),
    ],
)
def test_a_row_that_is_no_chamber_of_a_country_is_refused(bring, row, field):
    report = bring(row, NATIONAL)

    assert [found[:2] for found in report.values()] == [("refused", field), ("accepted", "")]


def test_a_website_that_is_none_is_not_stored(bring):
    bring("Chamber,,RU,,javascript:alert(1),city,x")

    assert Chamber.objects.get().website == ""


def test_the_chamber_of_a_country_takes_the_place_of_its_placeholder(bring, tmp_path):
    run_import(company_file(tmp_path, {"name": "ООО Луч", "country": "RU"}))
    placeholder = Chamber.objects.get()

    report = bring(CITY, NATIONAL)

    national = Chamber.objects.get(kind="national")
    assert report["Chamber of Russia"] == ("updated", "name", "")
    assert (national.pk, national.public_id) == (placeholder.pk, placeholder.public_id)
    assert (national.slug, national.name_en) == ("chamber-of-russia", "Chamber of Russia")
    assert (national.note, national.memberships.in_force().count()) == ({}, 1)
    assert Chamber.objects.get(kind="city").parent == national


def test_a_city_chamber_is_no_branch_of_a_placeholder(bring, tmp_path):
    run_import(company_file(tmp_path, {"name": "ООО Луч", "country": "RU"}))

    bring(CITY)

    assert Chamber.objects.get(kind="city").parent is None


def test_the_command_tells_what_became_of_the_rows(tmp_path, capsys):
    path = tmp_path / "chambers.csv"
    path.write_text(f"{HEADER}\n{NATIONAL}\n{CITY}\n,,RU,,,city,x\n", encoding="utf-8")

    call_command("import_chambers", str(path), "--report", str(tmp_path / "report.csv"))

    told = capsys.readouterr().out.split("\n")
    assert [line.split() for line in told[:5]] == [
        ["2", "accepted"],
        ["0", "updated"],
        ["0", "unchanged"],
        ["0", "duplicate"],
        ["1", "refused"],
    ]
    assert told[5] == f"Row report: {tmp_path / 'report.csv'}"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"{HEADER}\n{NATIONAL}\nMore,,RU\n", "Line 3: The header names 7 columns, this row has 3"),
        ("name,country\nChamber,RU\n", "Line 1: The column kind is missing"),
    ],
)
def test_a_broken_file_changes_nothing(tmp_path, content, told):
    path = tmp_path / "chambers.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=told) as caught:
        call_command("import_chambers", str(path), "--report", str(tmp_path / "report.csv"))

    assert "Mend the file" in str(caught.value)
    assert not Chamber.objects.exists()
    assert not (tmp_path / "report.csv").exists()
