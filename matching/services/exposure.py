"""How often each company stands in the lists of others: counted once after each run, by a job.

A report reads what is stored, for all companies and for the members of each chamber.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from chambers.models import Company, Job, Membership
from chambers.services import jobs
from matching.engine.exposure import gini, lorenz
from matching.models import Run, SuggestionList
from matching.selectors.reports import EVERYBODY, EXPOSURE_JOB, OTHERS

GROUPS = 15  # rows of one table; the others are added up
ASKED = 2  # times a count of one run is asked for
AGAIN = dt.timedelta(hours=1)
_AT_ONCE = 10_000  # rows read at a time
Longs = NDArray[np.int64]


@jobs.by_the_clock
@transaction.atomic
def ask_for_exposure(now: dt.datetime) -> None:
    """Have the exposure in the lists that are shown counted, once for each run.

    A count that was given up or stopped is asked for once more, no sooner than in ``AGAIN``: what
    fails twice, each time after all its tries, would fail for ever and bury its reason.
    """
    run = Run.objects.current()
    if run is None:
        return
    counts = Job.objects.filter(kind=EXPOSURE_JOB, key=str(run.pk))
    if (counts.open() | counts.filter(state=Job.State.DONE)).exists():
        return
    ended = list(counts.values_list("finished_at", flat=True))
    if not ended or (len(ended) < ASKED and max(filter(None, ended), default=now) <= now - AGAIN):
        jobs.enqueue(EXPOSURE_JOB, {"run": run.pk}, key=str(run.pk))


@jobs.handles(EXPOSURE_JOB)
def count_exposure(lease: jobs.Lease) -> None:
    """Count who is shown how often, and tell it of all and of the members of each chamber."""
    run = Run.objects.filter(pk=lease.job.payload["run"], is_current=True).first()
    with lease.held():
        reports = {} if run is None else _reports(run)
    with lease.finish() as result:
        if run is None:
            result["skipped"] = "this run is not shown any more"
        else:
            result["reports"] = reports


@dataclass
class _Kinds:
    """What companies are by one property: a number for each of its values."""

    numbers: dict[str, int] = field(default_factory=dict)
    of: list[int] = field(default_factory=list)

    def add(self, value: str) -> None:
        """What the next company is."""
        self.of.append(self.numbers.setdefault(value, len(self.numbers)))


def _reports(run: Run) -> dict[str, Any]:
    """The report of each circle of companies, by its key."""
    kinds = {name: _Kinds() for name in ("size", "country", "languages", "chamber")}
    members, homes = _memberships()
    listed = SuggestionList.objects.filter(run=run).values("company")
    rows = Company.objects.filter(pk__in=listed).order_by("pk")
    keys: list[int] = []
    for pk, country, size, languages in rows.values_list(
        "pk", "country_id", "size", "languages"
    ).iterator(chunk_size=_AT_ONCE):
        keys.append(pk)
        kinds["size"].add(size)
        kinds["country"].add(country)
        kinds["languages"].add(",".join(sorted(languages)))
        kinds["chamber"].add(str(homes.get(pk, "")))
    companies = np.array(keys, np.int64)
    shown = np.zeros(len(companies), np.int64)
    for partners, times in _times_shown(run) if len(companies) else ():
        at = np.minimum(np.searchsorted(companies, partners), len(companies) - 1)
        known = companies[at] == partners
        shown[at[known]] = times[known]
    tables = {
        name: (list(kind.numbers), np.array(kind.of, np.int64)) for name, kind in kinds.items()
    }
    found = {EVERYBODY: _report(shown, tables, np.arange(len(companies)))}
    for chamber, theirs in members.items():
        here = np.flatnonzero(np.isin(companies, theirs))
        found[str(chamber)] = _report(shown, tables, here)
    return found


def _times_shown(run: Run) -> Iterator[tuple[Longs, Longs]]:
    """Companies, and in how many lists of a run each stands as the rows are now."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "select partner, count(*) from matching_suggestionlist, unnest(partners) as partner"
            " where run_id = %s group by partner",
            [run.pk],
        )
        while rows := cursor.fetchmany(_AT_ONCE):
            partners, times = np.array(rows, np.int64).T
            yield partners, times


def _memberships() -> tuple[dict[int, list[int]], dict[int, int]]:
    """The members of each chamber, and the chamber of each company's oldest membership in force."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    homes: dict[int, int] = {}
    rows = Membership.objects.in_force().order_by("starts_on", "pk")
    for company, chamber in rows.values_list("company", "chamber").iterator(chunk_size=_AT_ONCE):
        members[chamber].append(company)
        homes.setdefault(company, chamber)
    return members, homes


def _report(
    shown: Longs, tables: dict[str, tuple[list[str], Longs]], here: Longs
) -> dict[str, Any]:
    """What is told of the companies at some places, as plain data.

    Each table is a list of [value, companies, places in lists, companies in no list].
    """
    counts = shown[here]
    return {
        "companies": len(counts),
        "shown": int(counts.sum()),
        "never": int((counts == 0).sum()),
        "most": int(counts.max(initial=0)),
        "gini": gini(counts),
        "curve": lorenz(counts) if len(counts) else [(0.0, 0.0), (1.0, 1.0)],
        "tables": {
            name: _grouped(values, of[here], counts) for name, (values, of) in tables.items()
        },
    }


def _grouped(values: list[str], of: Longs, counts: Longs) -> list[list[Any]]:
    """The largest groups, and the others as one."""
    size = len(values)
    companies = np.bincount(of, minlength=size)
    shown = np.bincount(of, weights=counts, minlength=size)
    never = np.bincount(of, weights=counts == 0, minlength=size)
    rows: list[list[Any]] = [
        [value, int(companies[at]), int(shown[at]), int(never[at])]
        for at, value in enumerate(values)
        if companies[at]
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    return [*rows[:GROUPS], *_added_up(rows[GROUPS:])]


def _added_up(rows: Iterable[list[Any]]) -> list[list[Any]]:
    columns = list(zip(*rows, strict=True))[1:]
    return [[OTHERS, *map(sum, columns)]] if columns else []
