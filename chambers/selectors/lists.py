"""Lists of any size: counted and paged through as far as anybody reads, facets counted with them.

The keys of the hits are read once, best first, ``MOST`` at the most (``chambers.selectors.hits``);
the page, the total and the counts beside the choices all come from these keys. A list that nothing
narrows is not read at all: what the whole of a long one holds is counted now and then and kept.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Q, QuerySet

from chambers.models import site_language
from chambers.selectors.facets import (
    OFFERED,
    Asked,
    Facet,
    Group,
    Option,
    Rows,
    Within,
    narrowed,
)
from chambers.selectors.hits import Offered, Unseen, hits_of
from chambers.selectors.indexing import FOR_ITSELF, FOR_MEMBERS
from chambers.selectors.search import Question, read_otherwise
from chambers.selectors.trades import names_of_codes

MOST = 2_000  # hits that are counted and paged through; beyond that a question says too little
KEPT = 600.0  # seconds for which the totals of a long list are kept
UNREAD = ("search", "head", "facets")  # columns that find a row and that no page shows
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
    """What a whole long list holds."""

    count: int
    counts: Counts


@dataclass(frozen=True)
class Shelf:
    """A list as one reader may search it.

    ``rows`` are all that they may see. ``whole`` is what most readers may see: its totals are
    shared between those of one ``kind``. ``answering`` gives the rows that answer the words as
    they were read, whoever may see them. ``order`` brings rows of either in the order asked.
    """

    kind: str
    whole: Rows
    rows: Rows
    answering: Callable[[Question | None], Unseen]
    order: Callable[[Rows], Rows]
    facets: Sequence[Facet]
    asked: Asked
    marks: Marks = field(default_factory=Marks)
    question: Question | None = None  # the words of ``asked`` as they were read

    @cached_property
    def answers(self) -> Unseen:
        """The rows that answer the words."""
        return self.answering(self.question)

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked, so that everything is there."""
        return not self.asked.text and not any(self.asked.picked.values())

    @cached_property
    def totals(self) -> Totals | None:
        """What a long list holds, as it was some minutes ago; None for a short one."""
        return _totals(self)

    @cached_property
    def counts(self) -> Counts:
        """The values that the whole list has; of a short list as they are."""
        return _all_of(self, self.rows) if self.totals is None else self.totals.counts

    def chosen(self, besides: Facet | None = None) -> Unseen:
        """What answers the words and fits the choices, optionally besides one facet; in order."""
        rows = narrowed(self.answers.rows, self.facets, self.asked, besides)
        return replace(self.answers, rows=self.order(rows))

    @property
    def settled(self) -> Shelf:
        """This list, or that of the nearest words where nothing here answers what was typed."""
        is_there = self.question is None or _has_any(self.chosen())
        return self if is_there else self.otherwise or self

    @cached_property
    def otherwise(self) -> Shelf | None:
        """For a list without rows: that of the nearest words that find some; None without any."""
        if self.question is None or self.question.is_exact:
            return None
        read = read_otherwise(
            self.question,
            finds=lambda other: _has_any(replace(self, question=other).chosen()),
            stands=lambda: _has_any(self.answers),
        )
        return None if read is None else replace(self, question=read)

    def first(self) -> list[int]:
        """Keys of the first ``MOST`` rows in their order. One query."""
        if self.is_open:
            return list(self.order(self.rows).values_list("pk", flat=True)[:MOST])
        keys = hits_of(self.chosen(), MOST).keys
        if not keys and self.otherwise is not None:
            keys = hits_of(self.otherwise.chosen(), MOST).keys
        return keys


def _has_any(rows: Unseen) -> bool:
    """Whether the reader may see any of the rows. One query."""
    return bool(hits_of(replace(rows, rows=rows.rows.order_by()), 1).keys)


@dataclass(frozen=True)
class Listed:
    """A page of a list with the size of the list and its facets."""

    page: Page[Any]
    total: int
    is_more: bool  # there are more than ``total``
    groups: Sequence[Group]
    question: Question | None = None  # the words as they found these rows

    @property
    def told(self) -> str:
        """The total as a reader is told it: 2,000+ where nobody has counted on."""
        return f"{intcomma(self.total)}{'+' if self.is_more else ''}"

    @property
    def is_least(self) -> bool:
        """Whether the counts beside the choices are of the first hits alone."""
        return self.is_more


def listed(shelf: Shelf, rows: Rows, number: str | None, size: int) -> Listed:
    """The page ``number`` of a list and what is around it.

    ``rows`` are those of the shelf with all that a page shows joined. At most one query per facet
    and one per chosen facet beside those for the hits. Words that find nothing are read as the
    nearest ones that find something.
    """
    if shelf.is_open and shelf.totals is not None:
        pages = _Counted(shelf.order(rows).defer(*UNREAD), size, MOST)
        made = _groups(shelf, shelf.counts, shelf.counts)
        return Listed(pages.get_page(number), shelf.totals.count, False, made)
    keys, counts = _read(shelf, shelf.chosen(), shelf.facets)
    if not keys and shelf.otherwise is not None:
        shelf = shelf.otherwise
        keys, counts = _read(shelf, shelf.chosen(), shelf.facets)
    is_more, keys = len(keys) > MOST, keys[:MOST]
    page = Paginator(keys, size).get_page(number)
    page.object_list = in_order_of(list(page.object_list), rows)
    # Where nothing is asked, the hits are the whole list.
    made = _groups(shelf, _beside(shelf, counts), counts if shelf.is_open else shelf.counts)
    return Listed(page, len(keys), is_more, made, shelf.question)


def in_order_of(keys: Sequence[int], rows: Rows) -> list[Any]:
    """The rows that have some keys, in the order of the keys."""
    found = rows.filter(pk__in=keys).order_by().defer(*UNREAD)
    by_key = {row.pk: row for row in found}
    return [by_key[key] for key in keys if key in by_key]


class _Counted(Paginator):
    """Pages of rows whose number is known."""

    def __init__(self, rows: QuerySet[Any], size: int, count: int) -> None:
        super().__init__(rows, size)
        self.__dict__["count"] = count


def _beside(shelf: Shelf, found: Counts) -> Counts:
    """The counts beside the choices: of the hits, but each facet without its own choices."""
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
    if not others and not shelf.asked.text and shelf.totals is not None:
        return shelf.totals.counts[facet.key]
    wider = shelf.chosen(besides=facet)
    any_order = replace(wider, rows=wider.rows.order_by())
    _keys, counts = _read(shelf, any_order, [facet])
    return counts[facet.key]


def _read(shelf: Shelf, rows: Unseen, facets: Sequence[Facet]) -> tuple[list[int], Counts]:
    """The keys of the first ``MOST`` rows and one more, in their order, and their values."""
    stored = [facet for facet in facets if facet.is_stored]
    hits = hits_of(rows, MOST + 1, _wanted(stored, shelf.asked.picked) if stored else None)
    tally: Counter[tuple[str, str]] = Counter()
    for value, count in hits.held.items():
        _add(tally, value, count, shelf.marks.open)
    return hits.keys, _told(shelf, tally, Within(hits.keys), facets, shelf.asked.picked)


def _told(
    shelf: Shelf,
    tally: Counter[tuple[str, str]],
    within: Within,
    facets: Sequence[Facet],
    picked: Mapping[str, Collection[str]],
) -> Counts:
    """``tally`` by facet, with what is not stored for everybody; ``within`` has the keys."""
    found: Counts = {facet.key: {} for facet in facets}
    stored, inside = [facet for facet in facets if facet.is_stored], shelf.marks.inside
    if stored and inside is not None and len(shelf.marks.open) < len(EVERY_MARK):
        hidden = [mark for mark in EVERY_MARK if mark not in shelf.marks.open]
        rows = shelf.whole.model.objects.filter(inside, within.has("pk"))
        tally = tally + _tally(rows, stored, picked, hidden)
    for (key, value), count in tally.items():
        found[key][value] = (value, count)
    for facet in facets:
        if facet.tally is not None:
            found[facet.key] = {
                value: (str(label), count) for value, label, count in facet.tally(within)
            }
    return found


def _tally(
    rows: Rows,
    facets: Sequence[Facet],
    picked: Mapping[str, Collection[str]],
    marks: Collection[str],
) -> Counter[tuple[str, str]]:
    """(Facet key, value) to the number of rows that have it under one of some marks."""
    inner, parameters = rows.order_by().values("facets").query.sql_with_params()
    wanted = _wanted(facets, picked)
    found: Counter[tuple[str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            # The inner query is Django's; everything that was asked is a parameter.
            "SELECT value, number FROM (SELECT value, count(*) AS number"  # noqa: S608
            f" FROM ({inner}) AS hit, unnest(hit.facets) AS value WHERE value NOT LIKE ALL(%s)"
            " GROUP BY value OFFSET 0) AS held WHERE value ~ %s",
            [*parameters, list(wanted.besides), wanted.values],
        )
        for value, count in cursor.fetchall():
            _add(found, value, count, marks)
    return found


def _wanted(facets: Sequence[Facet], picked: Mapping[str, Collection[str]]) -> Offered:
    """The stored values that some facets offer."""
    values = "|".join(
        f"{facet.key}:({facet.tree.offered(picked.get(facet.key, ()))})"
        if facet.tree
        else f"{facet.key}:.+"
        for facet in facets
    )
    deep = [
        f"%{facet.key}:{facet.tree.deep}"
        for facet in facets
        if facet.tree and not picked.get(facet.key)
    ]
    return Offered(f"^[~!]?({values})$", deep)


def _add(tally: Counter[tuple[str, str]], stored: str, count: int, marks: Collection[str]) -> None:
    mark = stored[0] if stored[0] in "~!" else ""
    if mark in marks:
        key, _colon, value = stored.removeprefix(mark).partition(":")
        tally[key, value] += count


_kept: dict[tuple[Any, ...], tuple[float, Totals]] = {}


def _totals(shelf: Shelf) -> Totals | None:
    key = (shelf.kind, site_language(), tuple(shelf.marks.open))
    kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept[0] < KEPT:
        return kept[1]
    if shelf.whole.order_by()[: MOST + 1].count() <= MOST:
        return None
    made = Totals(shelf.whole.count(), _all_of(shelf, shelf.whole))
    _kept[key] = (time.monotonic(), made)
    return made


def _all_of(shelf: Shelf, rows: Rows) -> Counts:
    stored = [facet for facet in shelf.facets if facet.is_stored]
    tally = _tally(rows, stored, {}, shelf.marks.open)
    return _told(shelf, tally, Within(rows.order_by().values("pk")), shelf.facets, {})


def _groups(shelf: Shelf, counts: Counts, offered: Counts) -> list[Group]:
    """The facets as a page shows them: what is ``offered``, with the counts of the hits."""
    values: dict[str, dict[str, tuple[str, int]]] = {}
    for facet in shelf.facets:
        options = {value: (value, 0) for value in shelf.asked.picked.get(facet.key, ())}
        if facet.tally is not None or facet.is_stored:
            whole = offered.get(facet.key, {})
            options |= {value: (label, 0) for value, (label, _n) in whole.items()}
            options |= counts.get(facet.key, {})
        values[facet.key] = options
    trees = {facet.tree.scheme: values[facet.key] for facet in shelf.facets if facet.tree}
    codes = names_of_codes(trees) if any(trees.values()) else {}
    made = []
    for facet in shelf.facets:
        found, picked = values[facet.key], shelf.asked.picked.get(facet.key, ())
        names: Mapping[str, Any] = {}
        if found and facet.labels:
            names = codes[facet.tree.scheme] if facet.tree else facet.labels(found)
        options_of = _options(facet, found, picked, names)
        made.append(Group(facet.key, str(facet.title), options_of))
    return made


def _options(
    facet: Facet,
    found: Mapping[str, tuple[str, int]],
    picked: Collection[str],
    names: Mapping[str, Any],
) -> list[Option]:
    options = [
        Option(value, str(names.get(value, label)), count, value in picked)
        for value, (label, count) in found.items()
    ]
    options.sort(key=facet.order)
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
