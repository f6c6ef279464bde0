"""One company has changed: its own list and every list that it enters or leaves.

The index of the run knows all companies as they were when it was built. Companies changed since
then (the *young*) are scored against each other and against everyone by their present rows, so that
a refresh gives what a full run would give with the same weights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db import connection, transaction

from chambers.models import Company
from chambers.services import jobs
from chambers.services.companies import note_many_changes
from matching import engine, profiles
from matching.engine import Row
from matching.models import Dismissal, Profile, Run, SuggestionList
from matching.services import indexes
from matching.services.lists import lock_lists

LENGTH = 20  # partners in a list
MOST_YOUNG = 500  # changed companies beyond which matching everyone anew costs less
JOB = "matching.refresh"


if TYPE_CHECKING:
    from matching.engine.index import Index

Asking = dict[int, tuple[engine.Company, list[Row]]]


@dataclass(frozen=True)
class Entry:
    """A partner in a list with its four scores, as the list's owner reads them."""

    partner: int
    mutual: float
    they: float
    you: float
    shared: float

    def seen_by_partner(self, owner: int) -> Entry:
        """The same pair in the partner's list."""
        return Entry(owner, self.mutual, self.you, self.they, self.shared)


@dataclass
class World:
    """The run's index and what has changed since it was built."""

    run: Run
    index: Index
    young: Asking = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    @property
    def outdated(self) -> set[int]:
        """Companies whose rows in the index no longer hold."""
        return set(self.young) | self.gone


@jobs.handles(JOB)
def refresh(lease: jobs.Lease) -> None:
    """Bring the lists up to date after the changes of one or many companies."""
    changed = {int(payload["company"]) for payload in lease.take_along()}
    built = profiles.build(Company.objects.matched().filter(pk__in=changed))
    with lease.finish() as result:
        # One refresh at a time: each reads what the former wrote, and the run that is shown now.
        lock_lists()
        run = Run.objects.current()
        here = set(Company.objects.matched().filter(pk__in=changed).values_list("pk", flat=True))
        store_profiles([one for one in built if one.company in here])
        Profile.objects.filter(company__in=changed - here).delete()
        if run is None:
            result["skipped"] = "no run yet"
            return
        touched = {one.company for one in built} | (changed - here) | _without_list(run, here)
        world = _world(run, touched)
        if len(world.young) > MOST_YOUNG:
            note_many_changes()
            result["left to a run"] = len(world.young)
            return
        lists = {company: _best(world, company) for company in sorted(touched & here)}
        mirrored = _mirror(world, touched)
        SuggestionList.objects.filter(run=run, company__in=touched - here).delete()
        _store(run, {**mirrored, **lists})
        result.update(companies=len(touched), lists=len(lists) + len(mirrored))


def store_profiles(built: list[profiles.Built]) -> int:
    """Store profiles that nobody has changed since they were built; how many.

    The others are asked to be refreshed: who reads last writes last. Call under ``lock_lists``.
    """
    stored = dict(
        Profile.objects.filter(company__in=[one.company for one in built]).values_list(
            "company_id", "digest"
        )
    )
    fresh = [one for one in built if stored.get(one.company, "") == one.former]
    for one in built:
        if one not in fresh:
            jobs.enqueue(JOB, {"company": one.company}, key=str(one.company), priority=3)
    return profiles.save(fresh)


@transaction.atomic
def refresh_changed_since(moment: dt.datetime) -> int:
    """Ask for a refresh of every company whose profile changed after ``moment``; how many."""
    changed = list(
        Profile.objects.filter(changed_at__gt=moment).values_list("company_id", flat=True)
    )
    for company in changed:
        jobs.enqueue(JOB, {"company": company}, key=str(company), priority=3)
    return len(changed)


def _without_list(run: Run, companies: set[int]) -> set[int]:
    """Companies that the run does not know, such as members admitted since."""
    known = SuggestionList.objects.filter(run=run, company__in=companies)
    return companies - set(known.values_list("company_id", flat=True))


def _world(run: Run, touched: set[int]) -> World:
    world = World(run, indexes.load(run))
    changed = Profile.objects.filter(changed_at__gt=run.indexed_at or run.created_at)
    young = set(changed.values_list("company_id", flat=True)) | touched
    world.young = _asking(young)
    world.gone = young - set(world.young)
    return world


def _asking(companies: Iterable[int]) -> Asking:
    """What the engine needs of some companies as they stand now."""
    stored = {one.company_id: one for one in Profile.objects.filter(company__in=companies)}
    ties = profiles.ties_of(list(stored))
    return {
        company.pk: (
            profiles.engine_company(
                company, ties.get(company.pk, profiles.NO_TIES), stored[company.pk].trades
            ),
            profiles.engine_rows(company.pk, stored[company.pk].rows),
        )
        for company in Company.objects.matched().filter(pk__in=list(stored))
    }


def _best(world: World, company: int, asking: Asking | None = None) -> list[Entry]:
    """The present list of one company."""
    own, rows = (asking or world.young)[company]
    top = world.index.top(own, rows, LENGTH + len(world.outdated), seed=world.run.seed)
    entries = [
        Entry(partner, *(column[at] for column in scores))
        for _, partners, scores in top.lists()
        for at, partner in enumerate(partners)
        if partner not in world.outdated
    ]
    entries += _against_young(world, company, own, rows)
    return _cut(entries)


def _against_young(world: World, company: int, own: engine.Company, rows: list[Row]) -> list[Entry]:
    frequencies = indexes.frequencies(world.run)
    entries = []
    for other, (limits, other_rows) in world.young.items():
        if other == company or other in own.dismissed or not engine.may_meet(own, limits):
            continue
        pair = engine.explain(
            rows, other_rows, own, limits, frequencies, world.index.rows, world.index.weights
        )
        if pair.mutual > 0:
            entries.append(
                Entry(
                    other,
                    pair.mutual,
                    pair.they_cover.coverage,
                    pair.you_cover.coverage,
                    pair.shared.coverage,
                )
            )
    return entries


def _mirror(world: World, touched: set[int]) -> dict[int, list[Entry]]:
    """The lists of others that the touched companies enter, leave or move in."""
    present = _current_lists(world.run, touched)
    unwanted = set(
        Dismissal.objects.filter(partner__in=touched).values_list("company_id", "partner_id")
    )
    offers: dict[int, list[Entry]] = {}
    for company in touched & set(world.young):
        own, rows = world.young[company]
        for owner, entry in _everyone(world, company, own, rows):
            if owner not in touched and (owner, company) not in unwanted:
                offers.setdefault(owner, []).append(entry)
    affected = set(present) | _entered(world.run, offers)
    present |= _lists_of(world.run, affected - set(present))
    changed: dict[int, list[Entry]] = {}
    short: set[int] = set()
    for owner in affected - touched:
        kept = [entry for entry in present.get(owner, []) if entry.partner not in touched]
        updated = _cut(kept + offers.get(owner, []))
        if len(updated) < LENGTH <= len(present.get(owner, [])):
            short.add(owner)
        elif updated != present.get(owner):
            changed[owner] = updated
    asking = _asking(short)
    return changed | {owner: _best(world, owner, asking) for owner in sorted(asking)}


def _everyone(
    world: World, company: int, own: engine.Company, rows: list[Row]
) -> Iterable[tuple[int, Entry]]:
    """(owner, entry for ``company`` in the owner's list) for all it may meet."""
    scores = world.index.scores_for(own, rows)
    for at in scores.mutual.nonzero()[0]:
        owner = int(scores.companies[at])
        if owner not in world.outdated:
            yield (
                owner,
                Entry(
                    company,
                    float(scores.mutual[at]),
                    float(scores.you_cover[at]),
                    float(scores.they_cover[at]),
                    float(scores.shared[at]),
                ),
            )
    for entry in _against_young(world, company, replace(own, dismissed=frozenset()), rows):
        yield entry.partner, entry.seen_by_partner(company)


def _current_lists(run: Run, touched: set[int]) -> dict[int, list[Entry]]:
    """Lists in which one of the touched companies stands now."""
    found = SuggestionList.objects.filter(run=run, partners__overlap=sorted(touched))
    return {one.company_id: _entries(one) for one in found}


def _lists_of(run: Run, owners: set[int]) -> dict[int, list[Entry]]:
    found = SuggestionList.objects.filter(run=run, company__in=owners)
    return {one.company_id: _entries(one) for one in found}


def _entries(stored: SuggestionList) -> list[Entry]:
    columns = (stored.partners, stored.mutual, stored.they_cover, stored.you_cover, stored.shared)
    return [Entry(*row) for row in zip(*columns, strict=True)]


def _entered(run: Run, offers: Mapping[int, list[Entry]]) -> set[int]:
    """Owners whose list is not full, or whose last entry is beaten by an offer."""
    best = [(owner, max(entry.mutual for entry in entries)) for owner, entries in offers.items()]
    if not best:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select l.company_id from matching_suggestionlist l"
            " join unnest(%s::bigint[], %s::float8[]) as o (company, score)"
            " on o.company = l.company_id"
            " where l.run_id = %s and (cardinality(l.partners) < %s"
            " or l.mutual[cardinality(l.partners)] < o.score)",
            [[owner for owner, _ in best], [score for _, score in best], run.pk, LENGTH],
        )
        return {company for (company,) in cursor.fetchall()}


def _cut(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: -entry.mutual)[:LENGTH]


def _store(run: Run, lists: Mapping[int, list[Entry]]) -> None:
    SuggestionList.objects.bulk_create(
        [
            SuggestionList(
                run=run,
                company_id=owner,
                partners=[entry.partner for entry in entries],
                mutual=[entry.mutual for entry in entries],
                they_cover=[entry.they for entry in entries],
                you_cover=[entry.you for entry in entries],
                shared=[entry.shared for entry in entries],
            )
            for owner, entries in lists.items()
        ],
        update_conflicts=True,
        unique_fields=["run", "company"],
        update_fields=["partners", "mutual", "they_cover", "you_cover", "shared"],
    )
