"""The engine on real descriptions: time, memory, and how it ranks known partners.

``python -m bench.engine FOLDER [--limit N] [--threads 2]`` with FOLDER holding
``companies.jsonl.gz`` and ``partner_gt/company_statements_train.jsonl.gz``. Companies have profile
rows only, so this measures what a shared field alone finds; known partners are ranked among all
companies abroad by the description without the sentence that names them.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chambers.gates.files import open_outside
from chambers.words import lexemes
from matching.engine import Company, Row, Side, merged, with_english, word_terms
from matching.engine.codes import CodeReader, suggested_terms
from matching.engine.index import Index
from matching.engine.lexicon import LEARNT, Lexicon
from seeds.labels import heading_labels

_COMPANIES = "companies.jsonl.gz"
_PARTNERS = "partner_gt/company_statements_train.jsonl.gz"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the real companies and partners")
    parser.add_argument("--limit", type=int, default=None, help="read only so many companies")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    missing = [name for name in (_COMPANIES, _PARTNERS) if not (options.folder / name).exists()]
    if missing:
        sys.exit(
            f"Not found in {options.folder}: {', '.join(missing)}. These real records are not part "
            "of the project; name the folder that holds them."
        )
    with LEARNT.open(encoding="utf-8") as lines:
        reader = CodeReader.fit(heading_labels(), Lexicon.read(lines))
    with _measured("read and lexed"):
        records = list(_described(options.folder / _COMPANIES))[: options.limit]
        rows = [_row(at, record, reader) for at, record in enumerate(records)]
    companies = [Company(at, record["country"]) for at, record in enumerate(records)]
    with _measured("index built"):
        index = Index.build(rows, companies)
    index.top_range(0, 1)  # compiles
    with _measured(f"best 20 of all {len(companies):,}, {options.threads} threads"):
        shown = _all(index, options.threads)
    print(f"{(shown[:, 0] < 0).sum():,} companies without a suggestion")
    counts = np.bincount(shown[shown >= 0], minlength=len(companies))
    print(f"{(counts == 0).sum():,} never suggested, most often {counts.max():,} times")
    _quality(options.folder / _PARTNERS, index, records, rows, reader)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with open_outside(path) as stream:
        yield from map(json.loads, stream)


def _described(path: Path) -> Iterator[dict[str, Any]]:
    return (record for record in _lines(path) if record.get("description"))


def _row(at: int, record: dict[str, Any], reader: CodeReader) -> Row:
    """The profile row of a record: its description, industry and tags."""
    language = record.get("language")
    text = lexemes(record["description"], language)
    field = lexemes(" ".join([record.get("industry", ""), *record.get("tags", [])]), language)
    said = with_english(word_terms([*text, *field]), reader.lexicon.english(text, language))
    codes = suggested_terms(("hs", code, sure) for code, sure in reader.read(text, language))
    return Row(at, Side.PROFILE, merged(said, codes))


def _all(index: Index, threads: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    size = len(index.companies)
    starts = range(0, size, 2048)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda start: index.top_range(start, start + 2048).partners, starts)
        return np.concatenate(list(parts))


def _quality(
    path: Path, index: Index, records: list[dict[str, Any]], rows: list[Row], reader: CodeReader
) -> None:
    """Print recall and mean reciprocal rank of the known partners abroad."""
    places = {record["id"]: at for at, record in enumerate(records)}
    ranks = []
    for pair in _lines(path):
        one, other = places.get(pair["a"]), places.get(pair["b"])
        if not pair["cross_border"] or pair["b_mentions_a"] or one is None or other is None:
            continue
        record = records[one] | {"description": pair["a_description_masked"]}
        query = _row(one, record, reader)
        scores = index.scores_for(Company(one, record["country"]), [query]).mutual
        if scores[other] > 0:
            ranks.append(int((scores > scores[other]).sum()) + 1)
        else:
            ranks.append(len(rows))
    if not ranks:
        print("no known partners among these companies")
        return
    found = np.array(ranks)
    recall = ", ".join(f"recall@{k} {(found <= k).mean():.3f}" for k in (10, 100, 1000))
    print(f"{len(found)} known partners: {recall}, MRR {(1 / found).mean():.4f}")


@contextmanager
def _measured(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what}: {wall:.1f} s wall, {cpu:.1f} s CPU, peak memory {memory:.2f} GB", flush=True)


if __name__ == "__main__":
    main()
