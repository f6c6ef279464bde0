"""What page, endpoint and administration are told about a company's partners."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from chambers.models import Company
from marketplace.services import archive_opportunity
from matching.engine import Band
from matching.models import Dismissal, Profile, SuggestionList
from matching.selectors import partners_by_country, suggestion_between, suggestions_for, tenths
from matching.services.dismissals import dismiss_partner, restore_partner
from tests.factories import (
    DismissalFactory,
    MembershipFactory,
    PairHistoryFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
    WeightSetFactory,
)
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """A Russian and a Japanese company that answer each other and share no word."""
    romashka = company("RU", "Ромашка Сенсор", languages=["ru", "en"])
    asahi = company("JP", "アサヒ計装", languages=["ja", "en"])
    offers(romashka, SENSORS, title={"ru": "Датчики давления"})
    seeks(romashka, CHIPS, title={"ru": "Ищем оборудование для пластин"})
    offers(asahi, CHIPS, title={"ja": "半導体製造装置"})
    seeks(asahi, SENSORS, title={"ja": "圧力計を探しています"})
    match()
    return romashka, asahi


def person_of(one):
    return RepresentativeFactory(company=one).person


def only(suggestions):
    (suggestion,) = suggestions.shown
    return suggestion


def test_a_suggestion_names_the_codes_and_the_opportunities_of_both_sides(pair):
    romashka, asahi = pair

    found = only(suggestions_for(romashka, person_of(romashka)))

    assert (found.partner, found.band) == (asahi, Band.STRONG_BOTH)
    theirs, yours = found.they_cover.reasons[0], found.you_cover.reasons[0]
    assert (theirs.code, yours.code) == (CHIPS, SENSORS)
    assert theirs.need.titled("ru")[0] == "Ищем оборудование для пластин"
    assert theirs.answer.titled("ja")[0] == "半導体製造装置"
    assert yours.need.titled("ja")[0] == "圧力計を探しています"
    assert yours.answer.titled("ru")[0] == "Датчики давления"


def test_both_sides_read_the_mirrored_reasons_in_their_own_language(pair):
    romashka, asahi = pair

    with translation.override("ru"):
        ours = only(suggestions_for(romashka, person_of(romashka)))
    with translation.override("ja"):
        theirs = only(suggestions_for(asahi, person_of(asahi)))

    assert (ours.tenths, ours.they_cover.tenths) == (theirs.tenths, theirs.you_cover.tenths)
    assert ours.they_cover.reasons[0].label == f"Подпись {CHIPS}"
    assert theirs.you_cover.reasons[0].label == f"見出し {CHIPS}"


def test_words_are_shown_as_each_side_wrote_them():
    ours = company("RU", "Ours", description={"en": "We harvest cranberries in the marshes."})
    company("JP", "Theirs", description={"en": "Importer of the cranberry and other berries."})
    match()

    found = only(suggestions_for(ours, person_of(ours)))

    assert found.same_field
    words = {(one.need_word, one.answer_word) for one in found.shared.reasons}
    assert ("cranberries", "cranberry") in words
    assert "their_needs_unknown" in found.against_codes


def test_one_is_told_of_ones_own_limits_and_never_of_what_a_partner_asks_for(pair):
    romashka, asahi = pair
    Company.objects.filter(pk=asahi.pk).update(accepted_sizes=["small"], avoids_competitors=True)
    for one, heading in ((romashka, "8501"), (asahi, "8502")):
        Profile.objects.filter(company=one).update(trades=[heading])
    staff = StaffFactory(chamber=romashka.memberships.get().chamber).person
    anna, keiko = person_of(romashka), person_of(asahi)

    for size, told in (("", "their_size_unknown"), ("small", "their_size_at_your_edge")):
        Company.objects.filter(pk=romashka.pk).update(size=size)
        for one in pair:
            one.refresh_from_db()
        for viewer in (anna, staff):
            assert only(suggestions_for(romashka, viewer)).close_codes == []
            assert suggestion_between(romashka, asahi, viewer).close_codes == []
        assert only(suggestions_for(asahi, keiko)).close_codes == [told, "nearly_competitors"]


def test_strangers_and_guests_see_no_suggestions_of_others(pair):
    romashka, asahi = pair

    for viewer in (AnonymousUser(), UserFactory(), person_of(asahi), StaffFactory().person):
        assert suggestions_for(romashka, viewer).shown == []


def test_staff_of_its_chamber_see_what_the_company_sees(pair):
    romashka, _asahi = pair
    staff = StaffFactory(chamber=romashka.memberships.get().chamber).person

    assert suggestions_for(romashka, staff).shown == (
        suggestions_for(romashka, person_of(romashka)).shown
    )


def test_staff_of_a_chamber_that_it_only_applied_to_see_none_of_it(pair):
    romashka, asahi = pair
    asked = MembershipFactory(company=romashka, applied=True).chamber
    theirs, ours = StaffFactory(chamber=asked).person, person_of(romashka)

    assert suggestion_between(romashka, asahi, ours) is not None
    assert suggestion_between(romashka, asahi, theirs) is None
    assert suggestions_for(romashka, theirs).shown == []


def test_a_partner_that_left_since_the_run_is_not_shown(pair):
    romashka, asahi = pair
    asahi.is_listed = False
    asahi.save()

    assert suggestions_for(romashka, person_of(romashka)).shown == []


def test_what_left_the_market_is_no_reason_before_the_lists_follow(pair):
    romashka, asahi = pair
    reader = person_of(romashka)
    assert only(suggestions_for(romashka, reader)).they_cover.reasons
    offer = asahi.opportunities.get(side="offer")

    archive_opportunity(offer, by=person_of(asahi))

    for found in (
        only(suggestions_for(romashka, reader)),
        suggestion_between(romashka, asahi, reader),
    ):
        assert found.they_cover.reasons == []  # what they offered
        assert found.you_cover.reasons  # what they seek stands
        assert found.band == Band.STRONG_ONE


def change_country_wish(one, other):
    type(one).objects.filter(pk=one.pk).update(excluded_countries=[other.country_id])


def change_certificates(one, _other):
    type(one).objects.filter(pk=one.pk).update(required_certificates=["iso9001"])


def change_group(one, other):
    type(one).objects.filter(pk__in=[one.pk, other.pk]).update(corporate_group="Sumire")


def change_exclusion(one, other):
    one.excluded_companies.add(other)


@pytest.mark.parametrize(
    "change", [change_country_wish, change_certificates, change_group, change_exclusion]
)
def test_who_is_kept_apart_by_a_limit_is_not_shown_before_the_lists_follow(pair, change):
    romashka, asahi = pair

    change(asahi, romashka)
    romashka.refresh_from_db()
    asahi.refresh_from_db()

    assert suggestions_for(romashka, person_of(romashka)).shown == []
    assert suggestions_for(asahi, person_of(asahi)).shown == []


def test_not_relevant_hides_a_partner_from_ones_own_list_only_and_can_be_undone(pair):
    romashka, asahi = pair
    anna, keiko = person_of(romashka), person_of(asahi)

    dismiss_partner(romashka, partner=asahi, reason=Dismissal.Reason.COMPETITOR, by=anna)

    ours = suggestions_for(romashka, anna)
    assert (ours.shown, [one.partner for one in ours.dismissed]) == ([], [asahi])
    assert only(suggestions_for(asahi, keiko)).partner == romashka
    assert suggestions_for(asahi, keiko).dismissed == []

    restore_partner(romashka, partner=asahi, by=anna)

    assert only(suggestions_for(romashka, anna)).partner == asahi


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_for_any_number_of_partners(count, django_assert_num_queries):
    ours = company("RU", "Ours")
    seeks(ours, CHIPS)
    for number in range(count):
        offers(company("JP", f"Maker {number}"), CHIPS)
    match()
    anna = person_of(ours)

    with django_assert_num_queries(7):
        found = suggestions_for(ours, anna)

    assert len(found.shown) == count


@pytest.fixture
def many():
    """One that seeks chips, and 24 that make them: more than a list has places."""
    ours = company("RU", "Ours")
    seeks(ours, CHIPS)
    makers = [company("JP", f"Maker {number}") for number in range(24)]
    for one in makers:
        offers(one, CHIPS)
    match()
    stored = SuggestionList.objects.get(company=ours)
    return ours, [*stored.partners, *stored.reserve]


def test_the_reserve_takes_the_places_of_partners_met_before(many):
    ours, listed = many
    for pk in listed[:16]:
        PairHistoryFactory(one=ours, other=Company.objects.get(pk=pk))

    left = suggestions_for(ours, person_of(ours))
    everybody = suggestions_for(ours, person_of(ours), with_met=True)

    assert [one.partner.pk for one in left.shown] == listed[16:]
    assert left.met == 16
    assert [one.partner.pk for one in everybody.shown] == listed[:20]
    assert everybody.met == 16


def test_the_reserve_takes_the_places_of_partners_on_hold_and_not_relevant(many):
    ours, listed = many
    Company.objects.filter(pk=listed[0]).update(held_on="2026-01-01", held_reason="x")
    DismissalFactory(company=ours, partner=Company.objects.get(pk=listed[1]))

    found = suggestions_for(ours, person_of(ours))

    assert [one.partner.pk for one in found.shown] == listed[2:22]
    assert [one.partner.pk for one in found.dismissed] == [listed[1]]


def test_of_those_not_relevant_the_latest_stand_on_the_page(many, monkeypatch):
    monkeypatch.setattr("matching.selectors.suggestions.DISMISSED_SHOWN", 2)
    ours, listed = many
    for day, pk in enumerate(listed[:3], start=1):
        partner = Company.objects.get(pk=pk)
        DismissalFactory(company=ours, partner=partner, at=dt.datetime(2026, 1, day, tzinfo=dt.UTC))

    found = suggestions_for(ours, person_of(ours))

    assert [one.partner.pk for one in found.dismissed] == [listed[2], listed[1]]
    assert [one.partner.pk for one in found.shown] == listed[3:23]


def test_partners_are_counted_by_country(pair):
    romashka, _asahi = pair

    shown = suggestions_for(romashka, person_of(romashka)).shown

    assert partners_by_country(shown) == [("Country JP", 1)]


@pytest.mark.parametrize(("share", "shown"), [(0, 0), (0.001, 1), (0.449, 4), (0.45, 5), (1, 10)])
def test_shares_are_shown_as_tenths_and_something_is_never_nothing(share, shown):
    assert tenths(share) == shown


def test_staff_may_ask_for_enough_in_common_where_no_need_is_stated():
    ours = company("RU", "Ours", description={"en": "Maker of pressure sensors"})
    company("JP", "Theirs", description={"en": "Maker of pressure gauges"})
    match()
    viewer = person_of(ours)
    assert len(suggestions_for(ours, viewer).shown) == 1, "the best one, however little it is"

    WeightSetFactory(in_force=True, values={"common_least": 0.84})
    match()

    assert suggestions_for(ours, viewer).shown == []


def test_of_partners_that_share_too_little_only_the_first_is_shown(pair):
    romashka, asahi = pair
    for number in range(3):
        weak = company("KZ", f"Weak {number}")
        offers(weak, CHIPS, title={"en": "Something"})
    match()
    viewer = person_of(romashka)
    assert len(suggestions_for(romashka, viewer).shown) == 4

    WeightSetFactory(in_force=True, values={"shown_least": 0.9})
    match()
    shown = suggestions_for(romashka, viewer).shown

    assert [one.partner for one in shown] == [asahi]
