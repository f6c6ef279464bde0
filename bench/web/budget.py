"""The budget of a page, and the tables that set what was measured beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.web.browser import Cost, Opened
    from bench.web.server import Served

COLD, WARM = 60_000, 20_000
"""Bytes of a whole page on the line, heads of the answers among them."""
REQUESTS = 8
KINDS = {"html": 15_000, "css": 14_000, "js": 5_000, "htmx": 18_000, "images": 10_000}
"""Bytes on the line without heads, when nothing is kept."""
LCP_COLD, LCP_WARM, BLOCKED = 1_800, 1_000, 100
"""Milliseconds."""
SHIFT = 0.02
SERVER_P95 = 150
QUERIES = 12
MORE_QUERIES = {
    "companies, searched": 14,
    "own: my work": 30,
    "own: companies": 17,
    "own: company": 18,
    "own: matches": 21,
    "own: match": 15,
    "own: event: who comes": 13,
    "own: event: all tables": 14,
    "own: event: requests": 17,  # seven for the reasons to meet, however many requests wait
    "own: meetings": 16,
}
"""Pages over the wish: as often they ask, and no more. Lower a number when a page gets below it."""
_TIMES = (
    *("milliseconds", "LCP cold", "LCP warm", "blocked", "shift"),
    *("server p50", "p95", "CPU", "queries"),
)


def broken(costs: Mapping[str, Cost], served: Mapping[str, Served]) -> list[str]:
    """What of bytes, requests and queries is over the budget, a line each."""
    over = [f"OVER: {name}: {told}" for name, cost in costs.items() for told in _over(cost)]
    for name, one in served.items():
        most = MORE_QUERIES.get(name, QUERIES)
        if one.queries > most:
            over.append(f"OVER: {name}: {one.queries} queries of {most}")
    return over


def _over(cost: Cost) -> Iterator[str]:
    for kind, most in KINDS.items():
        line, _ = cost.cold.sent.get(kind, (0, 0))
        if line > most:
            yield f"{kind} {_kb(line)} kB of {_kb(most)}"
    for what, opened, most in (("cold", cost.cold, COLD), ("warm", cost.warm, WARM)):
        if opened.total > most:
            yield f"{what} {_kb(opened.total)} kB of {_kb(most)}"
    if cost.cold.requests > REQUESTS:
        yield f"{cost.cold.requests} requests of {REQUESTS}"
    yield from (f"asks another host: {url}" for url in sorted(cost.cold.abroad))


def weights(costs: Mapping[str, Cost]) -> str:
    """Table of bytes and requests."""
    rows = [("kB on the line", "cold", "warm", *KINDS, "html raw", "requests")]
    rows.append(("budget", _kb(COLD), _kb(WARM), *map(_kb, KINDS.values()), "", str(REQUESTS)))
    for name, cost in costs.items():
        kinds = [_kb(cost.cold.sent.get(kind, (0, 0))[0]) for kind in KINDS]
        raw = _kb(cost.cold.sent.get("html", (0, 0))[1])
        totals = _kb(cost.cold.total), _kb(cost.warm.total)
        rows.append((name, *totals, *kinds, raw, str(cost.cold.requests)))
    return _table(rows)


def times(costs: Mapping[str, Cost], served: Mapping[str, Served]) -> str:
    """Table of milliseconds, of the phone, where it opened the page, and of the server."""
    rows: list[tuple[str, ...]] = [
        _TIMES,
        (
            *("budget", str(LCP_COLD), str(LCP_WARM), str(BLOCKED), str(SHIFT)),
            *("", str(SERVER_P95), "", str(QUERIES)),
        ),
    ]
    for name, one in served.items():
        cost = costs.get(name)
        phone = _of_phone(cost.cold, cost.warm) if cost else ("",) * 4
        rows.append((name, *phone, *_of_server(one)))
    return _table(rows)


def _of_phone(cold: Opened, warm: Opened) -> tuple[str, ...]:
    shift = max(cold.shift, warm.shift)
    return f"{cold.lcp:.0f}", f"{warm.lcp:.0f}", f"{cold.blocked:.0f}", f"{shift:.3f}"


def _of_server(one: Served) -> tuple[str, ...]:
    return f"{one.median:.0f}", f"{one.p95:.0f}", f"{one.cpu:.0f}", str(one.queries)


def _kb(count: int) -> str:
    return f"{count / 1000:.1f}"


def _table(rows: list[tuple[str, ...]]) -> str:
    """Rows as Markdown, so that the figures can stand in the documentation as they are."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |"
        for row in rows
    ]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:], ""])
