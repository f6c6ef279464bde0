"""The engine's index of a run: built once, kept in the database, mapped from files by all workers.

The database holds the truth, in pieces; each machine fetches them once into ``INDEX_DIR``, in a
folder named by what it holds, and all its processes map the same files.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files import locks
from django.db import connection

from matching import engine
from matching.engine import Weights
from matching.engine.company_columns import CompanyColumns
from matching.engine.prior import shipped
from matching.models import IndexFile, Run
from matching.services import snapshot

if TYPE_CHECKING:
    from matching.engine.index import Index

_PIECE = 4 << 20  # bytes
_UNFINISHED = ".unfinished-"
# Far longer than writing an index takes.
_HOURS_UNFINISHED, _HOURS_UNKNOWN = 24, 1


def folder(run: Run) -> Path:
    """Where the files of a run's index stand on this machine, once they are there."""
    return Path(settings.INDEX_DIR) / run.index_digest


def build(run: Run) -> Index:
    """The index of all profiles as they stand now, by the run's weights."""
    companies = snapshot.limits()
    known = set(companies.ids.tolist())
    packed = (one for one in snapshot.packed_rows() if one[0] in known)
    return index_of(run, companies, packed)


def index_of(
    run: Run,
    companies: CompanyColumns | Iterable[engine.Company],
    packed: Iterable[tuple[int, bytes]],
    like: Index | None = None,
) -> Index:
    """An index by a run's weights; terms weigh as in the index ``like`` where one is given."""
    from matching.engine.index import Index  # compiled code: only where it works

    return Index.build_packed(packed, companies, weights_of(run), shipped().prior, like)


def weights_of(run: Run) -> Weights:
    """The weights a run was started with."""
    return Weights(**run.weights)


def save(run: Run, index: Index) -> None:
    """Write the index to files of this machine and name the run's index by what they hold."""
    place = _unfinished()
    index.save(place)
    run.index_digest = _digest(place)
    _finish(place, folder(run))


def publish(run: Run) -> None:
    """Store the files of a run's index in the database, for other machines."""
    IndexFile.objects.filter(run=run).delete()
    query = "copy matching_indexfile (run_id, name, number, data) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["int8", "varchar", "int4", "bytea"])
        for path in sorted(folder(run).iterdir()):
            for number, piece in enumerate(_pieces(path)):
                copy.write_row((run.pk, path.name, number, piece))


def load(run: Run) -> Index:
    """The index of a run, mapped into memory; fetched from the database where it is not at hand.

    Raises FileNotFoundError for a run without an index.
    """
    return _load(run.pk, run.index_digest)


@lru_cache(maxsize=2)
def _load(run: int, digest: str) -> Index:
    from matching.engine.index import Index  # see above

    place = Path(settings.INDEX_DIR) / digest
    if not digest or not place.exists():
        _fetch(run, digest)
    return Index.load(place)


def _fetch(run: int, digest: str) -> None:
    """Copy the index of a run from the database; one process of a machine does, others wait."""
    root = Path(settings.INDEX_DIR)
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{digest}.lock").open("w") as guard:
        locks.lock(guard, locks.LOCK_EX)
        if not digest or (root / digest).exists():
            return
        place = _unfinished()
        _copy_out(run, place)
        if _digest(place) != digest:
            shutil.rmtree(place)
            raise FileNotFoundError(f"The database holds no whole index of run {run}.")
        _finish(place, root / digest)
    _drop_forgotten(root)


def _copy_out(run: int, place: Path) -> None:
    pieces = "select name, data from matching_indexfile where run_id = %s order by name, number"
    query = f"copy ({pieces}) to stdout (format binary)"
    with connection.cursor() as cursor, cursor.copy(query, [run]) as copy:
        copy.set_types(["varchar", "bytea"])
        for name, piece in copy.rows():
            with (place / Path(name).name).open("ab") as file:
                file.write(piece)


def _drop_forgotten(root: Path) -> None:
    """Delete what this machine keeps of runs that are over, and of workers that were killed.

    Not what is young: the database learns of an index after its files are in place.
    """
    kept = set(Run.objects.exclude(index_digest="").values_list("index_digest", flat=True))
    for path in root.iterdir():
        least = _HOURS_UNFINISHED if path.name.startswith(_UNFINISHED) else _HOURS_UNKNOWN
        if path.name.removesuffix(".lock") in kept or _hours_old(path) < least:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _hours_old(path: Path) -> float:
    """Hours since a file was written, or since a file came into a folder; 0 if it is gone."""
    try:
        return (time.time() - path.stat().st_mtime) / 3600
    except FileNotFoundError:
        return 0.0


def remove(run: Run) -> None:
    """Forget the index of a run, in the database and on this machine; others follow later."""
    IndexFile.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).update(index_digest="")
    if Path(settings.INDEX_DIR).exists():
        _drop_forgotten(Path(settings.INDEX_DIR))


def save_terms(run: Run, index: Index) -> None:
    """Keep what each term weighs, for explaining pairs without the index.

    Words so rare that they weigh what an unknown one does are left out.
    """
    rarest = max(5.0, index.rows**index.weights.word_rarest)
    with connection.cursor() as cursor:
        cursor.execute("delete from matching_term where run_id = %s", [run.pk])
        with cursor.copy("copy matching_term (run_id, term, rows) from stdin") as copy:
            for key, rows in index.frequencies():
                if rows > rarest:
                    copy.write_row((run.pk, str(key), rows))


def give_back_memory() -> None:
    """Return what is free to the system after work on everybody at once.

    The C library keeps it otherwise: 350 MB after an index of 200,000 companies, for as long as
    the worker lives.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _unfinished() -> Path:
    root = Path(settings.INDEX_DIR)
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=root))


def _finish(place: Path, final: Path) -> None:
    """Give files written beside their name, or drop them where the same stand already."""
    try:
        place.rename(final)
    except OSError:
        shutil.rmtree(place)
        if not final.exists():
            raise
        os.utime(final)  # young again, as if written now


def _digest(place: Path) -> str:
    """What the files hold, as a name of 64 hexadecimal digits."""
    found = hashlib.blake2b(digest_size=32)
    for path in sorted(place.iterdir()):
        found.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        for piece in _pieces(path):
            found.update(piece)
    return found.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
