"""What the server spends on a page: time, processor, queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client

from bench.web.pages import Page

_WARM_UP = 2


@dataclass(frozen=True)
class Served:
    """Milliseconds of the median and the 95th of 100 answers; of the processor: the median."""

    median: float
    p95: float
    cpu: float
    queries: int


def ask_pages(pages: Sequence[Page], times: int) -> dict[str, Served]:
    """What each page took, by its name; both this process and the database's count as processor."""
    return {page.name: _asked(page, times) for page in pages}


def _asked(page: Page, times: int) -> Served:
    client = Client(SERVER_NAME="localhost", headers={"Accept-Encoding": "gzip"})
    if page.reader is not None:
        client.force_login(page.reader)
    for _ in range(_WARM_UP):
        _get(client, page)
    queries = _queries(lambda: _get(client, page))
    backend = connection.connection.info.backend_pid
    wall, cpu = [], []
    for _ in range(times):
        begun, busy = time.perf_counter(), time.process_time() + _on_cpu(backend)
        _get(client, page)
        wall.append(1000 * (time.perf_counter() - begun))
        cpu.append(1000 * (time.process_time() + _on_cpu(backend) - busy))
    return Served(_share(wall, 0.5), _share(wall, 0.95), _share(cpu, 0.5), queries)


def _get(client: Client, page: Page) -> None:
    answer = client.get(page.address)
    if answer.status_code != 200:
        raise SystemExit(f"{page.name} ({page.address}) answered {answer.status_code}")


def _queries(ask: Callable[[], None]) -> int:
    told: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        told.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(count):
        ask()
    return len(told)


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def _on_cpu(process: int) -> float:
    """Seconds that a process has been on a processor; 0.0 beside Linux."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
