"""Narrowing a list by facets, and how many rows each choice would leave.

Choices of one facet widen each other, facets narrow each other: the count beside a choice is what
the list would hold with this facet's other choices taken away. Every choice that any row of the
whole list has is there, also with a count of 0, so that filters do not jump about. How lists of
any size are counted and paged: ``chambers.selectors.lists``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from django.db.models import Count, F, Lookup, Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Rows: TypeAlias = QuerySet[Any]

SHOWN = 7  # choices before "more"
OFFERED = 60  # choices in all; beyond that the words of a search serve better
_VALUE = re.compile(r"[\w-]{1,80}")
_TEXT_LIMIT = 100  # characters
_CHOICE_LIMIT = 30  # of one facet


@dataclass(frozen=True)
class Facet:
    """One way to narrow a list.

    ``spread`` gives the rows a ``value`` each, a row once per value, and a ``label`` unless
    ``labels`` names the values; ``narrow`` keeps rows that have any of some values. Without
    ``spread`` a facet offers no choices of its own and only holds what an address asks for.
    ``repeats``: a row may have the same value twice, which makes counting dearer.

    Lists of any size (``chambers.selectors.lists``) spread nothing. There a facet ``is_stored``,
    rows hold its values in their column ``facets``; or ``tally`` gives value, label and number of
    rows for those ``Within``. The values of a ``tree`` lie under each other; those
    under a chosen one are offered too. ``rank`` orders values with equally many rows, else their
    labels do.
    """

    key: str
    title: StrPromise | str
    narrow: Callable[[Rows, Collection[str]], Rows]
    spread: Callable[[Rows], Rows] | None = None
    labels: Callable[[Collection[str]], Mapping[str, StrPromise | str]] | None = None
    repeats: bool = True
    is_stored: bool = False
    tally: Callable[[Within], Iterable[tuple[Any, ...]]] | None = None
    tree: Tree | None = None
    rank: Callable[[str], Any] | None = None

    def order(self, option: Option) -> tuple[Any, ...]:
        """The place of a choice: those with most rows first."""
        return (-option.count, self.rank(option.value) if self.rank else option.label)

    def is_below(self, value: str) -> bool:
        """Whether a value of a tree lies under another."""
        return self.tree is not None and bool(self.tree.parent_of(value))


@dataclass(frozen=True)
class Within:
    """The rows of a list by their keys: a few thousand of them, or a query of all."""

    keys: list[int] | Rows

    def has(self, column: str) -> Q:
        """Rows whose ``column`` holds one of the keys.

        As one array: PostgreSQL walks an index once along it, but looks each key up on its own
        where they come from a subquery.
        """
        if not isinstance(self.keys, list):
            return Q((f"{column}__in", self.keys))
        return Q(_OneOf(F(column), self.keys))


class _OneOf(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self.process_lhs(compiler, connection)
        # Written out here: the driver takes its time over some thousand numbers.
        keys = "{" + ",".join(map(str, self.rhs)) + "}"
        return f"{column} = ANY(%s::bigint[])", [*parameters, keys]


class Tree(Protocol):
    """How the values of a facet, trade codes of one scheme, lie under each other."""

    @property
    def scheme(self) -> str:
        """The scheme of the codes."""

    def parent_of(self, value: str) -> str:
        """The value above; "" for a root."""

    def offered(self, picked: Collection[str]) -> str:
        """A regular expression of the values to offer where some are chosen."""

    @property
    def deep(self) -> str:
        """A pattern for LIKE of values that are not offered where none is chosen."""


@dataclass(frozen=True)
class Option:
    """One choice of a facet with the number of rows it leaves."""

    value: str
    label: str
    count: int
    picked: bool
    depth: int = 0  # of a tree


@dataclass(frozen=True)
class Group:
    """A facet as a page shows it: choices with most rows first, picked ones always in sight."""

    key: str
    title: str
    options: Sequence[Option]

    @property
    def first(self) -> Sequence[Option]:
        """The choices shown at once."""
        return [one for at, one in enumerate(self.options) if at < SHOWN or _near(one)]

    @property
    def rest(self) -> Sequence[Option]:
        """The choices behind "more"."""
        return [one for at, one in enumerate(self.options) if at >= SHOWN and not _near(one)]


def _near(option: Option) -> bool:
    return option.picked or option.depth > 0


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list: words, choices per facet, an order.

    ``exact``: the words as they are typed, whatever they find.
    """

    text: str = ""
    picked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    exact: bool = False

    @classmethod
    def read(cls, query: QueryDict, keys: Collection[str], sorts: Collection[str]) -> Asked:
        """Read a query string; what is no possible value is left out."""
        text = query.get("q", "").replace("\x00", "").strip()[:_TEXT_LIMIT]
        picked = {
            key: tuple(dict.fromkeys(filter(_VALUE.fullmatch, query.getlist(key))))[:_CHOICE_LIMIT]
            for key in keys
        }
        sort = query.get("sort", "")
        exact = bool(text) and query.get("exact") == "1"
        return cls(text, picked, sort if sort in sorts else "", exact)

    def query(self, without: tuple[str, str] | None = None) -> str:
        """The query string that asks the same, in one fixed order; optionally without a choice."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [
            (key, value)
            for key, values in self.picked.items()
            for value in values
            if (key, value) != without
        ]
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.exact:
            pairs.append(("exact", "1"))
        return urlencode(pairs)

    @property
    def as_typed(self) -> str:
        """The query string that asks the same for the words as they are typed."""
        return replace(self, exact=True).query()

    @property
    def as_meant(self) -> str:
        """The query string that asks the same for the nearest words too."""
        return replace(self, exact=False).query()


@dataclass(frozen=True)
class Chip:
    """A choice in force and the query string that takes it away."""

    label: str
    query: str


def narrowed(
    rows: Rows, facets: Sequence[Facet], asked: Asked, besides: Facet | None = None
) -> Rows:
    """The rows that fit every facet's choices, optionally ``besides`` one facet."""
    for facet in facets:
        if facet is not besides and (wanted := asked.picked.get(facet.key)):
            rows = facet.narrow(rows, wanted)
    return rows


def groups(everything: Rows, found: Rows, facets: Sequence[Facet], asked: Asked) -> list[Group]:
    """The facets with their counts: ``found`` is ``everything`` narrowed by the words alone.

    One query per facet that spreads.
    """
    made = []
    for facet in facets:
        picked = asked.picked.get(facet.key, ())
        counts: dict[str, tuple[str, int]] = {value: (value, 0) for value in picked}
        if facet.spread is not None:
            counts |= _counts(everything, found, facets, facet, asked)
        names = facet.labels(counts) if facet.labels and counts else {}
        options = [
            Option(value, str(names.get(value, label)), count, value in picked)
            for value, (label, count) in counts.items()
        ]
        options.sort(key=facet.order)
        kept = [one for at, one in enumerate(options) if at < OFFERED or one.picked]
        made.append(Group(facet.key, str(facet.title), kept))
    return made


def chips(made: Sequence[Group], asked: Asked) -> list[Chip]:
    """The choices in force, each with the way to take it away."""
    return [
        Chip(option.label, asked.query(without=(group.key, option.value)))
        for group in made
        for option in group.options
        if option.picked
    ]


def _counts(
    everything: Rows, found: Rows, facets: Sequence[Facet], facet: Facet, asked: Asked
) -> dict[str, tuple[str, int]]:
    """Value to (label, rows left); one query."""
    assert facet.spread is not None  # noqa: S101 - the caller has looked
    others = any(values for key, values in asked.picked.items() if key != facet.key)
    inside = None
    if others or asked.text:
        left = narrowed(found, facets, asked, besides=facet).order_by().values("pk")
        inside = Q(pk__in=left)
    columns = ["value"] if facet.labels else ["value", "label"]
    spread = facet.spread(everything).order_by().values_list(*columns)
    rows = spread.annotate(left=Count("pk", distinct=facet.repeats, filter=inside))
    return {row[0]: (str(row[-2]), row[-1]) for row in rows if row[0]}
