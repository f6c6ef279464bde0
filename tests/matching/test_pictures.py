"""Pictures of matches: where partners are, what meets what."""

import pytest
from django.contrib.auth.models import AnonymousUser

from chambers.globe import HEIGHT, WIDTH
from chambers.models import Place
from chambers.selectors.places import places_of
from chambers.words import fold
from matching.selectors import suggestion_between, suggestions_for
from matching.selectors.atlas import atlas_of
from matching.selectors.relation import relations_of, wrapped
from tests.factories import CountryFactory, RepresentativeFactory
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db

GUEST = AnonymousUser()


def place(country, name, latitude, longitude, *names, capital=False, population=100_000):
    return Place.objects.create(
        country=CountryFactory(code=country),
        name=name,
        latitude=latitude,
        longitude=longitude,
        is_capital=capital,
        population=population,
        names=[fold(one) for one in (name, *names)],
    )


@pytest.fixture
def earth():
    """Two capitals and a second city in Japan."""
    place("RU", "Moscow", 55.75, 37.62, "Москва", capital=True)
    place("JP", "Tokyo", 35.69, 139.69, "東京", capital=True)
    place("JP", "Osaka", 34.69, 135.5, "大阪")


def test_a_city_is_found_under_each_of_its_names_and_in_its_country_only(earth):
    found = places_of(
        {("RU", "МОСКВА"), ("JP", "大阪"), ("JP", "Moscow"), ("JP", ""), ("FR", "Osaka")}
    )

    assert {address: one.name for address, one in found.items()} == {
        ("RU", "МОСКВА"): "Moscow",
        ("JP", "大阪"): "Osaka",
        ("JP", "Moscow"): "Tokyo",  # not known there: the capital stands for it
        ("JP", ""): "Tokyo",
    }


def test_of_two_cities_of_one_name_the_larger_is_meant(earth):
    place("RU", "Kirov", 58.6, 49.7, population=500_000)
    place("RU", "Kirov small", 54.1, 34.3, "Kirov", population=30_000)

    assert places_of({("RU", "Kirov")})["RU", "Kirov"].latitude == 58.6


def test_nothing_is_drawn_of_partners_whose_country_has_no_known_place(earth):
    ours, theirs = company("RU", "Ours", city="Moscow"), company("AQ", "Theirs")
    offers(ours, SENSORS)
    seeks(theirs, SENSORS)
    match()
    person = RepresentativeFactory(company=ours).person
    shown = suggestions_for(ours, person).shown

    assert [one.partner for one in shown] == [theirs]
    assert atlas_of(ours, shown) is None


def test_partners_and_demand_are_counted_by_place_and_joined_to_ones_own(earth):
    ours = company("RU", "Ours", city="Москва")
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    for number, city in enumerate(("東京", "Osaka", "大阪")):
        offers(company("JP", f"Theirs {number}", city=city), CHIPS)
    buyer = company("JP", "Buyer", city="Osaka")
    seeks(buyer, SENSORS)
    match()
    person = RepresentativeFactory(company=ours).person

    atlas = atlas_of(ours, suggestions_for(ours, person).shown)

    assert [(dot.place.name, dot.partners, dot.demand) for dot in atlas.dots] == [
        ("Osaka", 3, 1),  # the buyer is a partner, too
        ("Tokyo", 1, 0),
    ]
    assert (atlas.home.name, atlas.first, atlas.first_number) == ("Moscow", "Country JP", 4)
    assert all(dot.ways for dot in atlas.dots)
    left, top, width, height = atlas.frame
    rim = max(max(dot.radius, dot.ring) for dot in atlas.dots)
    # A dot at the edge stands whole.
    assert max(left, top) <= -rim
    assert min(left + width - WIDTH, top + height - HEIGHT) >= rim
    assert [dot.in_country for dot in atlas.dots] == [4, 4]
    assert [dot.label is not None for dot in atlas.dots] == [True, False]  # a country is named once


def test_of_an_anonymous_request_the_picture_tells_the_country_only(earth):
    ours = company("RU", "Ours", city="Moscow")
    offers(ours, SENSORS)
    seeks(company("JP", "Hidden", city="Osaka"), SENSORS, is_anonymous=True)

    atlas = atlas_of(ours, [])

    assert [(dot.place.name, dot.demand) for dot in atlas.dots] == [("Tokyo", 1)]


def test_without_partners_demand_or_places_there_is_no_picture(earth):
    company("RU", "Ours")

    assert atlas_of(company("RU", "Nobody asks"), []) is None
    Place.objects.all().delete()
    ours = company("RU", "Nowhere")
    offers(ours, SENSORS)
    seeks(company("JP", "Buyer"), SENSORS)
    assert atlas_of(ours, []) is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_picture_takes_the_same_queries_for_any_number_of_places(
    earth, count, django_assert_num_queries
):
    ours = company("RU", "Ours", city="Moscow")
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    for number in range(count):
        offers(company("JP", f"Theirs {number}", city=("Tokyo", "Osaka", "")[number]), CHIPS)
    match()
    person = RepresentativeFactory(company=ours).person
    shown = suggestions_for(ours, person).shown

    with django_assert_num_queries(3):
        atlas_of(ours, shown)


def test_both_directions_of_a_match_are_drawn_between_the_same_two_columns():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(ours, CHIPS, title={"en": "Chips wanted"})
    offers(ours, SENSORS, title={"en": "Sensors"})
    offers(theirs, CHIPS, title={"en": "Chips"})
    seeks(theirs, SENSORS, title={"en": "Sensors wanted"})
    match()
    person = RepresentativeFactory(company=ours).person

    relations = relations_of(suggestion_between(ours, theirs, person))

    assert (relations.needs_met, relations.needs_covered) == (1, 1)
    for _kind, picture in relations.drawn:
        assert [(box.text, box.ours) for box in picture.boxes] == [
            ("Chips wanted", True),
            ("Chips", False),
            ("Sensors", True),
            ("Sensors wanted", False),
        ]
        assert [(band.need, band.answer, band.ours_needs) for band in picture.bands] == [
            ("Chips wanted", "Chips", True),
            ("Sensors wanted", "Sensors", False),
        ]
        assert all(box.x >= 0 and box.x + box.width <= picture.width for box in picture.boxes)
        assert all(box.y + box.height <= picture.height for box in picture.boxes)
        assert not _overlap(picture.boxes)


def _overlap(boxes):
    return [
        (one.text, other.text)
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


def test_a_match_that_meets_no_stated_need_has_no_picture():
    ours, theirs = (
        company(country, country, description={"en": "Pumps"}) for country in ("RU", "JP")
    )
    match()
    person = RepresentativeFactory(company=ours).person
    suggestion = suggestion_between(ours, theirs, person)

    assert suggestion.same_field
    assert relations_of(suggestion) is None


@pytest.mark.parametrize(
    "text",
    [
        "Оборудование для нанесения фоторезиста на полупроводниковые пластины диаметром 300 мм",
        "半導体製造装置および圧力計の製造設備を探しています",
        "Donaudampfschiffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "Pump",
        "",
    ],
)
def test_words_are_broken_into_at_most_three_lines_that_fit(text):
    lines = wrapped(text, 120.0)

    assert 1 <= len(lines) <= 3
    assert all(sum(13 if ord(letter) > 0x2E80 else 7 for letter in line) <= 120 for line in lines)
    assert (
        lines == [text]
        or lines[-1].endswith("…")
        or "".join(lines).replace(" ", "") == text.replace(" ", "")
    )
