"""Who gains and who loses by a set of weights, or by what a chamber stresses, before it holds.

What an event stresses is previewed among its companies alone: ``event_previews``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chambers.models import Chamber, Company, Job, Membership, User
from chambers.services import jobs
from chambers.services.people import demand_manager
from matching import engine, profiles
from matching.engine import Explanation, Row, Weights
from matching.engine.comparing import Lists, Moved, compare
from matching.engine.emphasis import factors
from matching.engine.packed import pack
from matching.engine.prior import shipped
from matching.models import (
    ChamberEmphasis,
    EventEmphasis,
    Profile,
    Run,
    StatedEmphasis,
    Version,
    WeightSet,
)
from matching.models.emphases import PARTS, Said
from matching.services import indexes
from matching.services.lists import LENGTH, WIDTH, Places
from matching.services.rounds import PART, Progress
from matching.services.weights import weights_in_force
from matching.ties import NO_TIES, ties_of

if TYPE_CHECKING:
    from matching.engine.fairness import Attention
    from matching.engine.index import Index

JOBS: Mapping[type[Version], str] = {
    WeightSet: "matching.preview",
    ChamberEmphasis: "matching.preview_emphasis",
    EventEmphasis: "matching.preview_event_emphasis",
}
MOST = 20_000  # companies of a preview; above, a sample by chance stands for all
LARGEST_GROUPS = 12  # countries told apart
Rows = Mapping[int, list[Row]]


@dataclass(frozen=True)
class Sample:
    """Companies that stand for all, in the order of their keys, with what the engine reads."""

    companies: list[engine.Company]
    rows: dict[int, list[Row]]
    among: int
    """How many companies there are in all."""


@dataclass(frozen=True)
class Way:
    """One way to match a sample: its rows as they would count, and the constants."""

    rows: Rows
    weights: Weights


def ask_for_preview(weights: WeightSet, *, by: User) -> Job:
    """Have a preview computed by a worker; the same one is not asked for twice at once."""
    return _ask(weights, {"weights": weights.pk}, by, None)


def ask_for_emphasis_preview(emphasis: StatedEmphasis, *, by: User) -> Job:
    """The same for what a chamber or an event stresses.

    Raises PermissionDenied for anyone but a manager of the chamber, of an event its organiser.
    """
    demand_manager(by, emphasis.decider)
    return _ask(emphasis, {"emphasis": emphasis.pk}, by, emphasis.decider)


def _ask(of: Version, payload: dict[str, Any], by: User, chamber: Chamber | None) -> Job:
    kind = JOBS[type(of)]
    return jobs.enqueue(kind, payload, key=str(of.pk), by=by, chamber=chamber, priority=2)


def last_preview(of: Version) -> Job | None:
    """The newest preview of a set or an emphasis, under way or done."""
    asked = Job.objects.filter(kind=JOBS[type(of)], key=str(of.pk))
    return asked.order_by("-created_at", "-pk").first()


def preview_holds(job: Job, of: Version) -> bool | None:
    """Whether a preview that is done is of what the draft says now.

    None when nobody knows: it is of before an upgrade, and tells less than a draft says now.
    """
    was, now = (job.result or {}).get("of"), said_by(of)
    return bool(was == now) if was is not None and was.keys() == now.keys() else None


@jobs.handles(JOBS[WeightSet])
def compute_preview(lease: jobs.Lease) -> None:
    """Compute a preview; its figures become the job's result."""
    weights = WeightSet.objects.get(pk=lease.payload["weights"])
    former = weights_in_force()
    found = preview(weights.weights(), former, progress=lease.progress)
    with lease.finish(found) as result:
        result["against"], result["of"] = former.version, said_by(weights)


@jobs.handles(JOBS[ChamberEmphasis])
def compute_emphasis_preview(lease: jobs.Lease) -> None:
    """Compute what an emphasis would change, by the weights in force."""
    emphasis = ChamberEmphasis.objects.get(pk=lease.payload["emphasis"])
    found = preview_emphasis(emphasis, progress=lease.progress)
    with lease.finish(found) as result:
        result["of"] = said_by(emphasis)


def said_by(one: Version) -> dict[str, Any]:
    """What a version says, as plain data."""
    if isinstance(one, WeightSet):
        return one.weights().as_data()
    return {name: getattr(one, name) for name in PARTS}


def preview(
    after: Weights,
    before: Weights,
    *,
    most: int = MOST,
    seed: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Everybody's lists by both, among at most ``most`` companies drawn by ``seed``, compared.

    Words weigh as among all companies; attention is shared among those drawn. The result is plain
    data: the fields of ``Change``, each example with its scores and main reasons, ``among`` how
    many companies there are, and ``attention`` before and after.
    """
    sample = draw(most, seed)
    ways = Way(sample.rows, before), Way(sample.rows, after)
    return _compared(sample, ways, seed, progress)


def preview_emphasis(
    emphasis: ChamberEmphasis,
    *,
    most: int = MOST,
    seed: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The same for what a chamber stresses, in place of what it stresses now.

    All its members are among those drawn, up to half of ``most``; the examples are of their lists.
    """
    chamber, weights = emphasis.chamber_id, weights_in_force()
    inside = Membership.objects.in_force().filter(chamber=chamber)
    members = set(inside.values_list("company_id", flat=True))
    sample = draw(most, seed, members)
    said = ChamberEmphasis.objects.said_to
    now, then = said(members), said(members, instead={chamber: emphasis.emphasis})
    ways = (
        Way(_stressed(sample.rows, members, now), weights),
        Way(_stressed(sample.rows, members, then), weights),
    )
    return _compared(sample, ways, seed, progress, members)


def _stressed(rows: Rows, members: Collection[int], said: Mapping[int, Said]) -> Rows:
    """Rows in which those of the members count by what their chambers say."""
    found = dict(rows)
    for pk in found.keys() & members:
        emphases = said[pk].emphases if pk in said else []
        found[pk] = [replace(row, stress=factors(emphases, row.kind)) for row in found[pk]]
    return found


def _compared(
    sample: Sample,
    ways: tuple[Way, Way],
    seed: int,
    progress: Progress | None,
    members: Collection[int] | None = None,
) -> dict[str, Any]:
    """Both ways compared; with ``members``, they are a group, and the examples are of them."""
    like = _like(sample)
    lists, made, shared = [], [], []
    for turn, way in enumerate(ways):
        made.append(_index(sample, way, like))
        found, attention = _lists(made[turn], way, seed, turn, progress)
        lists.append(found)
        shared.append({**attention.after._asdict(), "cost": attention.cost})
    groups, told = groups_of(sample.companies), None
    if members is not None:
        told = np.array([one.id in members for one in sample.companies], np.bool_)
        groups = {"members:": told, "others:": ~told, **groups}
    change = compare(lists[0], lists[1], groups, told=told)
    return {
        **asdict(change),
        "among": sample.among,
        "attention": shared,
        "examples": [_told(move, sample, made, ways) for move in (*change.up, *change.down)],
    }


def draw(most: int, seed: int, wanted: Collection[int] = ()) -> Sample:
    """At most ``most`` of the companies that are matched, by chance; the same for the same seed.

    Those ``wanted`` come first, up to half of them.
    """
    keys = list(
        Profile.objects.filter(company__in=Company.objects.matched().values("pk"))
        .order_by("company")
        .values_list("company_id", flat=True)
    )
    chosen = keys
    if len(keys) > most:
        mixed = np.random.default_rng(seed).permutation(keys).tolist()
        first = [pk for pk in mixed if pk in wanted][: most // 2]
        left = set(first)
        chosen = sorted([*first, *(pk for pk in mixed if pk not in left)][:most])
    ties = ties_of(None if chosen is keys else chosen)
    companies, rows = [], {}
    found = Company.objects.filter(pk__in=chosen).select_related("profile").order_by("pk")
    read = (f"profile__{name}" for name in ("rows", "trades", "topic"))
    for company in found.only(*profiles.LIMITS, *read).iterator(chunk_size=2000):
        companies.append(
            profiles.engine_company(
                company,
                ties.get(company.pk, NO_TIES),
                company.profile.trades,
                company.profile.topic,
            )
        )
        rows[company.pk] = profiles.engine_rows(company.pk, company.profile.rows)
    return Sample(companies, rows, len(keys))


def _like(sample: Sample) -> Index | None:
    """The index of all companies, by which words are weighed where the sample is a part of them."""
    run = Run.objects.current()
    if run is None or sample.among == len(sample.companies):
        return None
    return indexes.load(run)


def _index(sample: Sample, way: Way, like: Index | None) -> Index:
    packed = ((company.id, pack(way.rows[company.id])) for company in sample.companies)
    run = Run(weights=way.weights.as_data())
    return indexes.index_of(run, sample.companies, packed, like=like)


def _lists(
    index: Index, way: Way, seed: int, turn: int, progress: Progress | None
) -> tuple[Lists, Attention]:
    """Everybody's list as it would be shown after a run, and how attention is shared by it."""
    from matching.engine.fairness import Sharing, share_attention  # compiled: only where it works

    companies = len(index.companies)
    partners = np.full((companies, WIDTH), -1, np.int64)
    scores = np.zeros((companies, WIDTH), np.float32)
    for start in range(0, companies, PART):
        stop = min(start + PART, companies)
        part = index.top_range(start, stop, WIDTH, seed=seed, shown=way.weights.shown_least)
        partners[start:stop], scores[start:stop] = part.partners, part.mutual
        if progress is not None:
            progress(turn * companies + stop, 2 * companies)
    positions = Places(index.companies).of(partners)
    attention = share_attention(positions, scores, LENGTH, Sharing.of(way.weights))
    order = np.argsort(index.companies)  # an index has an order of its own, a sample that of keys
    chosen = attention.chosen[order]
    column = np.maximum(chosen, 0)
    return Lists(
        index.companies[order],
        np.where(chosen >= 0, np.take_along_axis(partners[order], column, 1), -1),
        np.where(chosen >= 0, np.take_along_axis(scores[order], column, 1), 0),
    ), attention


def groups_of(companies: Iterable[engine.Company]) -> dict[str, NDArray[np.bool_]]:
    """Masks of the largest countries (``country:JP``) and of all sizes (``size:small``)."""
    known = list(companies)
    countries = np.array([one.country for one in known], object)
    sizes = np.array([one.size for one in known], object)
    names, counts = np.unique(countries.astype(str), return_counts=True)
    largest = sorted(zip((-counts).tolist(), names.tolist(), strict=True))[:LARGEST_GROUPS]
    found = {f"country:{name}": countries == name for _, name in largest}
    return found | {f"size:{size}": sizes == size for size in (*engine.SIZES, "")}


def _told(move: Moved, sample: Sample, made: list[Index], ways: tuple[Way, Way]) -> dict[str, Any]:
    """An example with its scores and first reasons before and after."""
    pair = (move.company, move.partner)
    by_id = {one.id: one for one in sample.companies if one.id in pair}
    parts = [
        parts_of(pair, by_id, index, way.rows, way.weights)
        for index, way in zip(made, ways, strict=True)
    ]
    return {**asdict(move), "parts": parts}


def parts_of(
    pair: tuple[int, int],
    companies: Mapping[int, engine.Company],
    index: Index,
    rows: Rows,
    weights: Weights,
) -> dict[str, Any]:
    """What the score of a pair is made of, as plain numbers, and the term that says most."""
    one, other = pair
    terms = {term for pk in pair for row in rows[pk] for term in row.terms}
    return _parts(
        engine.explain(
            rows[one],
            rows[other],
            companies[one],
            companies[other],
            dict(index.frequencies_of(terms)),
            index.rows,
            weights,
            shipped().prior,
        )
    )


def _parts(one: Explanation) -> dict[str, Any]:
    ways = {"they": one.they_cover, "you": one.you_cover, "shared": one.shared}
    strongest = max(ways.values(), key=lambda way: way.coverage)
    return {
        "score": round(one.mutual, 4),
        **{name: round(way.coverage, 4) for name, way in ways.items()},
        "prior": round(one.prior, 4),
        "met": "met_before" in one.against,
        "term": strongest.reasons[0].term if strongest.reasons else "",
    }
