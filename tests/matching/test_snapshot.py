"""What a run reads in bulk is what ``profiles.engine_company`` tells of each company."""

import random

import numpy as np
import pytest

from chambers.models import Company
from chambers.models.limits import Certificate
from marketplace.models import FurtherMark
from matching import profiles
from matching.engine import SIZES, Weights
from matching.engine.company_columns import CompanyColumns
from matching.engine.index import Index
from matching.engine.prior import shipped
from matching.models import PairHistory, Profile
from matching.services import snapshot
from matching.services.copied import Kind, read
from matching.ties import NO_TIES, ties_of
from tests.event_factories import MeetingFactory, ParticipantFactory
from tests.factories import DismissalFactory, PairHistoryFactory
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, offers, seeks

pytestmark = pytest.mark.django_db
COUNTRIES = ["RU", "JP", "BY", "KZ", "ZW"]  # the prior knows the last one not
CODES = [SENSORS, CHIPS, HARVESTERS]


def some(chance, names, most=3):
    """Some of a few names in any order, now and then one of them twice."""
    return chance.choices(names, k=chance.randrange(most + 1))


def with_all_limits(chance, number):
    topics = shipped().topics
    made = company(
        chance.choice(COUNTRIES),
        f"Company {number}",
        description={"en": chance.choice(["pressure sensors", "machines that make chips"])},
        target_countries=some(chance, COUNTRIES),
        excluded_countries=some(chance, [*COUNTRIES, "AQ"], 1),
        languages=some(chance, ["en", "ru", "ja"]),
        accepts_interpreter=chance.random() < 0.5,
        certificates=some(chance, Certificate.values),
        required_certificates=some(chance, Certificate.values, 1),
        size=chance.choice(["", *SIZES]),
        accepted_sizes=some(chance, SIZES),
        avoids_competitors=chance.random() < 0.5,
        corporate_group=chance.choice(["", "", "Ромашка", "«РОМАШКА»", "アサヒ HD"]),
        visibility=chance.choice([{}, {"size": "partners"}, {"languages": "partners"}]),
    )
    chance.choice([offers, seeks])(made, chance.choice(CODES))
    profiles.save(profiles.read(Company.objects.filter(pk=made.pk)))
    Profile.objects.filter(company=made).update(
        trades=some(chance, ["9026", "8486", "8433"]), topic=chance.choice(["", *topics[:3]])
    )
    return made


def tie(chance, companies):
    """Each kind of tie between some companies, also to one that has left."""
    pairs = [chance.sample(companies, 2) for _ in range(40)]
    for one, other in {tuple(pair): pair for pair in pairs[:10]}.values():
        one.excluded_companies.add(other)
    for one, other in {tuple(pair): pair for pair in pairs[10:20]}.values():
        DismissalFactory(company=one, partner=other)
    for at, kind in ((20, "met"), (26, "partner"), (33, "declined")):
        for one, other in {frozenset(pair): pair for pair in pairs[at : at + 6]}.values():
            stated = {"stated_by": one} if kind == PairHistory.Kind.DECLINED else {}
            PairHistoryFactory(one=one, other=other, kind=kind, **stated)
    for at, status in enumerate(["held", "held", "no_show", "confirmed"]):
        three = chance.sample(companies, 3)
        sides = dict(zip(("host", "guest"), pairs[20] if at == 0 else three, strict=False))
        meeting = MeetingFactory(
            placed=True,
            status=status,
            **{f"{side}__registration__company": one for side, one in sides.items()},
        )
        if at:
            joins = ParticipantFactory(
                registration__event=meeting.event, registration__company=three[2]
            )
            FurtherMark.objects.create(meeting=meeting, participant=joins, attendance="came")


def one_by_one():
    """Every company with a profile, as whoever asks about a few of them reads it."""
    stored = {one.company_id: one for one in Profile.objects.exclude(digest="")}
    ties = ties_of()
    return [
        profiles.engine_company(
            one, ties.get(one.pk, NO_TIES), stored[one.pk].trades, stored[one.pk].topic
        )
        for one in Company.objects.filter(pk__in=stored).order_by("pk")
    ]


@pytest.fixture(params=[1, 2])
def world(request):
    """A few dozen companies with limits of every sort, of which two have left."""
    chance = random.Random(request.param)
    companies = [with_all_limits(chance, number) for number in range(40)]
    tie(chance, companies)
    Profile.objects.filter(company__in=companies[:2]).update(digest="", packed=b"")
    return companies[2:]


def test_an_index_of_columns_is_that_of_the_same_companies_to_the_last_byte(world, tmp_path):
    columns, companies = snapshot.limits(), one_by_one()
    assert [one.id for one in companies] == columns.ids.tolist()
    assert all(
        any(getattr(one, name) != type(getattr(one, name))() for one in companies)
        for name in CompanyColumns.__dataclass_fields__
        if name not in {"ids", "standing"}
    )

    for name, some_companies in (("columns", columns), ("objects", companies)):
        index = Index.build_packed(
            snapshot.packed_rows(), some_companies, Weights(), shipped().prior
        )
        index.save(tmp_path / name)

    files = sorted(path.name for path in (tmp_path / "objects").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "columns").iterdir())
    for file in files:
        one, other = (tmp_path / name / file for name in ("columns", "objects"))
        assert one.read_bytes() == other.read_bytes(), file


def test_texts_and_sets_of_a_query_are_read_as_they_are_written():
    values = "(1, true, 'Ромашка', '{b,a,b}'), (-2, false, '', '{}'), (3, true, 'b', '{Я}')"
    query = f"select n::bigint, f, t, s::text[] from (values {values}) as x(n, f, t, s)"

    longs, flags, texts, sets = read(query, [], [Kind.LONG, Kind.FLAG, Kind.TEXT, Kind.TEXTS])

    assert (longs.tolist(), flags.tolist()) == ([1, -2, 3], [True, False, True])
    assert [texts.names[number] for number in texts.numbers] == ["Ромашка", "", "b"]
    assert sets.start.tolist() == [0, 3, 3, 4]
    assert [sets.names[number] for number in sets.numbers] == ["b", "a", "b", "Я"]
    assert sorted(sets.names) == ["a", "b", "Я"]


def test_as_many_texts_as_rows_are_told_apart():
    query = "select md5(n::text) from generate_series(1, 5000) as n"

    (texts,) = read(f"{query} union all {query}", [], [Kind.TEXT])

    assert len(set(texts.names)) == len(texts.names) == 5000
    assert np.array_equal(texts.numbers[:5000], texts.numbers[5000:])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("null::text", Kind.TEXT),
        ("1::int", Kind.LONG),
        ("'{a,null}'::text[]", Kind.TEXTS),
        ("'{{a},{b}}'::text[]", Kind.TEXTS),
        ("1::bigint, 2::bigint", Kind.LONG),
    ],
)
def test_what_is_not_as_told_is_refused(value, kind):
    with pytest.raises(ValueError, match=r"column|array"):
        read(f"select {value}", [], [kind])
