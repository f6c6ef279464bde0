"""Importing and matching real companies: time, processor time and memory of the commands.

``python -m bench.imports FOLDER`` with FOLDER holding ``chambers.csv`` and ``companies.jsonl.gz``.
Everything happens in a throwaway PostgreSQL with its usual care for the disk; the commands are the
ones a person types, so starting Python is part of the time. Memory is that of the command; the
database's processor time is told apart.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chambers.gates.files import open_outside
from chambers.gates.tables import read_table
from config.stack import CHECKOUT
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.processes import local_settings
from config.stack.progress import Silence
from config.stack.services import services

MOST_SECONDS = 180
MOST_MEBIBYTES = 500
_COMPANIES, _CHAMBERS = "companies.jsonl.gz", "chambers.csv"
_VERDICTS = ("accepted", "updated", "unchanged", "duplicate", "refused")
_FIGURES = ("wall s", "CPU s", "database CPU s", "peak MiB")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """What one run of a command took; seconds and MiB."""

    wall: float
    cpu: float
    database_cpu: float
    memory: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the real records")
    folder = parser.parse_args().folder
    missing = [name for name in (_COMPANIES, _CHAMBERS) if not (folder / name).exists()]
    if missing:
        sys.exit(
            f"Not found in {folder}: {', '.join(missing)}. These real records are not part of the "
            "project; name the folder that holds them."
        )
    with _database() as (scratch, database):
        described = scratch / "described.jsonl"
        _write_described(folder / _COMPANIES, described)
        _manage("migrate", "--verbosity=0")
        _manage("seed", "--no-demo")
        print(f"{'':26}" + "".join(f"{name:>{len(name) + 2}}" for name in (*_FIGURES, *_VERDICTS)))
        for what, command, path in (
            ("chambers", "import_chambers", folder / _CHAMBERS),
            ("described companies", "import_companies", described),
            ("described companies again", "import_companies", described),
            ("all companies on top", "import_companies", folder / _COMPANIES),
        ):
            report = scratch / "report.csv"
            took = _measure(command, str(path), "--report", str(report), database=database)
            counts = _counts(report)
            cells = [f"{counts[name]:{len(name) + 2},}" for name in _VERDICTS]
            _print_row(what, took, cells)
            if what == "described companies":
                held = took.wall < MOST_SECONDS and took.memory < MOST_MEBIBYTES
                print(
                    f"  wanted: under {MOST_SECONDS} s and {MOST_MEBIBYTES} MiB: "
                    f"{'held' if held else 'MISSED'}"
                )
                _print_row("matched by one process", _measure("match", database=database), [])


def _print_row(what: str, took: Measured, cells: list[str]) -> None:
    values = (took.wall, took.cpu, took.database_cpu, took.memory)
    figures = [f"{value:{len(name) + 2}.1f}" for name, value in zip(_FIGURES, values, strict=True)]
    print(f"{what:26}{''.join((*figures, *cells))}", flush=True)


@contextmanager
def _database() -> Iterator[tuple[Path, int]]:
    """A folder and a database for this measurement alone: (the folder, the server's process)."""
    # Never the one that the environment names: it may hold somebody's members.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    home = temporary_folder(postgres_identity(CHECKOUT))
    try:
        with services(Home(home), Silence(sys.stderr)) as found:
            os.environ.update(local_settings("http://127.0.0.1:8000") | found.environment)
            os.environ["SECRET_KEY"] = "measured-" * 6
            os.environ["LOG_LEVEL"] = "WARNING"
            yield home, found.children[0].pid
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write_described(companies: Path, target: Path) -> None:
    with open_outside(companies) as source, target.open("wb") as described:
        described.writelines(line for line in source if json.loads(line).get("description"))


def _manage(*words: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL
    )


def _measure(*words: str, database: int) -> Measured:
    before, begun = _cpu_of_children(database), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=CHECKOUT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode:
        sys.exit(f"{words[0]} ended with {process.returncode}.")
    time.sleep(0.5)  # until the server has buried the process that served the command
    return Measured(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        database_cpu=_cpu_of_children(database) - before,
        memory=usage.ru_maxrss / 1024,
    )


def _cpu_of_children(process: int) -> float:
    """Seconds of processor time of a process's children that have ended; 0.0 beside Linux."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / _TICKS


def _counts(report: Path) -> dict[str, int]:
    with report.open("rb") as stream:
        verdicts = [cells["verdict"] for _, cells in read_table(stream, "utf-8-sig").rows]
    return {name: verdicts.count(name) for name in _VERDICTS}


if __name__ == "__main__":
    main()
