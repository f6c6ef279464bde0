"""A company excludes others by name, and takes it back; nobody else learns of it."""

import pytest
from django.urls import reverse

from chambers.models import Company
from chambers.services import jobs
from chambers.services.companies import change_company
from matching.selectors import suggestions_for
from tests.factories import CompanyFactory, StaffFactory
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, company, match, seeks

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ours():
    return company("RU", "Ромашка")


@pytest.fixture
def theirs():
    return company("JP", "アサヒ計装", legal_name_latin="Asahi Keiso", indexed=True)


@pytest.fixture
def pair(ours, theirs):
    """The one seeks what the other has: they stand in each other's lists."""
    seeks(ours, CHIPS, title={"en": "Wafers"})
    change_company(theirs, codes=codes_of(CHIPS))
    match()
    return ours, theirs


def page(client, query=""):
    return client.get(f"{reverse('exclusions')}{query}")


def text(answer):
    return answer.content.decode()


def exclude(client, one, **sent):
    return client.post(reverse("exclusion-add", args=[one.public_id]), sent, follow=True)


def take_back(client, one, **sent):
    return client.post(reverse("exclusion-readmit", args=[one.public_id]), sent, follow=True)


def partners(one, person):
    return [found.partner for found in suggestions_for(one, person).shown]


def test_with_nobody_excluded_the_page_says_so_and_where_countries_are_excluded(
    client, ours, speaks_for
):
    speaks_for(ours)

    told = text(page(client))

    assert "Nobody is excluded" in told
    assert f'href="{reverse("conditions")}"' in told


@pytest.mark.parametrize("asked", ["asahi", "アサヒ", "асахи", "Asahi Keisso"])
def test_a_company_is_found_by_its_name_in_any_script(client, ours, theirs, speaks_for, asked):
    company("DE", "Blumen Schmidt", indexed=True)
    speaks_for(ours)

    found = page(client, f"?q={asked}")

    assert [one.pk for one in found.context["hits"]] == [theirs.pk]
    assert f'action="{reverse("exclusion-add", args=[theirs.public_id])}"' in text(found)


def test_neither_ones_own_company_nor_a_hidden_one_is_found(client, ours, speaks_for):
    CompanyFactory(member=True, legal_name="Ромашка скрытая", is_listed=False, indexed=True)
    speaks_for(ours)

    answer = page(client, "?q=Ромашка")

    assert answer.context["hits"] == []
    assert "No company answers “Ромашка”" in text(answer)


def test_typing_swaps_the_hits_alone(client, ours, theirs, speaks_for):
    speaks_for(ours)

    part = client.get(f"{reverse('exclusions')}?q=asahi", headers=HTMX)

    assert "<h1" not in text(part)
    assert 'data-say="1 company found"' in text(part)


def test_who_is_excluded_leaves_both_lists_and_comes_back_when_it_is_taken_back(
    client, pair, speaks_for
):
    ours, theirs = pair
    person = speaks_for(ours)
    other = speaks_for(theirs)
    client.force_login(person)
    assert (partners(ours, person), partners(theirs, other)) == ([theirs], [ours])

    told = exclude(client, theirs)
    jobs.work_off()

    assert "is excluded: neither of you is suggested to the other." in text(told)
    assert "Asahi Keiso" in text(page(client))
    assert (partners(ours, person), partners(theirs, other)) == ([], [])

    told = take_back(client, theirs)
    jobs.work_off()

    assert "may be suggested again." in text(told)
    assert "Nobody is excluded" in text(page(client))
    assert (partners(ours, person), partners(theirs, other)) == ([theirs], [ours])


def test_the_other_side_reads_nothing_of_it(client, pair, speaks_for):
    ours, theirs = pair
    person = speaks_for(ours)
    speaks_for(theirs)
    reads = [
        reverse("exclusions"),
        reverse("company", args=[ours.public_id]),
        reverse("match", args=[ours.public_id]),
        f"{reverse('exclusions')}?q=Ромашка",
    ]

    client.force_login(person)
    exclude(client, theirs)
    client.force_login(theirs.representatives.get().person)

    for address in reads:
        assert "Take back" not in text(client.get(address))
        assert "You exclude" not in text(client.get(address))
    assert "Nothing speaks for this pair yet" in text(client.get(reads[2]))
    assert take_back(client, ours).status_code == 404
    assert ours.excluded_companies.get() == theirs


def test_a_button_pressed_twice_does_its_work_once(client, ours, theirs, speaks_for):
    speaks_for(ours)

    assert exclude(client, theirs).status_code == 200
    assert exclude(client, theirs).status_code == 200

    assert ours.excluded_companies.count() == 1


def test_who_left_the_directory_is_not_named_and_can_be_taken_back(
    client, ours, theirs, speaks_for
):
    speaks_for(ours)
    exclude(client, theirs)
    Company.objects.filter(pk=theirs.pk).update(is_listed=False)

    listed = text(page(client))

    assert "A company that is no longer listed" in listed
    assert "Asahi" not in listed
    assert "アサヒ" not in text(take_back(client, theirs))
    assert not ours.excluded_companies.exists()


def test_a_reader_of_the_company_sees_who_is_excluded_and_changes_nothing(
    client, ours, theirs, speaks_for
):
    ours.excluded_companies.add(theirs)
    speaks_for(ours, role="viewer")

    told = text(page(client))

    assert "Asahi Keiso" in told
    assert "Take back" not in told
    assert "You may read this." in told
    assert exclude(client, theirs).status_code == 403
    assert take_back(client, theirs).status_code == 403


def test_who_acts_for_a_chamber_excludes_nobody(client, theirs, serves):
    serves(StaffFactory().chamber)

    assert "Matches belong to a company" in text(page(client))
    assert exclude(client, theirs).status_code == 404


def test_a_company_is_excluded_and_taken_back_on_its_own_page(client, ours, theirs, speaks_for):
    speaks_for(ours)
    where = reverse("company", args=[theirs.public_id])
    assert "Never suggest this company again" in text(client.get(where))

    told = exclude(client, theirs, next=where)

    assert told.request["PATH_INFO"] == where
    assert "Excluded: neither of you is suggested to the other." in text(told)
    assert "Never suggest this company again" in text(take_back(client, theirs, next=where))


def test_no_company_is_asked_to_exclude_itself(client, ours, speaks_for):
    speaks_for(ours)
    where = reverse("company", args=[ours.public_id])

    assert "Never suggest this company again" not in text(client.get(where))
    assert exclude(client, ours).status_code == 404


def test_not_relevant_offers_never_to_suggest_the_company_again(client, pair, speaks_for):
    ours, theirs = pair
    person = speaks_for(ours)
    where = reverse("match-dismiss", args=[theirs.public_id])
    assert "Never suggest this company again" in text(client.get(reverse("matches")))
    assert "Never suggest this company again" in text(client.get(where))

    told = client.post(where, {"never": "yes"}, follow=True)

    assert "is excluded: neither of you is suggested to the other." in text(told)
    assert partners(ours, person) == []
    assert "You exclude this company" in text(client.get(reverse("match", args=[theirs.public_id])))


def test_with_scripts_the_slip_turns_into_one_with_undo(client, pair, speaks_for):
    ours, theirs = pair
    speaks_for(ours)

    part = client.post(
        reverse("match-dismiss", args=[theirs.public_id]), {"never": "yes"}, headers=HTMX
    )

    assert f'id="m-{theirs.public_id}"' in text(part)
    assert 'data-say="アサヒ計装 is excluded"' in text(part)
    undone = take_back(client, theirs, next=reverse("matches"))
    assert undone.request["PATH_INFO"] == reverse("matches")
    assert not ours.excluded_companies.exists()


def test_the_page_of_conditions_leads_here_and_counts(client, ours, theirs, speaks_for):
    speaks_for(ours)
    assert "Exclude a company" in text(client.get(reverse("conditions")))

    exclude(client, theirs)

    assert "1 excluded company" in text(client.get(reverse("conditions")))


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_takes_the_same_queries_for_any_number(
    client, ours, speaks_for, count, django_assert_num_queries
):
    for number in range(count):
        ours.excluded_companies.add(company("JP", f"Partner {number}", indexed=True))
    speaks_for(ours)

    with django_assert_num_queries(7):
        found = page(client, "?q=partner")

    assert len(found.context["page"].object_list) == count
    assert len(found.context["hits"]) == count


@pytest.mark.parametrize("typed", ["a", "of", "-"])
def test_one_letter_finds_nobody_and_the_page_says_what_it_needs(client, ours, speaks_for, typed):
    company("JP", "Asahi", indexed=True)
    speaks_for(ours)

    whole, part = (
        page(client, f"?q={typed}"),
        client.get(reverse("exclusions"), {"q": typed}, headers=HTMX),
    )

    for answer in (whole, part):
        assert answer.context["hits"] == []
        assert "Type two letters of the name or more." in text(answer)
        assert "No company answers" not in text(answer)


def test_a_single_sign_of_a_script_of_words_is_enough(client, ours, theirs, speaks_for):
    speaks_for(ours)

    assert "Type two letters" not in text(page(client, "?q=装"))
