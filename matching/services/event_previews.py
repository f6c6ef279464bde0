"""What would change among the companies of an event by what it is to stress, before it holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from chambers.services import jobs
from marketplace.models import Event
from marketplace.services.proposals import Outlook, Scored, outlook_by
from matching.engine.comparing import Lists, compare
from matching.engine.emphasis import Emphasis
from matching.models import EventEmphasis
from matching.services.lists import LENGTH
from matching.services.previews import JOBS, groups_of, parts_of, said_by
from matching.services.rounds import Progress, Round, seed_of_today, stressed_at

MOST_TOLD = 10  # meetings that come in, and as many that go out


@jobs.handles(JOBS[EventEmphasis])
def compute_event_preview(lease: jobs.Lease) -> None:
    """Compute a preview; its figures become the job's result."""
    emphasis = EventEmphasis.objects.select_related("event").get(pk=lease.payload["emphasis"])
    with lease.held():  # the choice among many pairs has no time to tell of progress
        found = preview_at_event(emphasis, progress=lease.progress)
    with lease.finish(found) as result:
        result["of"] = said_by(emphasis)


def preview_at_event(
    emphasis: EventEmphasis, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Everybody's lists among those who may still be proposed, now and by ``emphasis``, compared.

    Plain data: the fields of ``Change``, each example with its scores and main reasons; ``first``,
    how many companies get another best partner; ``meetings``, how many would be proposed (before,
    after, come in, go out); and some of the ``pairs`` of these that come in or go out.
    """
    event = emphasis.event
    ways = [
        _Way(said, turn, progress)
        for turn, said in enumerate((stressed_at(event), emphasis.emphasis))
    ]
    before, after = (outlook_by(event, way) for way in ways)
    wholes = [way.whole for way in ways if way.whole is not None]
    companies = wholes[0].companies if wholes else {}
    keys = sorted(companies)
    lists = [_lists(keys, outlook) for outlook in (before, after)]
    change = compare(lists[0], lists[1], groups_of(companies[key] for key in keys))
    came, left = _exchanged(before, after)

    def parts(pair: tuple[int, int]) -> list[dict[str, Any]]:
        return [
            parts_of(pair, companies, whole.index, whole.rows, whole.weights) for whole in wholes
        ]

    return {
        **asdict(change),
        "among": len(keys),
        "first": int((lists[0].partners[:, 0] != lists[1].partners[:, 0]).sum()),
        "meetings": [len(before.chosen), len(after.chosen), len(came), len(left)],
        "pairs": [
            {"company": pair[0], "partner": pair[1], "comes": comes, "parts": parts(pair)}
            for some, comes in ((came, True), (left, False))
            for pair in some[:MOST_TOLD]
        ],
        "examples": [
            {**asdict(move), "parts": parts((move.company, move.partner))}
            for move in (*change.up, *change.down)
        ],
    }


@dataclass
class _Way:
    """Scores the companies of an event by what it would stress, and keeps what it was asked."""

    said: Emphasis | None
    turn: int
    progress: Progress | None
    whole: Round | None = field(default=None, init=False)

    def __call__(self, _event: Event, companies: Collection[int]) -> list[Scored]:
        self.whole = Round.of(companies, self.said)
        if self.whole is None:
            return []
        found = self.whole.pairs(seed=seed_of_today(), progress=self._tell)
        return [(pair.one, pair.other, pair.score) for pair in found]

    def _tell(self, done: int, size: int) -> None:
        if self.progress is not None:
            self.progress(self.turn * size + done, 2 * size)


def _lists(keys: list[int], outlook: Outlook) -> Lists:
    """The best partners of each company, as many as a list shows."""
    found: dict[int, list[tuple[int, float]]] = {key: [] for key in keys}
    for one, other, score in outlook.pairs:
        found[one].append((other, score))
        found[other].append((one, score))
    partners = np.full((len(keys), LENGTH), -1, np.int64)
    scores = np.zeros((len(keys), LENGTH), np.float32)
    for at, key in enumerate(keys):
        for rank, (partner, score) in enumerate(found[key][:LENGTH]):
            partners[at, rank], scores[at, rank] = partner, score
    return Lists(np.array(keys, np.int64), partners, scores)


def _exchanged(
    before: Outlook, after: Outlook
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs that would be proposed only then, and only now; whose score moves most first."""
    was, will = ({_key(pair): pair[2] for pair in one.pairs} for one in (before, after))
    now, then = ({_key(pair) for pair in one.chosen} for one in (before, after))

    def by_move(pair: tuple[int, int]) -> tuple[float, tuple[int, int]]:
        return -abs(will.get(pair, 0.0) - was.get(pair, 0.0)), pair

    return sorted(then - now, key=by_move), sorted(now - then, key=by_move)


def _key(pair: Scored) -> tuple[int, int]:
    return min(pair[:2]), max(pair[:2])
