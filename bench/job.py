"""The whole job and one changed company, through the real commands, worker and database.

``python -m bench.job [--companies N] [--keep FOLDER]`` fills a throwaway PostgreSQL with a made-up
market, matches everyone with ``manage.py match`` beside one Celery worker (two processes in all),
reads partners and advice as members do (``bench.reading``), then changes companies one by one and
many at once, and waits until the lists have followed. Memory
is that of all processes together, PostgreSQL and Valkey included, shared pages counted once.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from bench.machine import cpu_of, pace
from config.stack import CHECKOUT
from config.stack.child import Child
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.processes import WORKER, local_settings
from config.stack.progress import Silence
from config.stack.services import services

WANTED = {200_000: (35, 1.5, 150), 1_000_000: (240, 4.0, 300)}  # s, GB, ms


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="not needed: the market is made up")
    parser.add_argument("--companies", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, help="folder of a database to use again")
    parser.add_argument("--anywhere", action="store_true", help="nobody names target markets")
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--burst", type=int, default=300)
    parser.add_argument("--seed", type=int, default=3, help="of the changes: new ones need another")
    parser.add_argument("--skip-run", action="store_true", help="measure changes only")
    options = parser.parse_args()
    print(pace(), flush=True)
    with _stack(options.keep) as (home, processes):
        _filled(options.companies, anywhere=options.anywhere)
        if not options.skip_run:
            with (
                _worker(home, "--concurrency=1") as worker,
                _Watch([*processes, worker]) as memory,
            ):
                _wait_for_all()  # what the seed asked for is no part of the run
                _whole_job(memory)
        _sizes(options.companies)
        _readings()
        with _worker(home, "--concurrency=2") as worker, _Watch([*processes, worker]) as memory:
            _wait_for_all()  # the lists of the former run are dropped once they are not read
            _changes(options.changes, options.burst, options.seed)
            print(f"peak memory of all processes during changes: {memory.peak:.2f} GB")


@contextmanager
def _stack(keep: Path | None) -> Iterator[tuple[Path, list[int]]]:
    """A folder and the servers' processes."""
    # Never the one that the environment names: it may hold somebody's members.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    home = keep or temporary_folder(postgres_identity(CHECKOUT))
    home.mkdir(parents=True, exist_ok=True)
    try:
        with services(Home(home), Silence(sys.stderr)) as found:
            os.environ.update(local_settings("http://127.0.0.1:8000") | found.environment)
            os.environ |= {
                "SECRET_KEY": "measured-" * 6,
                "LOG_LEVEL": "WARNING",
                "INDEX_DIR": str(home / "index"),
                "VAR_DIR": str(home / "var"),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            yield home, [child.pid for child in found.children]
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


def _filled(companies: int, *, anywhere: bool) -> None:
    """Make the market unless the database holds it already."""
    _manage("migrate", "--verbosity=0")
    _manage("collectstatic", "--noinput", "--verbosity=0")
    django.setup()
    from bench import market
    from chambers.models import Company

    if Company.objects.exists():
        return
    _manage("seed", "--no-demo")
    began = time.monotonic()
    market.fill(companies, anywhere=anywhere)
    print(f"{companies:,} companies made in {time.monotonic() - began:.0f} s", flush=True)


def _manage(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


@contextmanager
def _worker(home: Path, concurrency: str) -> Iterator[int]:
    words = [word for word in WORKER if not word.startswith("--concurrency")]
    child = Child(
        "worker", [sys.executable, *words, concurrency], home / "worker.log", env={**os.environ}
    )
    child.start()
    try:
        yield child.pid
    finally:
        child.stop()


class _Watch:
    """What some processes and their children use: memory held at once, GB; processor time, s."""

    def __init__(self, processes: list[int]) -> None:
        self.processes = processes
        self.peak = 0.0
        self.holders: dict[str, float] = {}
        """What held how much at the peak, by name of the program."""
        self._began: dict[int, float] = {}
        self._used: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            watched = _with_children(self.processes)
            held = {process: _held(process) for process in watched}
            if sum(held.values()) > self.peak:
                self.peak = sum(held.values())
                self.holders = dict.fromkeys(sorted(map(_name_of, watched)), 0.0)
                for process, amount in held.items():
                    self.holders[_name_of(process)] += amount
            for process in watched:
                used = cpu_of(process)
                self._began.setdefault(process, used)
                self._used[process] = max(used, self._used.get(process, 0.0))

    @property
    def cpu(self) -> float:
        """Seconds of processor time since the beginning, to half a second per process."""
        return sum(self._used[process] - self._began[process] for process in self._used)


def _with_children(processes: list[int]) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = set(processes)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _held(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1e6


def _name_of(process: int) -> str:
    """The program of a process, and of a Python what it runs; empty when it is gone."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ").split()
    except OSError:
        return ""
    for known in ("match", "celery"):
        if known in words:
            return known
    return Path(words[0].rstrip(":")).name if words else ""


def _whole_job(memory: _Watch) -> None:
    from matching.models import Run

    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "manage.py", "match"], cwd=CHECKOUT)
    memory.processes.append(process.pid)
    if process.wait():
        sys.exit("The run did not end well.")
    wall = time.monotonic() - began
    run = Run.objects.get(is_current=True)
    seconds, gigabytes, _ = WANTED.get(run.companies, (0, 0, 0))
    print(
        f"whole job: {wall:.1f} s with starting Python (wanted {seconds}), peak memory of all"
        f" processes {memory.peak:.2f} GB (wanted {gigabytes}), {memory.cpu:.0f} CPU s",
        flush=True,
    )
    told = ", ".join(f"{name} {amount:.2f}" for name, amount in memory.holders.items() if amount)
    print(f"of these: {told}", flush=True)
    attention = {name: run.attention[name] for name in ("before", "after", "cost")}
    print(f"attention: {attention}", flush=True)


def _sizes(companies: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("suggestionlist", "shortlist", "indexfile", "profile", "term"):
            name = f"matching_{table}"
            cursor.execute("select pg_total_relation_size(%s), pg_relation_size(%s)", [name, name])
            whole, heap = cursor.fetchone() or (0, 0)
            print(
                f"{name}: {whole / 1e6:,.0f} MB, {whole / companies:,.0f} bytes a company"
                f" ({heap / 1e6:,.0f} MB without indexes and what stands aside)",
                flush=True,
            )


def _readings() -> None:
    from bench import reading

    reading.measure()


def _changes(number: int, burst: int, seed: int) -> None:
    from django.db import transaction

    from chambers.models import Company

    chance = random.Random(seed)  # noqa: S311 - the same changes every time
    keys = list(Company.objects.values_list("pk", flat=True))
    for key in chance.sample(keys, 6):
        _change(key, chance)
        _wait()
    took = []
    for key in chance.sample(keys, number):
        _change(key, chance)
        began = time.monotonic()
        _wait()
        took.append((time.monotonic() - began) * 1000)
    took.sort()
    print(
        f"one change until all lists have followed: p50 {took[len(took) // 2]:.0f} ms,"
        f" p95 {took[int(len(took) * 0.95)]:.0f} ms, most {took[-1]:.0f} ms, {number} changes",
        flush=True,
    )
    with transaction.atomic():
        for key in chance.sample(keys, burst):
            _change(key, chance)
    began = time.monotonic()
    _wait()
    wall = time.monotonic() - began
    print(
        f"{burst} changes at once: all lists followed in {wall:.1f} s, {burst / wall:.0f} a second",
        flush=True,
    )


def _change(key: int, chance: random.Random) -> None:
    """A company says something else of itself, or takes up another trade."""
    from bench import world
    from chambers.models import Company, TradeCode
    from chambers.services.companies import change_company

    company = Company.objects.get(pk=key)
    words = company.description["en"].split()
    words[: len(words) // 4] = [world.word(chance.randrange(3000)) for _ in range(len(words) // 4)]
    codes = None
    if chance.random() < 0.5:
        codes = [TradeCode.objects.filter(scheme="hs", level=4).order_by("?")[0]]
    change_company(company, description={"en": " ".join(words)}, codes=codes)


def _wait_for_all() -> None:
    from chambers.models import Job
    from chambers.services import jobs

    while Job.objects.open().exists():
        jobs.wake()  # there is no clock here that would do it again
        time.sleep(0.5)


def _wait() -> None:
    from chambers.models import Job

    while Job.objects.filter(kind="matching.refresh").open().exists():
        time.sleep(0.004)  # asking more often would take the processor from who works


if __name__ == "__main__":
    main()
