"""Lists of any size: counted and paged through as far as anybody reads, facets counted with them.

The keys of the hits are read once, best first, ``MOST`` at the most; the page, the total and the
counts beside the choices all come from these keys. A list that nothing narrows is not read at all:
what the whole of a long one holds is counted now and then and kept.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from chambers.models import site_language
from chambers.selectors.facets import (
    OFFERED,
    Asked,
    Facet,
    Group,
    Option,
    Rows,
    narrowed,
)
from chambers.selectors.indexing import FOR_ITSELF, FOR_MEMBERS
from chambers.selectors.search import Question

MOST = 5_000  # hits that are counted and paged through; beyond that a question says too little
KEPT = 600.0  # seconds for which the totals of a long list are kept
EVERY_MARK = ("", FOR_MEMBERS, FOR_ITSELF)

Counts = dict[str, dict[str, tuple[str, int]]]
"""Facet key to value to (label, rows)."""


@dataclass(frozen=True)
class Marks:
    """By which stored facets a reader finds rows: those of everybody, and of rows ``inside``."""

    open: Collection[str] = ("",)
    inside: Q | None = None  # rows of which the reader sees everything

    def matching(self, key: str, values: Collection[str]) -> Q:
        """Rows with any of some values of a stored facet."""
        found = Q(facets__overlap=[f"{mark}{key}:{one}" for mark in self.open for one in values])
        if self.inside is not None and len(self.open) < len(EVERY_MARK):
            hidden = [f"{mark}{key}:{one}" for mark in EVERY_MARK for one in values]
            found |= self.inside & Q(facets__overlap=hidden)
        return found


@dataclass(frozen=True)
class Totals:
    """What a whole list holds."""

    count: int  # 0 for a short list, which is counted as it is asked for
    counts: Counts


@dataclass(frozen=True)
class Shelf:
    """A list as one reader may search it.

    ``rows`` are all that they may see. ``whole`` is what most readers may see: its totals are
    shared between those of one ``kind``. ``found`` are the rows that answer the words.
    """

    kind: str
    whole: Rows
    rows: Rows
    found: Rows
    facets: Sequence[Facet]
    asked: Asked
    marks: Marks = field(default_factory=Marks)
    question: Question | None = None  # the words of ``asked`` as they were read

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked, so that everything is there."""
        return not self.asked.text and not any(self.asked.picked.values())

    @cached_property
    def totals(self) -> Totals:
        """What the whole list holds; of a long list as it was some minutes ago."""
        return _totals(self)

    def chosen(self, besides: Facet | None = None) -> Rows:
        """The rows that answer the words and fit the choices, optionally besides one facet."""
        return narrowed(self.found, self.facets, self.asked, besides)


@dataclass(frozen=True)
class Listed:
    """A page of a list with the size of the list and its facets."""

    page: Page[Any]
    total: int
    is_more: bool  # there are more than ``total``
    groups: Sequence[Group]

    @property
    def told(self) -> str:
        """The total as a reader is told it: 5,000+ where nobody has counted on."""
        return f"{intcomma(self.total)}{'+' if self.is_more else ''}"

    @property
    def is_least(self) -> bool:
        """Whether the counts beside the choices are of the first hits alone."""
        return self.is_more


def listed(shelf: Shelf, ordered: Rows, number: str | None, size: int) -> Listed:
    """The page ``number`` of ``ordered`` (rows in their order, all joined), and what is around it.

    At most one query per facet and one per chosen facet beside those for the hits.
    """
    if shelf.is_open and shelf.totals.count > MOST:
        pages = _Counted(ordered, size, MOST)
        made = _groups(shelf, shelf.totals.counts)
        return Listed(pages.get_page(number), shelf.totals.count, False, made)
    keys = list(ordered.values_list("pk", flat=True)[: MOST + 1])
    is_more, keys = len(keys) > MOST, keys[:MOST]
    page = Paginator(keys, size).get_page(number)
    rows = {row.pk: row for row in ordered.order_by().filter(pk__in=list(page.object_list))}
    page.object_list = [rows[key] for key in page.object_list if key in rows]
    counts = _counts(shelf, keys)
    return Listed(page, len(keys), is_more, _groups(shelf, counts))


def hits(ordered: Rows, most: int = MOST) -> list[Any]:
    """The first rows of a list, in its order."""
    return list(ordered[:most])


class _Counted(Paginator):
    """Pages of rows whose number is known."""

    def __init__(self, rows: QuerySet[Any], size: int, count: int) -> None:
        super().__init__(rows, size)
        self.__dict__["count"] = count


def _counts(shelf: Shelf, keys: Sequence[int]) -> Counts:
    """The counts beside the choices, each facet without its own choices."""
    found = _counted(shelf, keys, shelf.facets)
    for facet in shelf.facets:
        if shelf.asked.picked.get(facet.key):
            wider = _without(shelf, facet)
            # What lies under a choice is counted within that choice.
            below = {one: told for one, told in found[facet.key].items() if facet.is_below(one)}
            roots = {one: told for one, told in wider.items() if not facet.is_below(one)}
            found[facet.key] = below | roots
    return found


def _without(shelf: Shelf, facet: Facet) -> dict[str, tuple[str, int]]:
    """The values of a facet where its own choices are taken away."""
    others = any(one for key, one in shelf.asked.picked.items() if key != facet.key)
    if not others and not shelf.asked.text and shelf.totals.count > MOST:
        return shelf.totals.counts[facet.key]
    wider = shelf.chosen(besides=facet).order_by().values_list("pk", flat=True)
    return _counted(shelf, list(wider[:MOST]), [facet])[facet.key]


def _counted(shelf: Shelf, keys: Sequence[int], facets: Sequence[Facet]) -> Counts:
    """The values of some rows: one query for the stored facets together, one for each other."""
    within = Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [list(keys)]))
    rows = shelf.rows.model._default_manager.filter(within)  # noqa: SLF001 - Django's word for it
    return _values_of(shelf, rows, facets, shelf.asked.picked)


def _values_of(
    shelf: Shelf, rows: Rows, facets: Sequence[Facet], picked: Mapping[str, Collection[str]]
) -> Counts:
    found: Counts = {facet.key: {} for facet in facets}
    stored = [facet for facet in facets if facet.is_stored]
    if stored:
        tally = _tally(rows, stored, picked, shelf.marks.open)
        inside = shelf.marks.inside
        if inside is not None and len(shelf.marks.open) < len(EVERY_MARK):
            hidden = [mark for mark in EVERY_MARK if mark not in shelf.marks.open]
            tally += _tally(rows.filter(inside), stored, picked, hidden)
        for (key, value), count in tally.items():
            found[key][value] = (value, count)
    for facet in facets:
        if facet.spread is not None:
            columns = ["value"] if facet.labels else ["value", "label"]
            spread = facet.spread(rows).order_by().values_list(*columns)
            counted = spread.annotate(left=Count("pk", distinct=facet.repeats))
            found[facet.key] = {row[0]: (str(row[-2]), row[-1]) for row in counted if row[0]}
    return found


def _tally(
    rows: Rows,
    facets: Sequence[Facet],
    picked: Mapping[str, Collection[str]],
    marks: Collection[str],
) -> Counter[tuple[str, str]]:
    """(Facet key, value) to the number of rows that have it under one of some marks."""
    wanted = "|".join(
        f"{facet.key}:({facet.tree.offered(picked.get(facet.key, ()))})"
        if facet.tree
        else f"{facet.key}:.+"
        for facet in facets
    )
    inner, parameters = rows.order_by().values("facets").query.sql_with_params()
    found: Counter[tuple[str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            # The inner query is Django's; everything that was asked is a parameter.
            f"SELECT value, count(*) FROM ({inner}) AS hit, unnest(hit.facets) AS value"  # noqa: S608
            " GROUP BY value HAVING value ~ %s",
            [*parameters, f"^[~!]?({wanted})$"],
        )
        for stored, count in cursor.fetchall():
            mark = stored[0] if stored[0] in "~!" else ""
            if mark in marks:
                key, _colon, value = stored.removeprefix(mark).partition(":")
                found[key, value] += count
    return found


_kept: dict[tuple[Any, ...], tuple[float, Totals]] = {}


def _totals(shelf: Shelf) -> Totals:
    key = (shelf.kind, site_language(), tuple(shelf.marks.open))
    kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept[0] < KEPT:
        return kept[1]
    if shelf.whole.order_by()[: MOST + 1].count() <= MOST:
        return Totals(0, _values_of(shelf, shelf.rows, shelf.facets, {}))
    made = Totals(shelf.whole.count(), _values_of(shelf, shelf.whole, shelf.facets, {}))
    _kept[key] = (time.monotonic(), made)
    return made


def _groups(shelf: Shelf, counts: Counts) -> list[Group]:
    """The facets as a page shows them: what the whole list has, with the counts of the hits."""
    made = []
    for facet in shelf.facets:
        picked = shelf.asked.picked.get(facet.key, ())
        options = {value: (value, 0) for value in picked}
        if facet.spread is not None or facet.is_stored:
            whole = shelf.totals.counts.get(facet.key, {})
            options |= {value: (label, 0) for value, (label, _n) in whole.items()}
            options |= counts.get(facet.key, {})
        made.append(Group(facet.key, str(facet.title), _options(facet, options, picked)))
    return made


def _options(
    facet: Facet, found: Mapping[str, tuple[str, int]], picked: Collection[str]
) -> list[Option]:
    names = facet.labels(found) if facet.labels and found else {}
    options = [
        Option(value, str(names.get(value, label)), count, value in picked)
        for value, (label, count) in found.items()
    ]
    options.sort(key=lambda one: (-one.count, one.label))
    if facet.tree is None:
        return [one for at, one in enumerate(options) if at < OFFERED or one.picked]
    return _in_tree(facet, options)


def _in_tree(facet: Facet, options: Sequence[Option]) -> list[Option]:
    """Each root with what lies under it, as far as it is there."""
    assert facet.tree is not None  # noqa: S101 - the caller has looked
    there = {one.value for one in options}
    below: dict[str, list[Option]] = {}
    for one in options:
        parent = facet.tree.parent_of(one.value)
        below.setdefault(parent if parent in there else "", []).append(one)
    made: list[Option] = []

    def add(parent: str, depth: int) -> None:
        for at, one in enumerate(below.get(parent, ())):
            if at < OFFERED or one.picked:
                made.append(Option(one.value, one.label, one.count, one.picked, depth))
                add(one.value, depth + 1)

    add("", 0)
    return made
