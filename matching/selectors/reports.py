"""Reports for chamber staff: what runs took, how attention is spread, who gets too few and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chambers.models import Chamber, Company, Country, Job, Membership
from chambers.selectors.labels import language_name
from matching.engine.exposure import gini, lorenz
from matching.models import Run, SuggestionList

if TYPE_CHECKING:
    from chambers.models import User

RUNS = 20  # in the history
GROUPS = 15  # rows of one table of the fairness report; the others are added up
FEW = 5  # partners below which a company has too few


@dataclass(frozen=True)
class Took:
    """A finished run with the seconds of each of its stages, in their order."""

    run: Run
    stages: list[tuple[str, float]]

    @property
    def seconds(self) -> float:
        """All stages together."""
        return sum(seconds for _stage, seconds in self.stages)


@dataclass(frozen=True)
class Group:
    """Companies that have something in common, and how often they are shown to others."""

    name: str
    companies: int
    shown: int
    never: int

    @property
    def average(self) -> float:
        """In how many lists one of them stands."""
        return self.shown / self.companies if self.companies else 0.0


@dataclass(frozen=True)
class Exposure:
    """Who of some companies is shown how often in the lists of everybody.

    ``shown`` is the sum over the groups of each table; ``tables`` are (title, groups).
    """

    companies: int
    shown: int
    never: int
    most: int
    gini: float
    curve: list[tuple[float, float]]
    tables: list[tuple[str, list[Group]]]


def run_history(user: User, limit: int = RUNS) -> list[Took]:
    """The last finished runs, newest first."""
    done = Run.objects.served_by(user).filter(state=Run.State.DONE).order_by("-created_at")
    return [Took(run, _stages(run)) for run in done[:limit]]


def _stages(run: Run) -> list[tuple[str, float]]:
    told = run.timings if isinstance(run.timings, dict) else {}
    found = []
    for stage in Run.Stage.values:
        one = told.get(stage)
        if isinstance(one, dict) and "seconds" in one:
            found.append((stage, float(one["seconds"])))
    return found


def exposure_of(user: User) -> Exposure | None:
    """How often the companies that somebody looks after are shown now; None without a run."""
    run = Run.objects.current()
    if run is None:
        return None
    times = _times_shown(run)
    listed = SuggestionList.objects.filter(run=run).values("company")
    companies = list(
        Company.objects.members_served_by(user)
        .filter(pk__in=listed)
        .values_list("pk", "country_id", "size", "languages")
    )
    counts = np.array([times.get(pk, 0) for pk, *_rest in companies], np.int64)
    countries = {one.pk: one.name for one in Country.objects.all()}
    homes = _home_chambers([pk for pk, *_rest in companies])
    sizes = dict(Company.Size.choices)
    keys: list[tuple[str, Callable[[Any], str]]] = [
        (_("By size"), lambda one: str(sizes.get(one[2], _("not stated")))),
        (_("By country or region"), lambda one: countries.get(one[1], one[1])),
        (_("By working languages"), lambda one: _languages(one[3])),
        (_("By chamber"), lambda one: homes.get(one[0], _("none"))),
    ]
    return Exposure(
        companies=len(companies),
        shown=int(counts.sum()),
        never=int((counts == 0).sum()),
        most=int(counts.max(initial=0)),
        gini=gini(counts),
        curve=lorenz(counts) if len(counts) else [(0.0, 0.0), (1.0, 1.0)],
        tables=[(title, _grouped(map(key, companies), counts)) for title, key in keys],
    )


def _times_shown(run: Run) -> dict[int, int]:
    """In how many lists of a run each company stands, as the rows are now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select partner, count(*) from matching_suggestionlist, unnest(partners) as partner"
            " where run_id = %s group by partner",
            [run.pk],
        )
        return dict(cursor.fetchall())


def _languages(codes: Iterable[str]) -> str:
    return ", ".join(sorted(language_name(code) for code in codes)) or _("not stated")


def _home_chambers(companies: list[int]) -> dict[int, str]:
    """The chamber of each company, that of its oldest membership in force."""
    rows = (
        Membership.objects.in_force()
        .filter(company__in=companies)
        .select_related("chamber")
        .order_by("-starts_on", "-pk")
    )
    return {one.company_id: one.chamber.name for one in rows}


def _grouped(names: Iterable[str], counts: Any) -> list[Group]:
    """The largest groups, and the others as one."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for name, times in zip(names, counts.tolist(), strict=True):
        members[name].append(times)
    ranked = sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))
    named, others = ranked[:GROUPS], [times for _name, held in ranked[GROUPS:] for times in held]
    if others:
        named.append((_("all others"), others))
    return [
        Group(name, len(held), sum(held), sum(times == 0 for times in held)) for name, held in named
    ]


CAUSES = {
    "countries": gettext_lazy("Countries it wants or excludes"),
    "excluded": gettext_lazy("Companies excluded by name, partners already, declined"),
    "dismissed": gettext_lazy("Marked as not relevant"),
    "certificates": gettext_lazy("Certificates, on either side"),
    "size": gettext_lazy("Company size, on either side"),
    "languages": gettext_lazy("Working languages, on either side"),
    "competitors": gettext_lazy("Competitors avoided, on either side"),
}


@dataclass(frozen=True)
class Short:
    """A company with too few partners: how many it has, and how many each limit costs."""

    company: Company
    partners: int
    has_text: bool
    costs: list[tuple[str, int]]


@dataclass(frozen=True)
class Coverage:
    """Who of a chamber's members gets too few partners, and why; as of ``at``."""

    chamber: Chamber
    at: Any
    companies: int
    short: list[Short]
    causes: list[tuple[str, int, int]]
    """(limit, companies it costs a partner, partners it costs them together)"""
    without_text: int


def coverage_of(chamber: Chamber, user: User) -> tuple[Coverage | None, bool]:
    """The last report on a chamber, and whether a new one is on its way."""
    asked = Job.objects.filter(kind="matching.coverage", key=str(chamber.pk))
    done = asked.filter(state=Job.State.DONE).order_by("-finished_at").first()
    if done is None or "short" not in (done.result or {}):
        return None, asked.open().exists()
    result = done.result
    members = Company.objects.members_served_by(user).select_related("country")
    known = members.in_bulk([one["company"] for one in result["short"]])
    short = [
        Short(
            known[one["company"]],
            one["partners"],
            one["has_text"],
            [(str(CAUSES[name]), number) for name, number in one["costs"].items() if number],
        )
        for one in result["short"]
        if one["company"] in known
    ]
    causes = [
        (str(label), result["causes"][name][0], result["causes"][name][1])
        for name, label in CAUSES.items()
    ]
    found = Coverage(
        chamber, done.finished_at, result["companies"], short, causes, result["without_text"]
    )
    return found, asked.open().exists()
