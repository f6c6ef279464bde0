"""Reports for staff: they say what the rows say, of one's own members only."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from chambers.models import Chamber, Job
from chambers.services import jobs
from chambers.services.companies import change_company, exclude_company
from chambers.services.limits import set_limits
from matching.models import Run, SuggestionList
from matching.selectors import reports, suggestions_for
from matching.services.coverage import ask_for_coverage
from matching.services.exposure import AGAIN, ask_for_exposure
from tests.factories import (
    PairHistoryFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    UserFactory,
    WeightSetFactory,
)
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, company, hs, match, seeks

pytestmark = pytest.mark.django_db
EXCLUDED = "Companies it excludes by name or declined, partners already"


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


def exposure(reader, chamber=None):
    """The report as it is told after the job has counted."""
    ask_for_exposure(timezone.now())
    jobs.work_off()
    found, is_waiting = reports.exposure_of(reader, chamber)
    assert not is_waiting
    return found


def test_every_table_of_the_exposure_report_sums_to_what_is_shown(world, superuser):
    found = exposure(superuser)

    assert (found.companies, found.shown) == (5, shown_now())
    assert found.shown > 0
    assert len(found.tables) == 4
    for _title, groups in found.tables:
        assert sum(group.shown for group in groups) == found.shown
        assert sum(group.companies for group in groups) == found.companies
        assert sum(group.never for group in groups) == found.never
    assert found.curve[0] == (0.0, 0.0)
    assert found.curve[-1] == (1.0, 1.0)


def test_the_exposure_report_names_sizes_countries_languages_and_chambers(world, superuser):
    tables = dict(exposure(superuser).tables)

    sizes = ["up to 9 people", "10 to 49 people", "250 people or more", "not stated"]
    assert [group.name for group in tables["By size"]] == sizes
    japan = next(one for one in tables["By country or region"] if one.name == "Country JP")
    assert (japan.companies, japan.shown) == (2, 4)
    assert {group.name for group in tables["By working languages"]} == {
        "Russian",
        "English, Japanese",
        "not stated",
    }
    chambers = {one.name for one in Chamber.objects.all()}
    assert {group.name for group in tables["By chamber"]} == chambers


@pytest.mark.parametrize("name", ["exposure", "coverage"])
def test_a_report_begins_with_the_chamber_that_has_most_members(client, world, name):
    staff = staff_of(world)
    StaffFactory(person=staff, chamber__name_en="A chamber without members")
    client.force_login(staff)

    shown = client.get(reverse(f"admin:matching_run_{name}_report"))

    assert shown.context["chosen"] == world.memberships.get().chamber


def test_many_groups_are_added_up(world, superuser, monkeypatch):
    monkeypatch.setattr("matching.services.exposure.GROUPS", 2)

    found = exposure(superuser)

    for _title, groups in found.tables:
        assert len(groups) == 3
        assert groups[-1].name == "all others"
        assert sum(group.shown for group in groups) == found.shown


def test_staff_see_the_exposure_of_their_own_chamber_only(world):
    staff, chamber = staff_of(world), world.memberships.get().chamber
    found = exposure(staff, chamber)

    assert (found.companies, found.shown) == (1, 3)
    assert reports.exposure_of(staff) == (None, False)
    stranger = StaffFactory()
    assert reports.exposure_of(stranger.person, chamber) == (None, False)
    own, _is_waiting = reports.exposure_of(stranger.person, stranger.chamber)
    assert (own.companies, own.tables) == (0, [])


def test_before_the_first_run_there_is_no_exposure(superuser):
    assert reports.exposure_of(superuser) == (None, False)


@pytest.mark.parametrize("least", [0.0, 0.3, 0.7])
def test_all_count_what_the_pages_show(superuser, least):
    WeightSetFactory(in_force=True, values={"shown_least": least, "common_least": 0})
    offered = [CHIPS, CHIPS[:4] + "90", "8413", "843999"]
    companies = [
        company(country, f"{country} {number}", codes=hs(code))
        for country in ("RU", "JP")
        for number, code in enumerate(offered)
    ]
    seeks(companies[0], CHIPS)
    run = match()

    pages = {one.pk: suggestions_for(one, staff_of(one)).shown for one in companies}

    seen = {suggestion.partner.pk for shown in pages.values() for suggestion in shown}
    found = exposure(superuser)
    assert (found.companies, found.shown) == (8, sum(map(len, pages.values())))
    assert found.never == 8 - len(seen) == run.attention["after"]["never"]
    assert run.pairs == found.shown
    assert (found.shown < 32) == (least > 0)
    for one in companies:
        assert [short.partners for short in coverage(one).short] == [len(pages[one.pk])]


def give_up(state=Job.State.PARKED):
    waiting = Job.objects.open().get(kind="matching.exposure")
    Job.objects.filter(pk=waiting.pk).update(state=state, finished_at=timezone.now())


@pytest.mark.parametrize("state", [Job.State.PARKED, Job.State.CANCELLED])
def test_a_count_that_was_given_up_is_asked_for_anew_and_one_that_is_done_is_not(
    world, superuser, state
):
    ask_for_exposure(timezone.now())
    give_up(state)
    assert reports.exposure_of(superuser) == (None, False)

    for _again in range(2):
        ask_for_exposure(timezone.now() + AGAIN)
    assert Job.objects.open().filter(kind="matching.exposure").count() == 1
    assert reports.exposure_of(superuser) == (None, True)
    jobs.work_off()
    ask_for_exposure(timezone.now() + AGAIN)
    assert not Job.objects.open().exists()


def test_counts_that_always_fail_do_not_pile_up(world):
    for hours in range(20):
        ask_for_exposure(timezone.now() + hours * AGAIN)
        if Job.objects.open().filter(kind="matching.exposure").exists():
            give_up()
            ask_for_exposure(timezone.now())

    assert Job.objects.filter(kind="matching.exposure").count() == 2
    match()
    ask_for_exposure(timezone.now())
    assert Job.objects.open().filter(kind="matching.exposure").count() == 1


def test_while_a_new_count_is_on_its_way_the_former_is_told_and_that_it_is(
    client, world, superuser
):
    told = exposure(superuser)
    match()
    ask_for_exposure(timezone.now())

    assert reports.exposure_of(superuser) == (told, True)
    client.force_login(superuser)
    page = client.get(reverse("admin:matching_run_exposure_report")).content.decode()
    assert "It is being worked out" in page
    assert "5 companies stand in" in page


def test_the_reports_on_others_are_not_read_to_show_one(world, django_assert_max_num_queries):
    staff, chamber = staff_of(world), world.memberships.get().chamber
    exposure(staff, chamber)

    with django_assert_max_num_queries(6) as queries:
        reports.exposure_of(staff, chamber)

    (asked,) = [one["sql"] for one in queries.captured_queries if "finished_at" in one["sql"]]
    columns = asked.partition(" FROM ")[0]
    assert columns.count('"result"') == columns.count('"result" #>') == 1


def test_exposure_is_counted_for_the_run_that_is_shown(world, superuser):
    former, told = Run.objects.current(), exposure(superuser)
    ask_for_exposure(timezone.now())
    assert Job.objects.filter(kind="matching.exposure").count() == 1
    match()
    assert Run.objects.current() != former
    assert reports.exposure_of(superuser) == (told, False)

    late = jobs.enqueue("matching.exposure", {"run": former.pk}, key="late")
    jobs.work_off()

    late.refresh_from_db()
    assert late.result == {"skipped": "this run is not shown any more"}
    anew = exposure(superuser)
    assert anew.at > told.at
    assert anew.shown == shown_now()


def test_reading_the_report_takes_few_queries_however_many_are_listed(
    client, world, superuser, django_assert_max_num_queries
):
    exposure(superuser)
    client.force_login(superuser)

    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:matching_run_exposure_report"))

    assert page.context["found"].companies == 5


def test_the_history_tells_the_seconds_of_each_stage(world, superuser):
    RunFactory(running=True)
    failed = RunFactory(state="failed", error="No space left")

    (took,) = reports.run_history(superuser)

    assert took.run == Run.objects.current()
    assert [stage for stage, _seconds in took.stages] == list(Run.Stage.values)
    assert took.seconds == pytest.approx(sum(seconds for _stage, seconds in took.stages))
    assert reports.runs_that_broke_off(superuser) == [failed]
    assert reports.run_history(UserFactory()) == reports.runs_that_broke_off(UserFactory()) == []


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
    exclude_company(world, other=unknown)
    jobs.work_off()

    found = coverage(world)

    (short,) = found.short
    assert (short.company, short.partners, short.has_text) == (world, 0, True)
    # Of the three, one is too large, we exclude one, one is not in a wanted country.
    assert dict(short.costs) == {
        "Countries it wants or excludes": 1,
        EXCLUDED: 1,
        "Company size, on either side": 1,
    }
    assert (jp.size, de.size) == ("large", "micro")
    assert sum(cost for _label, _companies, cost in found.causes) == 3


def test_partners_who_look_elsewhere_are_told_as_the_limit_of_others(world):
    others = [
        SuggestionList.objects.current().get(company__legal_name=f"Other {n}").company
        for n in range(3)
    ]
    home = world.country_id
    for one, limits in zip(
        others, ({"target_countries": ["KZ"]}, {"excluded_countries": [home]}, {}), strict=True
    ):
        person = RepresentativeFactory(company=one).person
        set_limits(one, by=person, **limits)
    jobs.work_off()

    assert costs(world)["Countries others want or exclude"] == 2


def test_what_the_other_side_keeps_to_itself_cannot_be_told_from_the_report(world):
    unwilling, refusing, partner = (
        SuggestionList.objects.current().get(company__legal_name=f"Other {n}").company
        for n in range(3)
    )
    PairHistoryFactory(one=world, other=partner, kind="partner", stated_by=partner)
    jobs.enqueue("matching.refresh", {"company": world.pk})
    jobs.work_off()
    assert costs(world) == {EXCLUDED: 1}

    exclude_company(unwilling, other=world)
    PairHistoryFactory(one=world, other=refusing, kind="declined", stated_by=refusing)
    jobs.enqueue("matching.refresh", {"company": refusing.pk})
    jobs.work_off()
    assert costs(world) == {EXCLUDED: 1}

    # Nor from what our own exclusion and refusal of the same two cost.
    exclude_company(world, other=unwilling)
    PairHistoryFactory(one=world, other=refusing, kind="declined", stated_by=world)
    jobs.work_off()
    assert costs(world) == {EXCLUDED: 3}


def test_what_the_corporate_group_costs_is_told(world):
    owner = RepresentativeFactory(company=world).person
    set_limits(world, by=owner, corporate_group="Asahi Holdings")
    other = SuggestionList.objects.current().get(company__legal_name="Other 1").company
    change_company(other, corporate_group="asahi holdings")
    jobs.work_off()

    found = coverage(world)

    assert dict(found.short[0].costs) == {"Companies of one corporate group": 1}
    assert ("Companies of one corporate group", 1, 1) in found.causes


def test_a_report_of_before_an_upgrade_is_still_read(world):
    coverage(world)
    job = Job.objects.get(kind="matching.coverage")
    del job.result["causes"]["group"], job.result["few"]
    job.save()

    found, _is_waiting = reports.coverage_of(world.memberships.get().chamber, staff_of(world))

    assert found.few == 1
    assert "Companies of one corporate group" not in [label for label, *_rest in found.causes]


def test_only_those_with_fewest_partners_are_looked_into(world, monkeypatch):
    monkeypatch.setattr("matching.services.coverage.MOST", 0)

    found = coverage(world)

    assert (found.few, found.short) == (1, [])


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

    RunFactory(state="failed", error="No space left")
    history = client.get(pages["history"]).content.decode()
    assert "Seconds by stage" in history
    assert "No space left" in history
    assert "It is counted after each run" in client.get(pages["exposure"]).content.decode()
    ask_for_exposure(timezone.now())
    assert "It is being worked out" in client.get(pages["exposure"]).content.decode()
    assert "This has not been worked out yet." in client.get(pages["coverage"]).content.decode()
    jobs.work_off()
    assert "1 company stands in 3 places" in client.get(pages["exposure"]).content.decode()
    chamber = world.memberships.get().chamber
    asked = client.post(pages["coverage"], {"chamber": str(chamber.public_id)}, follow=True)
    assert "It is being worked out" in asked.content.decode()
    jobs.work_off()
    text = client.get(pages["coverage"]).content.decode()
    assert "1 of 1 matched members has fewer than 5 partners." in text
    assert client.post(pages["coverage"], {"chamber": "nonsense"}).status_code == 404
