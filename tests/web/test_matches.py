"""Matches: the list with its reasons, one pair, and what is marked as not relevant."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from chambers.services import jobs
from chambers.services.companies import change_company
from matching.models import Dismissal, Run
from tests.factories import (
    ChamberFactory,
    MembershipFactory,
    PairHistoryFactory,
    RepresentativeFactory,
    RunFactory,
)
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, hs, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def romashka():
    return company("RU", "ООО «Ромашка»", languages=["ru"])


@pytest.fixture
def asahi():
    return company("JP", "アサヒ計装", languages=["ja"])


@pytest.fixture
def pair(romashka, asahi):
    """Two companies that answer each other; a third that only works on the same."""
    offers(romashka, SENSORS, title={"ru": "Датчики давления"})
    seeks(romashka, CHIPS, title={"ru": "Ищем станки"})
    offers(asahi, CHIPS, title={"ja": "半導体製造装置"})
    seeks(asahi, SENSORS, title={"ja": "圧力計を探す"})
    match()
    return romashka, asahi


def slip(answer):
    (suggestion,) = answer.context["suggestions"]
    return suggestion


def test_a_guest_is_asked_to_sign_in(client):
    assert client.get("/en/matches/")["Location"] == "/en/accounts/login/?next=/en/matches/"


def test_the_list_names_what_meets_on_both_sides(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)

    answer = client.get("/en/matches/")
    text = answer.content.decode()

    assert slip(answer).partner == asahi
    for words in (
        "Strong, both ways",
        "Ищем станки",
        "半導体製造装置",
        "圧力計を探す",
        "Датчики давления",
        f"Label of {CHIPS}",
        f"Label of {SENSORS}",
        "No common working language",
    ):
        assert words in text
    assert answer.context["countries"] == [("Country JP", 1)]


def test_the_other_side_reads_the_mirror_in_its_own_language(client, pair, speaks_for):
    speaks_for(pair[1])

    text = client.get("/ja/matches/").content.decode()

    assert f"見出し {SENSORS}" in text
    assert '<span lang="ru">ООО' in text or 'lang="ru">ООО' in text


def test_a_shared_field_without_stated_needs_is_called_so(client, speaks_for):
    ours = company("RU", "Ours", codes=hs(SENSORS))
    company("JP", "Theirs", codes=hs(SENSORS))
    match()
    speaks_for(ours)

    text = client.get("/en/matches/").content.decode()

    assert "Same field: what they seek is not stated" in text
    assert "What you seek is not stated" in text


def test_a_list_that_followed_a_change_says_when(client, pair, speaks_for):
    romashka, _asahi = pair
    speaks_for(romashka)
    Run.objects.update(finished_at=timezone.now() - dt.timedelta(days=40))
    ran = Run.objects.current().finished_at
    before = client.get("/en/matches/")

    change_company(romashka, codes=hs(HARVESTERS))
    jobs.work_off()
    after = client.get("/en/matches/")

    assert before.context["computed_at"] == ran
    assert timezone.now() - after.context["computed_at"] < dt.timedelta(minutes=5)
    day = date_format(timezone.localtime(after.context["computed_at"]), "DATE_FORMAT")
    assert f"Computed on {day}" in after.content.decode()


def test_before_the_first_run_the_page_says_so(client, romashka, speaks_for):
    speaks_for(romashka)

    assert "The first matching has not run yet" in client.get("/en/matches/").content.decode()


@pytest.mark.parametrize("name", ["matches", "home"])
def test_while_the_first_run_is_under_way_the_page_says_how_far_it_is(
    client, romashka, speaks_for, name
):
    RunFactory(state="running", stage="matching", shards=4, shards_done=2)
    speaks_for(romashka)

    text = client.get(reverse(name)).content.decode()

    assert "The first matching is under way" in text
    assert "52 %" in text
    assert "has not run yet" not in text


def test_a_company_without_partners_learns_what_would_help(client, romashka, speaks_for):
    RunFactory(current=True)
    speaks_for(romashka)

    assert "No partner abroad fits yet" in client.get("/en/matches/").content.decode()


@pytest.mark.parametrize("name", ["matches", "home"])
def test_a_company_that_no_chamber_admitted_learns_that_this_comes_first(client, speaks_for, name):
    RunFactory(current=True)
    speaks_for(MembershipFactory(applied=True).company)

    text = client.get(reverse(name)).content.decode()

    assert "no chamber has admitted your company" in text
    assert 'href="/en/my/memberships/"' in text
    assert "No partner abroad fits yet" not in text
    assert "Look again in a minute" not in text


def test_a_person_without_a_company_learns_why_the_page_is_empty(client, user, serves):
    client.force_login(user)
    assert "does not act for a company yet" in client.get("/en/matches/").content.decode()
    serves(ChamberFactory())
    assert "You act for a chamber now" in client.get("/en/matches/").content.decode()


def test_the_list_is_that_of_the_side_one_acts_for(client, pair, speaks_for):
    romashka, asahi = pair
    person = speaks_for(romashka)
    RepresentativeFactory(person=person, company=asahi)

    client.post("/en/acting/", {"side": f"company:{asahi.public_id}"})

    assert slip(client.get("/en/matches/")).partner == romashka


def test_not_relevant_takes_a_partner_off_ones_own_list_only(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)

    answer = client.post(
        f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "competitor"}, follow=True
    )

    assert answer.context["suggestions"] == []
    assert [one.partner for one in answer.context["dismissed"]] == [asahi]
    assert "アサヒ計装 is off your list." in answer.content.decode()
    speaks_for(asahi)
    assert slip(client.get("/en/matches/")).partner == romashka
    assert (
        "They are a competitor"
        not in client.get("/en/matches/").content.decode().split("popover")[0]
    )


@pytest.mark.parametrize("page", ["/en/", "/en/matches/"])
def test_who_has_met_all_partners_is_told_so_and_may_include_them(client, pair, speaks_for, page):
    romashka, asahi = pair
    PairHistoryFactory(one=romashka, other=asahi)
    speaks_for(romashka)

    text = client.get(page).content.decode()

    assert "You have met all of them" in text
    assert "No partner abroad fits yet" not in text
    assert 'href="/en/matches/?met=1"' in text
    assert slip(client.get("/en/matches/?met=1")).partner == asahi


def test_not_relevant_can_be_taken_back(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)
    client.post(f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "field"})

    answer = client.post(f"/en/matches/{asahi.public_id}/restore/", follow=True)

    assert slip(answer).partner == asahi
    assert not Dismissal.objects.exists()


def test_with_htmx_the_slip_itself_changes_and_says_so(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)
    headers = {"HX-Request": "true"}

    off = client.post(
        f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "size"}, headers=headers
    ).content.decode()
    on = client.post(f"/en/matches/{asahi.public_id}/restore/", headers=headers).content.decode()

    assert 'class="slip slip--off"' in off
    assert 'data-say="アサヒ計装 is off your list"' in off
    assert "Too large or too small" in off
    assert 'data-say="アサヒ計装 is back on your list"' in on
    assert "<html" not in off + on


def test_who_is_signed_out_meanwhile_comes_back_to_the_list(client, pair):
    _, asahi = pair

    answer = client.post(f"/en/matches/{asahi.public_id}/restore/")

    assert answer["Location"] == "/en/accounts/login/?next=/en/matches/"


def test_pressing_twice_is_the_same_as_once(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)

    for _ in range(2):
        client.post(f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "field"})
    assert Dismissal.objects.count() == 1
    for _ in range(2):
        answer = client.post(f"/en/matches/{asahi.public_id}/restore/")
    assert answer.status_code == 302


@pytest.mark.parametrize("reason", ["", "whatever", "\x00"])
def test_a_reason_that_is_none_is_asked_for_again(client, pair, speaks_for, reason):
    romashka, asahi = pair
    speaks_for(romashka)

    answer = client.post(f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": reason})

    assert answer.status_code == 422
    assert "Choose one of the reasons." in answer.content.decode()
    assert not Dismissal.objects.exists()


def test_the_reasons_have_a_page_of_their_own(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)

    text = client.get(f"/en/matches/{asahi.public_id}/not-relevant/").content.decode()

    assert all(str(label) in text for label in Dismissal.Reason.labels)


def test_who_only_reads_for_a_company_decides_nothing(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka, role="viewer")

    text = client.get("/en/matches/").content.decode()
    answer = client.post(f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "field"})

    assert "not-relevant/" not in text
    assert answer.status_code == 403
    assert not Dismissal.objects.exists()


def test_one_pair_has_its_own_page(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)

    answer = client.get(f"/en/matches/{asahi.public_id}/")

    assert answer.context["suggestion"].partner == asahi
    assert "Strong, both ways" in answer.content.decode()


def test_a_pair_off_the_list_is_explained_all_the_same(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)
    client.post(f"/en/matches/{asahi.public_id}/not-relevant/", {"reason": "field"})

    assert "Undo" in client.get(f"/en/matches/{asahi.public_id}/").content.decode()


def test_a_pair_that_may_not_meet_is_not_explained(client, pair, speaks_for):
    romashka, asahi = pair
    neighbour = company("RU", "Neighbour")
    asahi.excluded_companies.add(romashka)
    speaks_for(romashka)

    apart = client.get(f"/en/matches/{asahi.public_id}/").content.decode()
    domestic = client.get(f"/en/matches/{neighbour.public_id}/").content.decode()

    assert "Nothing speaks for this pair yet" in apart
    assert "Both of you are in one country" in domestic


def test_there_is_no_pair_with_oneself_or_with_who_is_not_to_be_seen(client, pair, speaks_for):
    romashka, asahi = pair
    speaks_for(romashka)
    asahi.is_listed = False
    asahi.save()

    for other in (romashka, asahi):
        for way in ("", "not-relevant/"):
            assert client.get(f"/en/matches/{other.public_id}/{way}").status_code == 404
        assert client.post(f"/en/matches/{other.public_id}/restore/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_partners(
    client, count, romashka, speaks_for, django_assert_num_queries
):
    seeks(romashka, CHIPS)
    for number in range(count):
        offers(company("JP", f"Partner {number}"), CHIPS)
    match()
    speaks_for(romashka)
    client.get("/en/matches/")  # has advice worked out
    jobs.work_off()

    with django_assert_num_queries(15):
        answer = client.get("/en/matches/")

    assert len(answer.context["suggestions"]) == count
