"""Reports for chamber staff: what runs took, how attention is spread, who gets too few and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chambers.models import Chamber, Company, Country, Job
from chambers.selectors.labels import language_name
from matching.models import Run

if TYPE_CHECKING:
    from chambers.models import User

RUNS = 20  # in the history
FEW = 5  # partners below which a company has too few
EXPOSURE_JOB = "matching.exposure"
EVERYBODY = "all"  # the key of the report on all companies; others are keys of chambers
OTHERS = "*"  # the value under which the groups of a table that are not told are added up
_NOBODY: dict[str, Any] = {
    "companies": 0,
    "shown": 0,
    "never": 0,
    "most": 0,
    "gini": 0.0,
    "curve": [(0.0, 0.0), (1.0, 1.0)],
    "tables": {},
}
_TABLES = {
    "size": gettext_lazy("By size"),
    "country": gettext_lazy("By country or region"),
    "languages": gettext_lazy("By working languages"),
    "chamber": gettext_lazy("By chamber"),
}


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
    """Who of some companies is shown how often in the lists of everybody; as of ``at``.

    ``shown`` is the sum over the groups of each table; ``tables`` are (title, groups).
    """

    at: Any
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


def runs_that_broke_off(user: User, limit: int = RUNS) -> list[Run]:
    """The last runs that failed or were stopped, newest first: the lists before them stayed."""
    broken = Run.objects.served_by(user).filter(state__in=[Run.State.FAILED, Run.State.CANCELLED])
    return [*broken.order_by("-created_at")[:limit]]


def _stages(run: Run) -> list[tuple[str, float]]:
    told = run.timings if isinstance(run.timings, dict) else {}
    found = []
    for stage in Run.Stage.values:
        one = told.get(stage)
        if isinstance(one, dict) and "seconds" in one:
            found.append((stage, float(one["seconds"])))
    return found


def exposure_of(user: User, chamber: Chamber | None = None) -> tuple[Exposure | None, bool]:
    """How often the members of a chamber are shown, and whether the count is on its way.

    Without a chamber that of all companies, for who may read it: a superuser. Counted by a job
    after each run, until then as of the former one; nothing of a chamber where ``user`` does not
    work.
    """
    if not _may_read(user, chamber):
        return None, False
    asked = Job.objects.filter(kind=EXPOSURE_JOB)
    is_waiting = asked.open().exists()
    counted = asked.filter(state=Job.State.DONE, result__has_key="reports")
    # Of the reports on all chambers only the wanted one leaves the database.
    key = EVERYBODY if chamber is None else str(chamber.pk)
    wanted = counted.annotate(report=KeyTransform(key, KeyTransform("reports", "result")))
    last = wanted.order_by("-finished_at").values_list("report", "finished_at").first()
    if last is None:
        return None, is_waiting
    report, at = last
    return _exposure(report or _NOBODY, at), is_waiting


def _may_read(user: User, chamber: Chamber | None) -> bool:
    if chamber is None:
        return bool(user.is_superuser)
    return Chamber.objects.served_by(user).filter(pk=chamber.pk).exists()


def _exposure(stored: dict[str, Any], at: Any) -> Exposure:
    tables = stored["tables"]
    chambers = [key for key, *_numbers in tables.get("chamber", ()) if key.isdigit()]
    names: dict[str, dict[str, Any]] = {
        "size": dict(Company.Size.choices),
        "country": {one.pk: one.name for one in Country.objects.all()},
        "languages": {key: _languages(key) for key, *_numbers in tables.get("languages", ())},
        "chamber": {str(one.pk): one.name for one in Chamber.objects.filter(pk__in=chambers)},
    }
    for name, known in names.items():
        known[""] = _("none") if name == "chamber" else _("not stated")
        known[OTHERS] = _("all others")
    return Exposure(
        at=at,
        companies=stored["companies"],
        shown=stored["shown"],
        never=stored["never"],
        most=stored["most"],
        gini=stored["gini"],
        curve=[(x, y) for x, y in stored["curve"]],
        tables=[
            (
                str(_TABLES[name]),
                [
                    Group(str(names[name].get(key, key)), *numbers)
                    for key, *numbers in _ordered(name, tables[name])
                ],
            )
            for name in _TABLES
            if name in tables
        ],
    )


def _ordered(name: str, groups: list[Any]) -> list[Any]:
    """Sizes from the smallest on, the unknown last; other groups as they are, the largest first."""
    if name != "size":
        return groups
    return sorted(groups, key=lambda one: [*Company.Size.values, "", OTHERS].index(one[0]))


def _languages(codes: str) -> str:
    return ", ".join(sorted(language_name(code) for code in codes.split(",") if code != OTHERS))


CAUSES = {
    "countries": gettext_lazy("Countries it wants or excludes"),
    "wanted": gettext_lazy("Countries others want or exclude"),
    "excluded": gettext_lazy("Companies it excludes by name or declined, partners already"),
    "group": gettext_lazy("Companies of one corporate group"),
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
    """Who of a chamber's members gets too few partners, and why; as of ``at``.

    ``few`` of all ``companies`` do; looked into, in ``short``, are those with fewest.
    """

    chamber: Chamber
    at: Any
    companies: int
    few: int
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
    # A report of before an upgrade may lack a limit that was not counted then.
    causes = [
        (str(label), *result["causes"][name])
        for name, label in CAUSES.items()
        if name in result["causes"]
    ]
    found = Coverage(
        chamber,
        done.finished_at,
        result["companies"],
        result.get("few", len(result["short"])),
        short,
        causes,
        result["without_text"],
    )
    return found, asked.open().exists()
