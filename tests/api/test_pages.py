import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import NotFound

from chambers.api.pages import Cursor
from chambers.models import Company, new_public_id
from config.api import document
from tests.factories import CompanyFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def walk(api, address):
    """The ids of every page, following next."""
    pages = []
    while address:
        answer = api.get(address).json()
        pages.append([one["id"] for one in answer["results"]])
        address = answer["next"]
    return pages


def ids(rows):
    return [str(one.public_id) for one in rows]


def test_pages_follow_each_other_without_gap_or_overlap(api):
    companies = CompanyFactory.create_batch(7, member=True)

    pages = walk(api, "/api/v1/companies/?page_size=3")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == ids(companies)


def test_a_page_stays_put_while_rows_come_and_go(api):
    companies = CompanyFactory.create_batch(6, member=True)
    first = api.get("/api/v1/companies/?page_size=2").json()
    CompanyFactory(member=True)
    Company.objects.filter(pk__in=[companies[0].pk, companies[3].pk]).delete()

    second = api.get(first["next"]).json()

    assert [one["id"] for one in second["results"]] == ids([companies[2], companies[4]])


def test_previous_leads_back_the_way_one_came(api):
    CompanyFactory.create_batch(5, member=True)
    first = api.get("/api/v1/companies/?page_size=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    back = api.get(third["previous"]).json()
    start = api.get(back["previous"]).json()

    assert (first["previous"], third["next"]) == (None, None)
    assert back["results"] == second["results"]
    assert start["results"] == first["results"]
    assert start["previous"] is None
    assert api.get(start["next"]).json()["results"] == second["results"]


def test_newest_opportunities_come_first_and_a_new_one_moves_nothing(api):
    published = OpportunityFactory.create_batch(3, published=True)
    first = api.get("/api/v1/opportunities/?page_size=2").json()
    OpportunityFactory(published=True)

    assert [one["id"] for one in first["results"]] == ids(reversed(published[1:]))
    assert walk(api, first["next"]) == [ids(published[:1])]


def test_a_search_gives_the_best_first_over_all_pages(api):
    described = [
        CompanyFactory(member=True, description={"en": "pressure valves"}, indexed=True)
        for _ in range(4)
    ]
    named = CompanyFactory(member=True, legal_name="Pressure Ltd", indexed=True)
    CompanyFactory(member=True, legal_name="Other Ltd", indexed=True)

    pages = walk(api, "/api/v1/companies/?q=pressure&page_size=2")

    assert [one for page in pages for one in page] == ids([named, *described])
    last = api.get("/api/v1/companies/?q=pressure&page_size=4").json()
    back = api.get(api.get(last["next"]).json()["previous"]).json()
    assert back["results"] == last["results"]


EMPTY = {"next": None, "previous": None, "results": [], "read_as": ""}


def test_an_empty_list_has_no_neighbours(api):
    assert api.get("/api/v1/companies/").json() == EMPTY


def test_a_page_beyond_the_last_row_is_empty(api):
    CompanyFactory.create_batch(3, member=True)
    first = api.get("/api/v1/companies/?page_size=2").json()
    Company.objects.exclude(public_id__in=[one["id"] for one in first["results"]]).delete()

    assert api.get(first["next"]).json() == EMPTY


def test_a_cursor_of_another_list_is_refused(api):
    CompanyFactory.create_batch(3, member=True, legal_name="Same", indexed=True)
    plain = api.get("/api/v1/companies/?page_size=1").json()["next"]

    answer = api.get(f"{plain}&q=same")

    assert (answer.status_code, answer.json()["code"]) == (404, "bad_cursor")


def test_links_keep_the_filters(api):
    CompanyFactory.create_batch(3, member=True)

    address = api.get("/api/v1/companies/?country=RU&page_size=2").json()["next"]

    assert address.startswith("http://testserver/api/v1/companies/?")
    assert {"country=RU", "page_size=2"} <= set(address.partition("?")[2].split("&"))


@pytest.mark.parametrize("at", [1, 100])
def test_as_many_rows_as_asked_for(api, at):
    CompanyFactory.create_batch(3, member=True)

    answer = api.get(f"/api/v1/companies/?page_size={at}").json()

    assert len(answer["results"]) == min(at, 3)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=1), st.booleans())
def test_a_cursor_comes_back_as_it_went(ranks, backwards):
    cursor = Cursor((*ranks, new_public_id()), backwards)

    assert Cursor.decode(cursor.encode(), len(ranks) + 1) == cursor


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(NotFound):
        Cursor.decode(text, 1)


def test_the_document_tells_how_long_a_page_is():
    listed = document("en")["paths"]["/api/v1/companies/"]["get"]["parameters"]

    (told,) = [one["description"] for one in listed if one["name"] == "page_size"]
    assert told == "Rows of a page: 1 to 100, 20 unless you say."
