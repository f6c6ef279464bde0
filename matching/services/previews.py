"""What a set of weights would change for whom, before anybody puts it in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chambers.models import Company, Job, User
from chambers.services import jobs
from matching import engine, profiles
from matching.engine import Explanation, Row, Weights
from matching.engine.comparing import Lists, Moved, compare
from matching.engine.packed import pack
from matching.engine.prior import shipped
from matching.models import Profile, Run, WeightSet
from matching.services import indexes
from matching.services.weights import weights_in_force

if TYPE_CHECKING:
    from matching.engine.index import Index

JOB = "matching.preview"
MOST = 20_000  # companies of a preview; above, a sample by chance stands for all
LENGTH = 20
LARGEST_GROUPS = 12  # countries told apart
_PART = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sample:
    """Companies that stand for all, in the order of their keys, with what the engine reads."""

    companies: list[engine.Company]
    rows: dict[int, list[Row]]
    among: int
    """How many companies there are in all."""


def ask_for_preview(weights: WeightSet, *, by: User) -> Job:
    """Have a preview computed by a worker; the same one is not asked for twice at once."""
    return jobs.enqueue(JOB, {"weights": weights.pk}, key=str(weights.pk), by=by, priority=2)


def last_preview(weights: WeightSet) -> Job | None:
    """The newest preview of a set, under way or done."""
    return Job.objects.filter(kind=JOB, key=str(weights.pk)).order_by("-created_at", "-pk").first()


@jobs.handles(JOB)
def compute_preview(lease: jobs.Lease) -> None:
    """Compute a preview; its figures become the job's result."""
    weights = WeightSet.objects.get(pk=lease.payload["weights"])
    former = weights_in_force()
    found = preview(weights.weights(), former, progress=lease.progress)
    with lease.finish(found) as result:
        result["against"], result["of"] = former.version, weights.weights().as_data()


def preview(
    after: Weights,
    before: Weights,
    *,
    most: int = MOST,
    seed: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Everybody's lists by both, among at most ``most`` companies drawn by ``seed``, compared.

    Words weigh as among all companies. Lists are those by score, before attention is shared. The
    result is plain data: the fields of ``Change``, each example with its scores and main reasons,
    and ``among`` how many companies there are.
    """
    sample = draw(most, seed)
    like = _like(sample)
    lists, made = [], []
    for turn, weights in enumerate((before, after)):
        made.append(_index(sample, weights, like))
        lists.append(_lists(made[turn], seed, turn, len(sample.companies), progress))
    change = compare(lists[0], lists[1], _groups(sample.companies))
    return {
        **asdict(change),
        "among": sample.among,
        "examples": [
            _told(move, sample, made, (before, after)) for move in (*change.up, *change.down)
        ],
    }


def draw(most: int, seed: int) -> Sample:
    """At most ``most`` of the companies that are matched, by chance; the same for the same seed."""
    keys = list(
        Profile.objects.filter(company__in=Company.objects.matched().values("pk"))
        .order_by("company")
        .values_list("company_id", flat=True)
    )
    chosen = keys
    if len(keys) > most:
        chosen = sorted(np.random.default_rng(seed).choice(keys, most, replace=False).tolist())
    ties = profiles.ties_of(None if chosen is keys else chosen)
    companies, rows = [], {}
    found = Company.objects.filter(pk__in=chosen).select_related("profile").order_by("pk")
    for company in found.only(*profiles.LIMITS, "profile__rows").iterator(chunk_size=2000):
        companies.append(
            profiles.engine_company(
                company,
                ties.get(company.pk, profiles.NO_TIES),
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


def _index(sample: Sample, weights: Weights, like: Index | None) -> Index:
    packed = ((company.id, pack(sample.rows[company.id])) for company in sample.companies)
    return indexes.index_of(Run(weights=weights.as_data()), sample.companies, packed, like=like)


def _lists(index: Index, seed: int, turn: int, companies: int, progress: Progress | None) -> Lists:
    parts = []
    for start in range(0, companies, _PART):
        parts.append(index.top_range(start, start + _PART, LENGTH, seed=seed))
        if progress is not None:
            progress(turn * companies + min(start + _PART, companies), 2 * companies)
    if not parts:
        nobody = np.zeros((0, LENGTH))
        return Lists(index.companies, nobody.astype(np.int64), nobody)
    found = np.concatenate([part.companies for part in parts])
    order = np.argsort(found)  # an index has an order of its own, a sample that of the keys
    return Lists(
        found[order],
        np.concatenate([part.partners for part in parts])[order],
        np.concatenate([part.mutual for part in parts])[order],
    )


def _groups(companies: Iterable[engine.Company]) -> dict[str, NDArray[np.bool_]]:
    """Masks of the largest countries (``country:JP``) and of all sizes (``size:small``)."""
    known = list(companies)
    countries = np.array([one.country for one in known], object)
    sizes = np.array([one.size for one in known], object)
    names, counts = np.unique(countries.astype(str), return_counts=True)
    largest = sorted(zip((-counts).tolist(), names.tolist(), strict=True))[:LARGEST_GROUPS]
    found = {f"country:{name}": countries == name for _, name in largest}
    return found | {f"size:{size}": sizes == size for size in (*engine.SIZES, "")}


def _told(
    move: Moved, sample: Sample, made: list[Index], weights: tuple[Weights, Weights]
) -> dict[str, Any]:
    """An example with its scores and first reasons before and after."""
    by_id = {one.id: one for one in sample.companies if one.id in (move.company, move.partner)}
    terms = {
        term for pk in (move.company, move.partner) for row in sample.rows[pk] for term in row.terms
    }
    explained = [
        engine.explain(
            sample.rows[move.company],
            sample.rows[move.partner],
            by_id[move.company],
            by_id[move.partner],
            dict(index.frequencies_of(terms)),
            index.rows,
            one,
            shipped().prior,
        )
        for index, one in zip(made, weights, strict=True)
    ]
    return {**asdict(move), "parts": [_parts(one) for one in explained]}


def _parts(one: Explanation) -> dict[str, Any]:
    """What a score is made of, as plain numbers, and the term that says most."""
    ways = {"they": one.they_cover, "you": one.you_cover, "shared": one.shared}
    strongest = max(ways.values(), key=lambda way: way.coverage)
    return {
        "score": round(one.mutual, 4),
        **{name: round(way.coverage, 4) for name, way in ways.items()},
        "prior": round(one.prior, 4),
        "met": "met_before" in one.against,
        "term": strongest.reasons[0].term if strongest.reasons else "",
    }
