"""The first page for every kind of reader, and how we score."""

import re

import pytest
from django.utils.formats import date_format
from django.utils.text import capfirst

from chambers.models import today
from marketplace.services.visits import note_visit
from matching.engine import Weights
from matching.engine.scoring import coverage
from matching.models.constants import CONSTANTS
from tests.factories import ChamberFactory, CompanyFactory, MembershipFactory, WeightSetFactory
from tests.matching.world import CHIPS, SENSORS, company, hs, match, offers, seeks

pytestmark = pytest.mark.django_db


def test_the_bare_address_leads_to_the_readers_language(client):
    for asked, expected in (("ru", "/ru/"), ("ja-JP,ja;q=0.9", "/ja/"), ("de", "/en/")):
        answer = client.get("/", headers={"Accept-Language": asked})
        assert (answer.status_code, answer["Location"]) == (302, expected)


def test_guests_see_what_this_is_in_figures_from_the_database(client):
    offers(company("RU", "Ours"), SENSORS)
    seeks(company("JP", "Theirs"), SENSORS)
    CompanyFactory(is_listed=False, member=True)

    answer = client.get("/en/")

    assert answer.context["facts"] == {"companies": 2, "countries": 2, "open": 2}
    assert answer.context["encounter"].code.code == SENSORS


def test_the_request_and_its_answer_come_from_two_countries(client):
    offers(company("RU", "Ours"), SENSORS)
    seeks(company("RU", "Neighbour"), SENSORS)

    assert client.get("/en/").context["encounter"] is None


def test_the_proposed_searches_find_something(client):
    offers(company("RU", "Ours"), SENSORS)
    (example,) = client.get("/en/").context["examples"]

    found = client.get("/en/opportunities/", {"q": example})

    assert " of " in example  # a word of grammar does not stand in the way
    assert found.context["page"].paginator.count == 1


def test_an_empty_service_says_so_and_does_not_break(client):
    answer = client.get("/en/")

    assert answer.context["facts"] == {"companies": 0, "countries": 0, "open": 0}
    assert "No chamber has joined yet." in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_guests_page_takes_the_same_queries_for_any_number_of_rows(
    client, count, django_assert_num_queries
):
    for number in range(count):
        offers(company("RU", f"Ours {number}"), SENSORS)
        seeks(company("JP", f"Theirs {number}"), SENSORS)

    with django_assert_num_queries(7):
        client.get("/en/")


def test_a_company_sees_its_best_matches_first(client, speaks_for):
    ours = company("RU", "Ours")
    seeks(ours, CHIPS)
    for number in range(5):
        offers(company("JP", f"Theirs {number}"), CHIPS)
    match()
    speaks_for(ours)

    answer = client.get("/en/")

    assert len(answer.context["suggestions"]) == 3
    assert 'href="/en/matches/">All your matches' in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "published", "missing"),
    [
        ({}, False, ["demand", "offer", "text", "codes", "languages"]),
        (
            {"description": {"ru": "Насосы"}},
            False,
            ["demand", "offer", "codes", "english", "languages"],
        ),
        ({"description": {"en": "Pumps"}, "languages": ["en"]}, True, ["codes", "size"]),
    ],
)
def test_a_company_learns_what_is_missing(client, speaks_for, fields, published, missing):
    ours = company("RU", "Ours", **fields)
    if published:
        offers(ours, SENSORS)
        seeks(ours, CHIPS)
    speaks_for(ours)

    page = client.get("/en/")
    lacks = [*page.context["missing"], *(one.key for one in page.context["completeness"].missing)]
    assert lacks[: len(missing)] == missing
    assert f'href="/en/my/profile/#{page.context["completeness"].missing[0].anchor}"' in (
        page.content.decode()
    )
    ours.codes.set(hs(SENSORS))
    after = client.get("/en/").context["completeness"]
    assert "codes" not in [one.key for one in after.missing]


def test_staff_see_their_chamber(client, serves):
    chamber = ChamberFactory(name_en="Moscow Chamber")
    MembershipFactory(chamber=chamber)
    MembershipFactory(chamber=chamber, applied=True)
    MembershipFactory(applied=True)
    serves(chamber)

    answer = client.get("/en/")

    assert (answer.context["chamber"].members, answer.context["waiting"]) == (1, 1)
    assert "Moscow Chamber" in answer.content.decode()


def test_how_we_score_states_the_constants_in_use(client):
    text = client.get("/en/scoring/").content.decode()

    assert "Rules " + Weights().version in text
    for share in ("20 %", "68 %", "90 %", "at least 60 %"):
        assert share in text


def test_how_we_score_states_the_rules_of_the_lists_shown(client):
    company("RU", "Ours", codes=hs(SENSORS))
    run = match()
    run.weights.update(strong=0.7, common_least=0.84)
    run.save()

    text = client.get("/en/scoring/").content.decode()
    assert "at least 70 %" in text
    assert "at least 84 % in common" in text


def test_how_we_score_tells_what_moves_a_pair_and_what_keeps_it_apart(client):
    text = client.get("/en/scoring/").content.decode().partition('id="constants"')[0]

    assert f"is {round(Weights().met_before * 100)} % lower" in text
    assert f"what covers {round(coverage(Weights().prior_most) * 100)} % of a need" in text
    assert "at most 2 times as much, at least 20 % of it" in text
    assert "% in common" not in text
    for limit in ("interpreter", "certificates", "competitors", "one group", "sanctions"):
        assert limit in text
    assert "stand in no list" not in text  # before the first run there is nothing to count


def test_how_we_score_lists_every_constant_of_the_lists_shown(client):
    company("RU", "Ours", codes=hs(SENSORS))
    run = match()
    run.weights["length_power"] = 0.3125
    run.save()

    shown = client.get("/en/scoring/").content.decode().partition('id="constants"')[2]

    rows = dict(re.findall(r'<th scope="row">(.+?)<br>.+?<td class="num">(.+?)</td>', shown))
    assert list(rows) == [capfirst(str(one.label)) for one in CONSTANTS]
    assert rows["Length of the text"] == "0.3125"
    assert rows["A shared word"] == "4"
    assert rows["What the table adds"] == "2"
    assert all(str(one.help) in shown and str(one.part) in shown for one in CONSTANTS)
    assert "Длина текста" in client.get("/ru/scoring/").content.decode()


def test_how_we_score_leaves_out_what_counts_nothing(client):
    WeightSetFactory(in_force=True, values={"prior": 0.0, "met_before": 0.0}, version="plain")

    text = client.get("/en/scoring/").content.decode().partition('id="constants"')[0]

    assert "Rules plain" in text
    assert "They are in force since" in text
    assert "Who trades with whom" not in text
    assert "Met before" not in text


def test_how_we_score_says_which_rules_come_next_and_what_sharing_attention_costs(client):
    company("RU", "Ours", codes=hs(SENSORS))
    run = match()
    run.attention = {
        "cost": 0.012,
        "before": {"most": 9, "never": 40},
        "after": {"most": 5, "never": 3},
    }
    run.save()
    WeightSetFactory(in_force=True, version="2027-01")

    text = client.get("/en/scoring/").content.decode()

    assert f"Rules {Weights().version}." in text
    assert "Rules 2027-01 were put in force on" in text
    assert "it costs 1.2 % of the sum of all scores, and 3 instead of 40 companies" in text


def test_the_page_says_which_marks_lower_a_score_and_what_lists_are_chosen_from(client):
    text = client.get("/en/scoring/").content.decode()

    assert "It lowers nothing" not in text
    assert "seldom trade, count as told in part 5" in text
    assert "A list is chosen from the 60 partners with the best scores." in text


def test_a_chart_stands_only_where_something_has_happened(client, speaks_for):
    ours = company("RU", "Ours")
    note_visit(ours, company("JP", "Theirs"))
    speaks_for(ours)

    shown = client.get("/en/").content.decode()

    months = re.search(r'<ul class="months".*?</ul>', shown, re.DOTALL)
    assert months is not None
    assert re.findall(r"<li><b>(\d+)</b>", months[0]) == ["1", "0", "0"]
    assert months[0].count("<svg") == 1
    now = date_format(today(), "YEAR_MONTH_FORMAT")
    assert re.findall(r'role="img" aria-label="([^"]*)"', months[0]) == [
        f"Visits to your profile: 1 in six months, most: {now} (1)"
    ]
    assert f"Busiest of your last six months: {now}" in shown
    assert "1 company looked at your profile in 30 days: Countries with fewer than" in shown
