"""What happened around a company: visits counted without names, requests and meetings by month."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chambers.models import today
from marketplace.models import Visit
from marketplace.selectors.activity import activity_of, busiest_month, by_month, visitors_of
from marketplace.services.visits import note_visit
from tests import event_factories as made
from tests.factories import CompanyFactory, RepresentativeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    return CompanyFactory(member=True)


@pytest.fixture
def anna(ours):
    return RepresentativeFactory(company=ours).person


def test_a_look_counts_once_a_day_and_company_and_ones_own_never(ours):
    other = CompanyFactory()

    for visitor in (other, other, None, ours):
        note_visit(ours, visitor)

    assert list(Visit.objects.values_list("company", "visitor", "times")) == [
        (ours.pk, other.pk, 2)
    ]


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_both_count():
    ours, other = CompanyFactory(), CompanyFactory()

    def look(_number):
        try:
            note_visit(ours, other)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(20)))

    assert Visit.objects.get().times == 20


def test_opening_the_page_of_a_company_is_a_visit_of_the_company_one_acts_for(client, ours, anna):
    theirs = CompanyFactory(member=True)
    client.get(f"/en/companies/{theirs.public_id}/")  # a guest's look
    client.force_login(anna)

    client.head(f"/en/companies/{theirs.public_id}/")
    client.get(f"/en/companies/{theirs.public_id}/")
    client.get(f"/en/companies/{ours.public_id}/")

    assert list(Visit.objects.values_list("company", "visitor", "times")) == [
        (theirs.pk, ours.pk, 1)
    ]


def test_visitors_are_told_by_country_from_three_on_and_never_by_name(ours, anna):
    for number in range(4):
        note_visit(ours, CompanyFactory(country__code="JP", legal_name=f"Secret {number}"))
    note_visit(ours, CompanyFactory(country__code="FR"))
    note_visit(ours, CompanyFactory(country__code="DE"))
    Visit.objects.create(company=ours, visitor=CompanyFactory(), on=today() - dt.timedelta(days=31))

    found = visitors_of(ours, anna)

    assert found.companies == 6
    assert [number for _name, number in found.countries] == [4, 2]
    assert "Secret" not in str(found)


def test_nobody_else_learns_who_visited(ours):
    note_visit(ours, CompanyFactory())
    stranger = RepresentativeFactory().person

    assert visitors_of(ours, stranger).companies == 0


def test_months_without_anything_stand_as_zero_and_the_sums_are_right(ours, anna):
    first = today().replace(day=1)
    for day in (first, first - dt.timedelta(days=1), first - dt.timedelta(days=400)):
        Visit.objects.create(company=ours, visitor=CompanyFactory(), on=day)
    made.MeetingRequestFactory(requester__company=ours)

    visits, requests, meetings = activity_of(ours, anna)

    assert [column.number for column in visits.columns] == [0, 0, 0, 0, 1, 1]
    assert [column.number for column in requests.columns] == [0, 0, 0, 0, 0, 1]
    assert (visits.total, requests.total, meetings.total) == (2, 1, 0)
    last = visits.columns[-1].month
    assert [one.finding for one in (visits, requests, meetings)] == [
        f"Visits to your profile: 2 in six months, most: {last} (1)",
        f"Requests sent and received: 1 in six months, most: {last} (1)",
        "Meetings: none in six months",
    ]
    assert (busiest_month([visits, requests, meetings]), busiest_month([meetings])) == (last, "")
    assert all(0 <= column.tall <= 49 for column in visits.columns)
    rows = by_month([visits, requests, meetings])
    assert [numbers for _month, numbers in rows][:2] == [[1, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("count", [1, 3])
def test_the_figures_take_the_same_queries_for_any_number_of_rows(
    ours, anna, count, django_assert_num_queries
):
    for _number in range(count):
        note_visit(ours, CompanyFactory())
        made.MeetingRequestFactory(requester__company=ours)

    with django_assert_num_queries(2):
        activity_of(ours, anna)
        visitors_of(ours, anna)
