"""Saved searches over the REST door."""

import pytest

from marketplace.models import SavedSearch
from tests.factories import CountryFactory, UserFactory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/searches/"


@pytest.fixture
def mine(user, speaking_for):
    return speaking_for(user)


def save(api, **sent):
    return api.post(PATH, {"kind": "opportunities", "query": "q=pumps", **sent}, format="json")


def test_a_search_is_saved_read_changed_and_deleted(mine):
    CountryFactory(code="JP", name_en="Japan")
    made = save(mine, query="country=JP&q=pumps&colour=red")
    told = made.json()
    where = f"{PATH}{told['id']}/"

    assert made.status_code == 201
    assert told["query"] == "q=pumps&country=JP"
    assert told["said"] == ["“pumps”", "Japan"]
    assert (told["name"], told["is_daily"]) == ("“pumps”, Japan", True)
    assert told["address"].endswith("/en/opportunities/?q=pumps&country=JP")
    assert mine.get(where).json() == told
    assert mine.get(PATH).json()["results"] == [told]

    changed = mine.patch(where, {"is_daily": False}, format="json").json()
    assert (changed["name"], changed["is_daily"]) == (told["name"], False)
    assert mine.patch(where, {"name": "Pumps"}, format="json").json()["is_daily"] is False
    assert mine.delete(where).status_code == 204
    assert mine.get(where).status_code == 404
    assert not SavedSearch.objects.exists()


def test_what_cannot_be_saved_is_refused_with_its_reason(mine, monkeypatch):
    save(mine)
    again = save(mine)
    assert (again.status_code, again.json()["code"]) == (409, "already_saved")

    monkeypatch.setattr("marketplace.services.searches.AT_MOST", 1)
    many = save(mine, query="q=valves")
    assert (many.status_code, many.json()["code"]) == (409, "too_many_searches")
    assert "delete one first" in many.json()["detail"]
    assert save(mine, is_daily=0).json()["errors"][0]["field"] == "is_daily"
    wrong = save(mine, kind="events")
    assert wrong.json()["errors"][0]["field"] == "kind"
    where = f"{PATH}{SavedSearch.objects.get().public_id}/"
    empty = mine.patch(where, {"name": "  "}, format="json")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (400, "name")


def test_nobody_else_finds_them(mine, speaking_for):
    where = f"{PATH}{save(mine).json()['id']}/"
    other = speaking_for(UserFactory(superuser=True))

    assert other.get(PATH).json()["results"] == []
    assert other.get(where).status_code == 404
    assert other.patch(where, {"is_daily": False}, format="json").status_code == 404
    assert other.delete(where).status_code == 404
    assert SavedSearch.objects.get().is_daily


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    mine, count, django_assert_num_queries
):
    CountryFactory(code="JP")
    for number in range(count):
        save(mine, query=f"q=pumps{number}&country=JP")

    with django_assert_num_queries(4):
        answer = mine.get(PATH)

    assert len(answer.json()["results"]) == count
