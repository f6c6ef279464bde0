"""One company has changed: its own list and every list that it enters or leaves.

A refresh gives what a full run would give with the same prices: a list is chosen, by score less
price, from the best by score alone (``boards`` knows them and everybody's present rows). Of a
company that has not changed, those are the shortlist of the run, with the changed ones exchanged.
Only those that may be shown (``engine.showing``) are chosen from, in a run as in a refresh.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection, transaction

from chambers.models import Company, today
from chambers.services import jobs
from chambers.services.companies import note_changes, note_many_changes
from matching import profiles
from matching.engine.prior import shipped_name
from matching.engine.showing import entrance, visible
from matching.models import Dismissal, Profile, Run, SuggestionList
from matching.services import boards
from matching.services.boards import Asking, Board
from matching.services.lists import (
    LENGTH,
    RESERVE,
    WIDTH,
    Floats,
    Longs,
    lock_lists,
    shortlists_of,
)

MOST_YOUNG = 5000  # changed companies beyond which matching everyone anew costs less
JOB = "matching.refresh"
AT_ONCE = 2  # companies compared side by side; other refreshes wait meanwhile
_ROOM = float("-inf")


@dataclass
class Listing:
    """The list of a company, best first, with its reserve.

    Nobody else's value is above ``threshold``, nobody else's score above ``least``: that of the
    ``last`` of those who are shown, or what the rules ask of those who are (``last`` is -1 then).
    """

    partners: list[int]
    mutual: list[float]
    threshold: float
    least: float
    last: int


@dataclass
class Changes:
    """What is to be written, by owner of the list."""

    lists: dict[int, Listing] = field(default_factory=dict)
    offers: dict[int, dict[int, float]] = field(default_factory=dict)
    """The score of each changed company that may stand in a list."""


@jobs.handles(JOB)
def refresh(lease: jobs.Lease) -> None:
    """Bring the lists up to date after the changes of one or many companies."""
    payloads = lease.take_along()
    changed = {int(payload["company"]) for payload in payloads}
    missed = {int(payload["company"]) for payload in payloads if payload.get("anew")}
    built = profiles.read(Company.objects.matched().filter(pk__in=changed))
    try:
        with lease.held(), lease.finish() as result:
            # One refresh at a time: each reads what the former wrote, and the run shown now.
            moment = lock_lists()
            here = set(
                Company.objects.matched().filter(pk__in=changed).values_list("pk", flat=True)
            )
            store_profiles([one for one in built if one.company in here], moment)
            if changed - here:
                profiles.bury(changed - here, moment)
            fresh = {one.company for one in built if one.is_new}
            result.update(_refresh(changed, here, fresh | missed, moment))
    except BaseException:
        boards.forget()  # it has read what is not committed
        raise


def _refresh(
    changed: set[int], here: set[int], built: set[int], moment: dt.datetime
) -> dict[str, object]:
    run = Run.objects.current()
    if run is None:
        return {"skipped": "no run yet"}
    if not run.index_digest:
        note_many_changes()
        return {"left to a run": "the lists are of an older version"}
    if run.tables != shipped_name():
        note_many_changes()
        return {"left to a run": "the lists are of other tables of who trades with whom"}
    touched = built | (changed - here) | _without_list(run, here - built)
    if not touched:
        return {"companies": 0, "lists": 0}
    board = boards.current(run)
    if len(board.young) + len(board.gone) > MOST_YOUNG:
        note_many_changes()
        return {"left to a run": len(board.young)}
    # Who is as the run has read it has missed nothing.
    touched -= here - set(board.young) - board.gone
    changes = _compare_all(board, sorted(touched & set(board.young)), touched)
    present = _affected(run, touched, changes)
    _change_others(board, touched, changes, present)
    if touched - set(board.young):
        SuggestionList.objects.filter(run=run, company__in=touched - set(board.young)).delete()
    _store(run, changes.lists, moment)
    _store_listed_by(run, touched & set(board.young), changes.lists, present)
    return {"companies": len(touched), "lists": len(changes.lists)}


def store_profiles(built: list[profiles.Built], moment: dt.datetime) -> int:
    """Store profiles that nobody has changed since they were built; how many have changed.

    The others are asked to be refreshed: who reads last writes last. Call under ``lock_lists``,
    which tells the moment.
    """
    stored = dict(
        Profile.objects.filter(company__in=[one.company for one in built]).values_list(
            "company_id", "digest"
        )
    )
    fresh = [one for one in built if stored.get(one.company, "") == one.former]
    stands = {one.company for one in fresh}
    late = [one.company for one in built if one.company not in stands]
    jobs.enqueue_many(JOB, [({"company": pk}, str(pk)) for pk in late], priority=3)
    return profiles.save(fresh, moment)


@transaction.atomic
def refresh_changed_since(moment: dt.datetime) -> int:
    """Ask for a refresh of every company whose profile changed after ``moment``; how many.

    Their profiles are stored already, so the job is told that the lists have missed the change; a
    waiting job that is not told this does not do for it. Of more than ``MOST_YOUNG`` none is asked
    for: only a run brings the lists up to date then.
    """
    later = Profile.objects.filter(changed_at__gt=moment).order_by("company_id")
    changed = list(later.values_list("company_id", flat=True)[: MOST_YOUNG + 1])
    if len(changed) <= MOST_YOUNG:
        missed = [({"company": pk, "anew": True}, f"{pk}:anew") for pk in changed]
        jobs.enqueue_many(JOB, missed, priority=3)
    return len(changed)


@jobs.by_the_clock_every(dt.timedelta(minutes=15))
def refresh_outdated(now: dt.datetime) -> None:
    """Ask for a refresh of companies whose offer, request or membership has ended by its date.

    Nobody saves anything on such a day: without this the lists would keep what is over until the
    next run has ended.
    """
    late = Profile.objects.filter(holds_until__lt=today()).exclude(digest="")
    note_changes(Company.objects.matched().filter(pk__in=late.values("company")))


def _without_list(run: Run, companies: set[int]) -> set[int]:
    """Companies that the run does not know, such as members admitted since."""
    if not companies:
        return set()
    known = SuggestionList.objects.filter(run=run, company__in=companies)
    return companies - set(known.values_list("company_id", flat=True))


@dataclass(frozen=True)
class Compared:
    """One changed company against everyone: whom it may enter with which score, and its list."""

    entered: dict[int, float]
    own: Listing


def _compare_all(board: Board, companies: Sequence[int], touched: set[int]) -> Changes:
    """Match the changed companies with everyone, several at a time: the loops are compiled."""
    changes = Changes()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda company: _compare(board, company), companies)
        for company, compared in zip(companies, found, strict=True):
            changes.lists[company] = compared.own
            for owner, score in compared.entered.items():
                if owner not in touched:
                    changes.offers.setdefault(owner, {})[company] = score
    return changes


def _compare(board: Board, company: int) -> Compared:
    from matching.engine import standings  # compiled code: only where it works

    own, rows = board.young[company]
    price = float(board.price_of(np.array([company]))[0])
    entered: dict[int, float] = {}
    best: list[tuple[Longs, Floats]] = []
    for segment in board.segments:
        place = segment.standings
        scores = segment.scores_for(own, rows, price)
        at = standings.entered(scores, place, company, price, board.run.seed)
        entered |= dict(zip(place.ids[at].tolist(), scores[at].tolist(), strict=True))
        best.append(_first(np.where(place.here, scores, np.float32(0)), place.ids, own.dismissed))
    partners = np.concatenate([ids for ids, _ in best])
    scores = np.concatenate([found for _, found in best])
    return Compared(entered, _own_list(board, company, partners, scores))


def _first(scores: Floats, ids: Longs, dismissed: Iterable[int]) -> tuple[Longs, Floats]:
    """Those that may be on the shortlist by their score: more only where scores are equal."""
    scores = np.where(np.isin(ids, list(dismissed)), np.float32(0), scores) if dismissed else scores
    found = np.flatnonzero(scores > 0)
    if len(found) > WIDTH:
        least = np.partition(scores[found], len(found) - WIDTH)[len(found) - WIDTH]
        found = found[scores[found] >= least]
    return ids[found], scores[found]


def _own_list(board: Board, company: int, partners: Longs, scores: Floats) -> Listing:
    """The list of a company from those that may be on its shortlist."""
    from matching.engine import standings  # compiled code: only where it works

    order = standings.orders(board.run.seed, company, partners)
    shortlist = np.lexsort((order, -scores))[:WIDTH]
    partners, scores = partners[shortlist], scores[shortlist]
    end = (float(scores[-1]), int(partners[-1])) if len(partners) == WIDTH else (_ROOM, -1)
    return _chosen(board, company, partners, scores, _ROOM, end)


def _chosen(
    board: Board,
    company: int,
    partners: Longs,
    scores: Floats,
    threshold: float,
    end: tuple[float, int],
) -> Listing:
    """The best by score less price, in their order; the others' values are at most the threshold.

    Those whose own value is below it are left out: somebody unknown may be better. Who is not among
    the candidates scores at most the first of ``end``, or less than that of its partner.
    """
    from matching.engine import standings  # compiled code: only where it works

    order = standings.orders(board.run.seed, company, partners)
    best = np.lexsort((order, -scores))
    least, last = _entrance(board, partners[best], scores[best], end)
    best = best[visible(scores[best], board.least)]
    partners, scores, order = partners[best], scores[best], order[best]
    value = scores - board.price_of(partners)
    best = np.lexsort((order, -scores, -value))
    best = best[value[best] >= threshold][: LENGTH + RESERVE]
    if len(best) == LENGTH + RESERVE:
        threshold = float(value[best[-1]])
    return Listing(partners[best].tolist(), scores[best].tolist(), threshold, least, last)


def _entrance(
    board: Board, partners: Longs, scores: Floats, end: tuple[float, int]
) -> tuple[float, int]:
    """What somebody new has to score to be shown, beside candidates that stand best first."""
    first = np.append(scores, np.float32(0))[:1], np.append(partners, -1)[:1]
    last = np.array(end[:1], np.float32), np.array(end[1:], np.int64)
    score, partner = entrance(first, last, board.least)
    return float(score[0]), int(partner[0])


def _affected(run: Run, touched: set[int], changes: Changes) -> dict[int, Listing]:
    """The stored lists that a touched company stands in or may enter, and its own."""
    listed = SuggestionList.objects.filter(run=run, company__in=touched)
    owners = {owner for some in listed.values_list("listed_by", flat=True) for owner in some}
    wanted = owners | set(changes.offers) | set(changes.lists)
    rows = SuggestionList.objects.filter(run=run, company__in=wanted)
    columns = rows.values_list(
        *("company_id", "partners", "reserve", "mutual", "reserve_mutual"),
        *("threshold", "least", "last"),
    )
    return {
        owner: Listing(
            partners + reserve,
            _single(mutual + more),
            _single([value])[0],
            _single([least])[0],
            last,
        )
        for owner, partners, reserve, mutual, more, value, least, last in columns
    }


def _change_others(
    board: Board, touched: set[int], changes: Changes, present: Mapping[int, Listing]
) -> None:
    """Put the touched companies into the lists of others, and take them out."""
    unwanted = Dismissal.objects.filter(partner__in=touched)
    for company, owner in unwanted.values_list("partner_id", "company_id"):
        changes.offers.get(owner, {}).pop(company, None)
    short: dict[int, dict[int, float]] = {}
    for owner, stored in present.items():
        if owner in touched:
            continue
        entries = dict(zip(stored.partners, stored.mutual, strict=True))
        entries = {partner: entries[partner] for partner in entries if partner not in touched}
        entries |= changes.offers.get(owner, {})
        end = (stored.least, stored.last)
        listing = _chosen(board, owner, *_arrays(entries), stored.threshold, end)
        if _lacks(board, stored, len(listing.partners)):
            short[owner] = entries
        elif listing != stored:
            changes.lists[owner] = listing
    changes.lists |= _filled(board, short, present) if short else {}


def _lacks(board: Board, stored: Listing, left: int) -> bool:
    """Whether others than those left of a list would have a place in it."""
    is_full = stored.last >= 0 and stored.least >= board.least
    if stored.threshold > _ROOM or is_full:
        return left < LENGTH
    return left == 0 and stored.least > _ROOM


def _filled(
    board: Board, short: Mapping[int, dict[int, float]], present: Mapping[int, Listing]
) -> dict[int, Listing]:
    """Lists that have lost a partner, from the shortlists of the run and the young."""
    found: dict[int, Listing] = {}
    places = {owner: place for owner in short if (place := board.place_of(owner)) is not None}
    stored = shortlists_of(board.run, list(places.values())) if places else {}
    asking = boards.asking(short)
    base = board.base.standings
    for owner, entries in short.items():
        if owner not in asking:
            continue
        place = places.get(owner)
        if place is not None and place in stored:
            positions, scores = stored[place]
            known = positions >= 0
            known[known] = base.here[positions[known]]
            reserve = dict(
                zip(base.ids[positions[known]].tolist(), scores[known].tolist(), strict=True)
            )
            # Who is on no shortlist with room left scores less than is shown beside somebody.
            has_room = bool((positions < 0).any())
            least = _ROOM if has_room else float(scores[-1])
            entries = reserve | _young_entries(board, owner, asking, least) | entries
            if len(entries) >= LENGTH or (has_room and _any_shown(entries, board.least)):
                end = (least, -1 if has_room else int(base.ids[positions[-1]]))
                found[owner] = _chosen(board, owner, *_arrays(entries), _ROOM, end)
                continue
        found[owner] = _anew(board, owner, asking)
    return found


def _any_shown(entries: Mapping[int, float], least: float) -> bool:
    """Whether any would be shown beside others."""
    return any(score >= least for score in entries.values())


def _young_entries(board: Board, owner: int, asking: Asking, least: float) -> dict[int, float]:
    """The young that are good enough for the shortlist of a company that has not changed.

    ``least`` is the score of its last.
    """
    own, rows = asking[owner]
    found: dict[int, float] = {}
    for segment in board.segments[1:]:
        scores = segment.index.scores_for(own, rows).mutual
        good = segment.standings.here & (scores > 0) & (scores >= least)
        ids = segment.standings.ids[good].tolist()
        found |= dict(zip(ids, scores[good].tolist(), strict=True))
    return {partner: score for partner, score in found.items() if partner not in own.dismissed}


def _anew(board: Board, owner: int, asking: Asking) -> Listing:
    """The list of a company by comparing it with everyone."""
    own, rows = asking[owner]
    best = []
    for segment in board.segments:
        place = segment.standings
        scores = segment.scores_for(own, rows, None)
        best.append(_first(np.where(place.here, scores, np.float32(0)), place.ids, own.dismissed))
    partners = np.concatenate([ids for ids, _ in best])
    return _own_list(board, owner, partners, np.concatenate([scores for _, scores in best]))


def _single(values: list[float]) -> list[float]:
    """Numbers as they are in single precision; the database writes them shorter."""
    single: list[float] = np.array(values, np.float32).tolist()
    return single


def _arrays(entries: Mapping[int, float]) -> tuple[Longs, Floats]:
    return np.array(list(entries), np.int64), np.array(list(entries.values()), np.float32)


def _store(run: Run, lists: Mapping[int, Listing], moment: dt.datetime) -> None:
    """Write lists that are new or in the place of former ones, in one statement."""

    def arrays(of: Callable[[Listing], list[Any]]) -> list[str]:
        return [f"{{{','.join(map(str, of(one)))}}}" for one in lists.values()]

    with connection.cursor() as cursor:
        cursor.execute(
            "insert into matching_suggestionlist (run_id, company_id, partners, mutual,"
            " reserve, reserve_mutual, threshold, least, last, changed_at, price, listed_by)"
            " select %s, company, a::bigint[], b::real[], c::bigint[], d::real[], e, f, g, %s, 0,"
            " '{}' from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::real[], %s::real[], %s::bigint[]) as new (company, a, b, c, d, e, f, g)"
            " on conflict (run_id, company_id) do update set (partners, mutual, reserve,"
            " reserve_mutual, threshold, least, last, changed_at) = (excluded.partners,"
            " excluded.mutual, excluded.reserve, excluded.reserve_mutual, excluded.threshold,"
            " excluded.least, excluded.last, excluded.changed_at)",
            [
                run.pk,
                moment,
                list(lists),
                arrays(lambda one: one.partners[:LENGTH]),
                arrays(lambda one: one.mutual[:LENGTH]),
                arrays(lambda one: one.partners[LENGTH:]),
                arrays(lambda one: one.mutual[LENGTH:]),
                [one.threshold for one in lists.values()],
                [one.least for one in lists.values()],
                [one.last for one in lists.values()],
            ],
        )


def _store_listed_by(
    run: Run, young: set[int], lists: Mapping[int, Listing], present: Mapping[int, Listing]
) -> None:
    """Note who lists whom: exactly of the touched companies, at least of all others."""
    found: list[tuple[int, int | None]] = [(company, None) for company in young]
    final = {owner: one.partners for owner, one in present.items()}
    final |= {owner: one.partners for owner, one in lists.items()}
    for owner, partners in final.items():
        before = set(present[owner].partners) if owner in present else set()
        found += [(one, owner) for one in partners if one in young or one not in before]
    with connection.cursor() as cursor:
        cursor.execute(
            "update matching_suggestionlist as list set listed_by = case"
            " when found.company = any(%s) then found.owners"
            " else array(select unnest(list.listed_by) union select unnest(found.owners)) end"
            " from (select company,"
            " coalesce(array_agg(owner) filter (where owner is not null), '{}') as owners"
            " from unnest(%s::bigint[], %s::bigint[]) as pair (company, owner) group by company)"
            " as found where list.run_id = %s and list.company_id = found.company",
            [list(young), [company for company, _ in found], [owner for _, owner in found], run.pk],
        )
