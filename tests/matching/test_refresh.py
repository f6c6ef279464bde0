"""A company that changes sees new suggestions at once, and so do those it concerns."""

import datetime as dt
import random

import numpy as np
import pytest
from django.utils import timezone

from chambers.models import Job
from chambers.services import jobs
from chambers.services.companies import change_company, exclude_company, note_change
from chambers.services.memberships import end_membership
from marketplace.services import archive_opportunity
from matching import profiles
from matching.models import PairHistory, SuggestionList
from matching.services import boards, refresh, runs
from matching.services.dismissals import dismiss_partner, restore_partner
from matching.services.lists import chosen_lists
from matching.services.refresh import JOB
from matching.services.weights import draft_weights, put_in_force
from tests.factories import RepresentativeFactory, StaffFactory, UserFactory
from tests.matching.world import (
    CHIPS,
    HARVESTERS,
    SENSORS,
    company,
    hs,
    lists,
    match,
    offers,
    partners_of,
    seeks,
)

pytestmark = pytest.mark.django_db
COUNTRIES = ["RU", "JP", "BY", "KZ", "DE"]
CODES = [SENSORS, CHIPS, HARVESTERS, "847130", "850440"]


def note_and_refresh(*companies):
    for one in companies:
        note_change(one)
    jobs.work_off()


def test_a_new_offer_enters_the_lists_of_those_who_seek_it():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    match()
    assert (partners_of(ours), partners_of(theirs)) == ([], [])

    offers(ours, SENSORS)
    note_and_refresh(ours)

    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])


def test_an_archived_offer_leaves_the_lists():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    offer = offers(ours, SENSORS)
    match()
    assert partners_of(theirs) == ["Ours"]

    archive_opportunity(offer, by=RepresentativeFactory(company=ours).person)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == ([], [])


def test_a_new_member_gets_a_list_and_stands_in_others():
    theirs = company("JP", "Theirs")
    seeks(theirs, SENSORS)
    match()

    ours = company("RU", "Ours", codes=hs(SENSORS))
    note_and_refresh(ours)

    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])


def test_a_company_that_leaves_disappears_from_every_list():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    offers(ours, SENSORS)
    match()

    change_company(ours, is_listed=False)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == (None, [])


def test_an_exclusion_holds_at_once_for_both():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    offers(ours, SENSORS)
    match()

    exclude_company(theirs, other=ours)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == ([], [])


def test_an_exclusion_holds_among_companies_that_have_changed_since_the_run():
    ours = company("RU", "Ours")
    makers = [company("JP", f"Maker {number}", codes=hs(SENSORS)) for number in range(6)]
    exclude_company(makers[0], other=ours)
    match()
    for one in makers:
        change_company(one, target_countries=["RU"])
    jobs.work_off()

    seeks(ours, SENSORS)
    note_and_refresh(ours)

    assert sorted(partners_of(ours)) == [f"Maker {number}" for number in range(1, 6)]
    assert [partners_of(one) for one in makers] == [[], *[["Ours"]] * 5]


def test_a_change_that_changes_nothing_for_the_engine_touches_no_list():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    offers(ours, SENSORS)
    match()
    before = list(SuggestionList.objects.order_by("pk").values())

    change_company(ours, city="Томск")
    jobs.work_off()

    assert list(SuggestionList.objects.order_by("pk").values()) == before
    assert Job.objects.filter(kind=JOB).latest("pk").result == {"companies": 0, "lists": 0}


def test_many_changes_at_once_become_one_refresh():
    companies = [company("RU", f"Company {number}") for number in range(5)]
    theirs = company("JP", "Theirs")
    seeks(theirs, SENSORS)
    match()
    for one in companies:
        offers(one, SENSORS)

    note_and_refresh(*companies)

    assert sorted(partners_of(theirs)) == sorted(one.legal_name for one in companies)
    done = Job.objects.filter(kind=JOB, state=Job.State.DONE)
    assert len({str(job.result) for job in done}) == 1
    assert not Job.objects.open().exists()


@pytest.mark.parametrize("least", [0.0, 0.3, 0.7, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_refreshing_gives_the_same_lists_as_matching_everyone_anew(seed, least):
    free_of_charge(shown_least=least, common_least=0.84 * (seed % 2))
    chance = random.Random(seed)
    companies = [
        company(chance.choice(COUNTRIES), f"Company {number:02d}", codes=hs(chance.choice(CODES)))
        for number in range(34)
    ]
    for one in companies:
        for make in chance.sample([offers, seeks], chance.randint(0, 2)):
            make(one, chance.choice(CODES))
    match(seed=1)
    for one in chance.sample(companies, 6):
        what = chance.choice([offers, seeks])
        what(one, chance.choice(CODES), target_countries=chance.choice([[], ["JP", "RU"]]))
        note_and_refresh(one)
    change_company(companies[3], is_listed=False)
    change_company(companies[4], excluded_countries=["JP"])
    jobs.work_off()
    refreshed = scores()

    match(seed=1)

    assert refreshed == scores()


def free_of_charge(**values):
    """Put rules in force by which nobody costs anything in the lists of others."""
    root = UserFactory(superuser=True)
    shares = dict.fromkeys(["share_budget", "share_most", "share_bonus", "share_spare"], 0.0)
    put_in_force(draft_weights(version="free", by=root, values=shares | values), by=root)


def crowded(size):
    """So many makers and users whose words differ: the lists of all are full."""
    words = ["pump", "valve", "steel", "laser", "paper", "cocoa", "rails", "boats", "glass"]
    chance = random.Random(2)

    def said():
        return {"en": " ".join(chance.sample(words, 4))}

    makers, users = (
        [
            company(chance.choice(countries), f"{name} {number:02d}", description=said())
            for number in range(size)
        ]
        for name, countries in (("Maker", ["RU", "KZ"]), ("User", ["JP", "DE"]))
    )
    for number, (maker, user) in enumerate(zip(makers, users, strict=True)):
        code = SENSORS if number % 4 else "902620"
        offers(maker, code, title=said())
        seeks(user, code, title=said())
    return makers, users, chance, said


def change_some(makers, users, chance, said):
    """Other words, other needs, one that leaves."""
    for one in chance.sample(makers + users, 5):
        change_company(one, description=said())
        jobs.work_off()
    for one in makers[:3]:
        seeks(one, CHIPS, title=said())
    offers(users[0], CHIPS, title=said())
    change_company(makers[9], is_listed=False)
    note_and_refresh(*makers[:3], users[0], makers[9])


@pytest.mark.parametrize("least", [0.3, 0.73, 0.93])
def test_refreshing_lists_that_are_full_gives_what_matching_everyone_anew_gives(least):
    free_of_charge(shown_least=least)
    makers, users, chance, said = crowded(64)
    match(seed=1)
    assert not SuggestionList.objects.current().filter(least__lt=0.5).exists()
    cut = SuggestionList.objects.current().filter(last=-1)
    assert cut.filter(threshold__gt=0).exists() == cut.exists() == (least == 0.73)
    single = SuggestionList.objects.current().filter(partners__len=1)
    assert single.count() == (len(makers + users) if least == 0.93 else 0)

    change_some(makers, users, chance, said)
    new = company("RU", "New")
    offers(new, SENSORS, title=said())
    note_and_refresh(new)
    refreshed = scores()

    match(seed=1)

    assert scores() == refreshed


@pytest.mark.parametrize("dearest", [0.1, 0.3])
def test_refreshing_lists_in_which_some_are_dear_gives_what_matching_everyone_anew_gives(
    monkeypatch, dearest
):
    """Prices are those of the run; whoever changes, they stay what they are until the next.

    Everybody abroad is on the shortlist here. Of more, who was the 61st by score and cheap waits
    for the next run to come after one who left the shortlist.
    """

    def price(ids):
        return np.float32(dearest) * (np.asarray(ids) % 7 / 7).astype(np.float32)

    def priced(ids, positions, scores, _prices, least):
        return chosen_lists(ids, positions, scores, price(ids), least)

    def values():
        """Of every list, the scores less prices of those shown, best first."""
        return {
            owner: [round(score - float(price(one)), 4) for one, score in zip(*shown, strict=True)]
            for owner, shown in lists().items()
        }

    monkeypatch.setattr(runs, "chosen_lists", priced)
    free_of_charge(shown_least=0.3)
    makers, users, chance, said = crowded(55)
    match(seed=1)
    at_first = values()
    assert all(one == sorted(one, reverse=True) for one in at_first.values())
    assert any(shown[1] != sorted(shown[1], reverse=True) for shown in lists().values())

    change_some(makers, users, chance, said)
    refreshed = values()
    match(seed=1)

    assert refreshed == values()
    assert refreshed != at_first


def run_until_the_swap():
    """A run of which only the swap is left to do; its job."""
    runs.start_run(seed=1)
    while (lease := jobs.claim()).job.kind != "matching.run.swap":
        jobs.do(lease)
    return lease


def test_an_offer_published_while_a_run_is_under_way_stays_in_the_lists_after_it():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(ours, SENSORS)
    match()
    swap = run_until_the_swap()
    offers(theirs, SENSORS)
    note_and_refresh(theirs)
    assert partners_of(ours) == ["Theirs"]

    jobs.do(swap)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])


def exclude_the_country(ours, _theirs):
    change_company(ours, excluded_countries=["RU"])


def exclude_the_company(ours, theirs):
    exclude_company(ours, other=theirs)


def become_partners(ours, theirs):
    PairHistory.objects.create(one=ours, other=theirs, kind=PairHistory.Kind.PARTNER)
    note_change(ours)


@pytest.mark.parametrize("part", [exclude_the_country, exclude_the_company, become_partners])
def test_who_is_kept_apart_while_a_run_is_under_way_stays_apart_after_it(part):
    ours, theirs = company("JP", "Ours"), company("RU", "Theirs")
    seeks(ours, SENSORS)
    offers(theirs, SENSORS)
    match()
    swap = run_until_the_swap()
    part(ours, theirs)
    jobs.work_off()

    jobs.do(swap)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == ([], [])


def stop(run, _part):
    runs.stop_run(run, by=StaffFactory().person)


def fail(_run, part):
    runs.fail_run(part.job, "a reason")


@pytest.mark.parametrize("end", [stop, fail])
def test_what_a_run_that_came_to_nothing_has_read_is_shown_all_the_same(end):
    ours, theirs, other = company("RU", "Ours"), company("JP", "Theirs"), company("BY", "Other")
    seeks(theirs, SENSORS)
    offers(other, SENSORS)
    match()
    offers(ours, SENSORS)  # no service has noted either change
    type(other).objects.filter(pk=other.pk).update(is_listed=False)

    swap = run_until_the_swap()
    assert partners_of(theirs) == ["Other"]
    end(runs.Run.objects.get(pk=swap.payload["run"]), swap)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])
    assert partners_of(other) is None


def test_after_a_run_with_too_many_changes_since_everyone_is_matched_anew(monkeypatch):
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(theirs, SENSORS)
    swap = run_until_the_swap()
    monkeypatch.setattr(refresh, "MOST_YOUNG", 0)
    offers(ours, SENSORS)
    profiles.save(profiles.build(type(ours).objects.filter(pk=ours.pk)))

    jobs.do(swap)
    jobs.work_off()

    assert not Job.objects.filter(kind=JOB).exists()
    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])


def test_a_dismissed_partner_gives_its_place_to_another_and_comes_back():
    ours = company("RU", "Ours")
    seeks(ours, SENSORS)
    makers = [company("JP", f"Maker {number:02d}", codes=hs(SENSORS)) for number in range(22)]
    match()
    anna = RepresentativeFactory(company=ours).person
    gone = next(one for one in makers if one.legal_name == partners_of(ours)[0])

    dismiss_partner(ours, partner=gone, reason="field", by=anna)
    jobs.work_off()

    assert gone.legal_name not in partners_of(ours)
    assert len(partners_of(ours)) == 20
    assert partners_of(gone) == ["Ours"]

    restore_partner(ours, partner=gone, by=anna)
    for one in [one for one in makers if one != gone][:2]:
        change_company(one, excluded_countries=["RU"])
    jobs.work_off()

    assert gone.legal_name in partners_of(ours)


def test_a_company_that_comes_back_costs_what_the_database_says_in_every_worker():
    theirs, ours = company("JP", "Theirs"), company("RU", "Ours")
    seeks(theirs, SENSORS)
    offers(theirs, CHIPS)
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    offers(company("RU", "Other"), SENSORS)
    match()
    SuggestionList.objects.filter(company=ours).update(price=0.9)
    boards.forget()
    change_company(theirs, target_countries=["RU"])
    jobs.work_off()
    assert partners_of(theirs) == ["Other", "Ours"]

    for is_listed in (False, True):
        change_company(ours, is_listed=is_listed)
        jobs.work_off()

    assert SuggestionList.objects.current().get(company=ours).price == 0
    assert partners_of(theirs) == ["Ours", "Other"]


def test_one_bad_change_does_not_take_the_good_ones_down():
    theirs = company("JP", "Theirs")
    seeks(theirs, SENSORS)
    match()
    good = company("RU", "Good", codes=hs(SENSORS))
    note_change(good)
    bad = jobs.enqueue(JOB, {"compny": 0}, key="bad")

    for _ in range(6):
        while lease := jobs.claim(timezone.now() + dt.timedelta(hours=1)):
            jobs.do(lease)

    bad.refresh_from_db()
    assert bad.state == Job.State.PARKED
    assert partners_of(theirs) == ["Good"]
    assert not Job.objects.open().exists()


def weak(name, country="KZ"):
    """A company that shares no more than a chapter with who works on sensors."""
    return company(country, name, codes=hs("901910"))


def strong(name, country="KZ"):
    return company(country, name, codes=hs(SENSORS))


def best_but_poor():
    """One that nobody suits well, with its best partners, best first; only the first is shown."""
    free_of_charge(shown_least=0.3, common_least=0)
    ours = strong("Ours", "RU")
    poor = [weak(f"Weak {number}") for number in range(3)]
    match()
    (first,) = partners_of(ours)
    poor.sort(key=lambda one: one.legal_name != first)
    return ours, poor


def test_when_the_only_one_leaves_the_next_best_is_shown():
    ours, (first, *others) = best_but_poor()

    change_company(first, is_listed=False)
    jobs.work_off()

    (second,) = partners_of(ours)
    assert second in [one.legal_name for one in others]
    refreshed = scores()
    match()
    assert scores() == refreshed
    assert partners_of(ours) == [second]


def test_a_good_newcomer_takes_the_place_of_the_poor_one_and_gives_it_back():
    ours, (first, *_others) = best_but_poor()

    good = [strong(f"Good {number}") for number in range(2)]
    note_and_refresh(*good)
    assert sorted(partners_of(ours)) == ["Good 0", "Good 1"]
    newcomer = weak("Weak, too")
    note_and_refresh(newcomer)
    assert sorted(partners_of(ours)) == ["Good 0", "Good 1"]

    for one in good:
        change_company(one, excluded_countries=["RU"])
        jobs.work_off()

    assert partners_of(ours) in ([first.legal_name], [newcomer.legal_name])
    refreshed = lists()
    match()
    assert lists() == refreshed


def scores():
    """What does not depend on how ties are ordered: the sorted scores of every list."""
    return {owner: columns[1] for owner, columns in lists().items()}


def test_the_end_of_a_membership_is_noted():
    ours = company("RU", "Ours")
    membership = ours.memberships.get()

    end_membership(membership, ends_on=timezone.localdate(), by=UserFactory(superuser=True))

    assert Job.objects.filter(kind=JOB, payload__company=ours.pk).exists()
