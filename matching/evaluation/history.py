"""Partnerships known before the pairs that are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chambers.gates.files import BrokenFileError, fingerprint
from matching.evaluation.consortia import Past
from matching.evaluation.formats import (
    FormatError,
    Kind,
    Statement,
    kind_of,
    read_pairs,
    read_participations,
    read_projects,
    read_statements,
)

BESIDE = "partner_gt"
_ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
_SERVES = {
    Kind.STATEMENTS: (Kind.STATEMENTS,),
    Kind.CONSORTIA: (Kind.PARTICIPATIONS, Kind.PROJECTS),
}


def files_for(companies: Path, pairs: Path, kind: Kind) -> list[Path]:
    """The files of history that lie beside the companies, for pairs of a kind.

    The file of pairs itself is none of them, unless there is no other.
    """
    folder = companies.parent / BESIDE
    if not folder.is_dir():
        return []
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.name.endswith(_ENDINGS) and _kind_or_none(path) in _SERVES[kind]
    ]
    others = [path for path in found if not _same(path, pairs)]
    return others or found


def statements(paths: Sequence[Path]) -> list[Statement]:
    """All statements of some files; FormatError for a file of another kind."""
    found: list[Statement] = []
    for path in paths:
        _expect(path, (Kind.STATEMENTS,))
        found += read_statements(path)
    return found


def projects(paths: Sequence[Path]) -> Past:
    """Past projects from participations and projects, or from pairs where there are none."""
    kinds = {path: _expect(path, (*_SERVES[Kind.CONSORTIA], Kind.CONSORTIA)) for path in paths}
    lists = [path for path, kind in kinds.items() if kind is Kind.PARTICIPATIONS]
    calls = {
        name: call
        for path, kind in kinds.items()
        if kind is Kind.PROJECTS
        for name, call in read_projects(path).items()
    }
    if lists:
        return Past.of((one for path in lists for one in read_participations(path)), calls)
    pairs = [
        pair for path, kind in kinds.items() if kind is Kind.CONSORTIA for pair in read_pairs(path)
    ]
    return Past.of_pairs(pairs)


def _expect(path: Path, kinds: Sequence[Kind]) -> Kind:
    kind = kind_of(path)
    if kind not in kinds:
        raise FormatError(
            f"{path} holds {kind}; as history of these pairs serve {' or '.join(kinds)}. "
            "Name another file after --history."
        )
    return kind


def _kind_or_none(path: Path) -> Kind | None:
    try:
        return kind_of(path)
    except FormatError:
        return None


def _same(path: Path, other: Path) -> bool:
    try:
        return fingerprint(path) == fingerprint(other)
    except BrokenFileError:
        return False
