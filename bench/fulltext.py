"""PostgreSQL's own full text search, measured beside: a throwaway server with a line per document.

Terms stand as words of the ``simple`` configuration under a GIN index. A query asks for any of its
terms and orders by ``ts_rank`` with the length of the document, as one would first write it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psycopg
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bench.machine import cpu_of
from config.stack import CHECKOUT
from config.stack.home import temporary_folder
from config.stack.identity import postgres_identity
from config.stack.postgres import Postgres

_BEST = (
    "select id from document, to_tsquery('simple', %s) asked where held @@ asked"
    " order by ts_rank(held, asked, 1) desc limit %s"
)


def search(
    documents: csr_matrix, queries: csr_matrix, most: int
) -> tuple[list[NDArray[np.int64]], float]:
    """The best ``most`` documents of each query, and the CPU seconds of the server for all."""
    with _server() as url, psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("create table document (id int, held tsvector)")
        with cursor.copy("copy document from stdin") as copy:
            for at, words in enumerate(_words(documents)):
                copy.write_row((at, " ".join(words)))
        cursor.execute("create index on document using gin (held)")
        cursor.execute("vacuum analyze document")
        cursor.execute("set max_parallel_workers_per_gather = 0")  # all its work is in one process
        backend = connection.info.backend_pid
        asked = [" | ".join(words) for words in _words(queries)]
        cursor.execute(_BEST, (asked[0], most))  # reads the pages
        began = cpu_of(backend)
        found = [
            np.array([one for (one,) in cursor.execute(_BEST, (words, most))], np.int64)
            for words in asked
        ]
        return found, cpu_of(backend) - began


def _words(rows: csr_matrix) -> Iterator[list[str]]:
    for start, end in zip(rows.indptr, rows.indptr[1:], strict=False):
        yield [f"t{term}" for term in rows.indices[start:end].tolist()]


@contextmanager
def _server() -> Iterator[str]:
    """The address of a server that is gone afterwards; never the one that the environment names."""
    identity = postgres_identity(CHECKOUT)
    home = temporary_folder(identity)
    server = Postgres(home, home / "sockets", identity=identity, durable=False)
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
