"""Reports for staff: they say what the rows say, of one's own members only."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chambers.services import jobs
from chambers.services.companies import change_company, exclude_company
from chambers.services.limits import set_limits
from matching.models import Run, SuggestionList
from matching.selectors import reports
from matching.services.coverage import ask_for_coverage
from tests.factories import RepresentativeFactory, RunFactory, StaffFactory, UserFactory
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, company, match, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser():
    return UserFactory(superuser=True)


@pytest.fixture
def world():
    """One seeks chips; makers of different sizes, countries and languages have them."""
    ours = company("RU", "Ours", size="small", languages=["ru"])
    seeks(ours, CHIPS, title={"en": "Wafers"})
    for number, (country, size) in enumerate([("JP", "large"), ("JP", ""), ("DE", "micro")]):
        other = company(country, f"Other {number}", size=size, languages=["en", "ja"])
        change_company(other, codes=codes_of(CHIPS))
    company("KZ", "Alone")
    match()
    return ours


def staff_of(one):
    return StaffFactory(chamber=one.memberships.get().chamber).person


def shown_now():
    return sum(len(one.partners) for one in SuggestionList.objects.current())


def test_every_table_of_the_exposure_report_sums_to_what_is_shown(world, superuser):
    found = reports.exposure_of(superuser)

    assert (found.companies, found.shown) == (5, shown_now())
    assert found.shown > 0
    for _title, groups in found.tables:
        assert sum(group.shown for group in groups) == found.shown
        assert sum(group.companies for group in groups) == found.companies
        assert sum(group.never for group in groups) == found.never
    assert found.curve[0] == (0.0, 0.0)
    assert found.curve[-1] == (1.0, 1.0)


def test_the_exposure_report_names_sizes_countries_languages_and_chambers(world, superuser):
    tables = dict(reports.exposure_of(superuser).tables)

    sizes = {"10 to 49 people", "up to 9 people", "250 people or more", "not stated"}
    assert {group.name for group in tables["By size"]} == sizes
    japan = next(one for one in tables["By country or region"] if one.name == "Country JP")
    assert (japan.companies, japan.shown) == (2, 4)
    assert {group.name for group in tables["By working languages"]} == {
        "Russian",
        "English, Japanese",
        "not stated",
    }
    assert len(tables["By chamber"]) == 5


def test_many_groups_are_added_up(world, superuser, monkeypatch):
    monkeypatch.setattr(reports, "GROUPS", 2)

    found = reports.exposure_of(superuser)

    for _title, groups in found.tables:
        assert len(groups) == 3
        assert sum(group.shown for group in groups) == found.shown


def test_staff_see_the_exposure_of_their_own_members_only(world):
    found = reports.exposure_of(staff_of(world))

    assert (found.companies, found.shown) == (1, 3)
    assert reports.exposure_of(StaffFactory().person).companies == 0


def test_before_the_first_run_there_is_no_exposure(superuser):
    assert reports.exposure_of(superuser) is None


def test_the_history_tells_the_seconds_of_each_stage(world, superuser):
    RunFactory(running=True)
    RunFactory(state="failed")

    (took,) = reports.run_history(superuser)

    assert took.run == Run.objects.current()
    assert [stage for stage, _seconds in took.stages] == list(Run.Stage.values)
    assert took.seconds == pytest.approx(sum(seconds for _stage, seconds in took.stages))
    assert reports.run_history(UserFactory()) == []


def coverage(one):
    staff = staff_of(one)
    chamber = one.memberships.get().chamber
    ask_for_coverage(chamber, by=staff)
    jobs.work_off()
    found, is_waiting = reports.coverage_of(chamber, staff)
    assert not is_waiting
    return found


def costs(one):
    (short,) = coverage(one).short
    return dict(short.costs)


def test_each_limit_costs_what_taking_it_away_alone_brings(world):
    owner = RepresentativeFactory(company=world).person
    jp, unknown, de = (
        SuggestionList.objects.current().get(company__legal_name=f"Other {n}").company
        for n in range(3)
    )
    set_limits(world, by=owner, target_countries=["JP"], accepted_sizes=["small", "micro"])
    exclude_company(unknown, other=world)
    jobs.work_off()

    found = coverage(world)

    (short,) = found.short
    assert (short.company, short.partners, short.has_text) == (world, 0, True)
    # Of the three, one is too large, one excludes us, one is not in a wanted country.
    assert dict(short.costs) == {
        "Countries it wants or excludes": 1,
        "Companies excluded by name, partners already, declined": 1,
        "Company size, on either side": 1,
    }
    assert (jp.size, de.size) == ("large", "micro")
    assert sum(cost for _label, _companies, cost in found.causes) == 3


def test_languages_certificates_and_competitors_are_told(world):
    owner = RepresentativeFactory(company=world).person
    set_limits(world, by=owner, accepts_interpreter=False)
    jobs.work_off()
    assert costs(world) == {"Working languages, on either side": 3}

    set_limits(world, by=owner, accepts_interpreter=True, required_certificates=["iso9001"])
    jobs.work_off()
    assert costs(world) == {"Certificates, on either side": 3}

    set_limits(world, by=owner, required_certificates=[], avoids_competitors=True)
    change_company(world, codes=codes_of(CHIPS))
    jobs.work_off()
    assert costs(world) == {"Competitors avoided, on either side": 3}


def test_who_has_nothing_to_say_is_told_apart(world):
    alone = SuggestionList.objects.current().get(company__legal_name="Alone").company

    found = coverage(alone)

    assert found.without_text == 1
    assert [(one.company, one.has_text, one.costs) for one in found.short] == [(alone, False, [])]


def test_who_has_enough_is_not_in_the_report(world, monkeypatch):
    monkeypatch.setattr("matching.services.coverage.FEW", 2)

    assert coverage(world).short == []


def test_coverage_is_asked_for_and_read_only_where_one_works(world):
    chamber = world.memberships.get().chamber
    stranger = StaffFactory().person
    with pytest.raises(PermissionDenied):
        ask_for_coverage(chamber, by=stranger)
    coverage(world)

    found, _is_waiting = reports.coverage_of(chamber, stranger)

    assert found.short == []


def test_the_pages_show_the_reports_to_staff_and_work_coverage_out(client, world):
    client.force_login(staff_of(world))
    pages = {
        name: reverse(f"admin:matching_run_{name}_report")
        for name in ("history", "exposure", "coverage")
    }

    assert "Seconds by stage" in client.get(pages["history"]).content.decode()
    assert "1 member of your chambers stands in 3 places" in (
        client.get(pages["exposure"]).content.decode()
    )
    assert "This has not been worked out yet." in client.get(pages["coverage"]).content.decode()
    chamber = world.memberships.get().chamber
    asked = client.post(pages["coverage"], {"chamber": str(chamber.public_id)}, follow=True)
    assert "It is being worked out" in asked.content.decode()
    jobs.work_off()
    text = client.get(pages["coverage"]).content.decode()
    assert "1 of 1 matched members has fewer than 5 partners." in text
    assert client.post(pages["coverage"], {"chamber": "nonsense"}).status_code == 404
