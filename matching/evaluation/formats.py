"""The files an evaluation reads: companies, statements of partners, research consortia.

Every mistake is a ``FormatError`` that names the file, the line, the field and what to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from chambers.gates.files import BrokenFileError, open_outside
from chambers.gates.tables import encoding_of, read_table, text_lines


class FormatError(Exception):
    """A file cannot be used; the message is for the person who named it."""


class Kind(StrEnum):
    """What a file of pairs holds, told by its first line."""

    STATEMENTS = "statements"
    CONSORTIA = "cordis pairs"
    PARTICIPATIONS = "cordis participations"
    PROJECTS = "cordis projects"


_COLUMNS = {
    Kind.CONSORTIA: {"project_id", "topic_title", "org_a", "country_a", "org_b", "country_b"},
    Kind.PARTICIPATIONS: {"project_id", "org_id", "country", "activity_type"},
    Kind.PROJECTS: {"project_id", "topic_title", "call_year"},
}
_STATEMENT = {"a", "b", "quality", "cross_border", "b_mentions_a", "a_description_masked"}


@dataclass(frozen=True)
class CompanyText:
    """A company as the file tells it; ``name_local`` and the others may be empty."""

    id: str
    name: str
    country: str
    name_local: str = ""
    industry: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Statement:
    """Company ``a`` says that it works with ``b``; ``query`` is its text without those words."""

    a: str
    b: str
    quality: str
    cross_border: bool
    b_mentions_a: bool
    query: str


@dataclass(frozen=True)
class Pair:
    """Two organisations of one project."""

    project: str
    title: str
    programme: str
    a: str
    a_country: str
    b: str
    b_country: str


@dataclass(frozen=True)
class Participation:
    """An organisation in a project; ``title`` and ``programme`` are those of its call."""

    project: str
    organisation: str
    country: str
    type: str


@dataclass(frozen=True)
class Call:
    """What a project answered to."""

    title: str
    programme: str


def kind_of(path: Path) -> Kind:
    """What a file of pairs or of history holds; FormatError when it is none of the known kinds."""
    try:
        with open_outside(path) as stream:
            encoding = encoding_of(stream)
        with open_outside(path) as stream:
            _line, first = next(text_lines(stream, encoding), (1, ""))
            if first.lstrip().startswith("{"):
                found = set(_object(path, 1, first))
                if found >= {"a", "b"}:
                    return Kind.STATEMENTS
            else:
                found = {" ".join(cell.split()).strip('"').lower() for cell in first.split(",")}
                for kind, columns in _COLUMNS.items():
                    if found >= columns:
                        return kind
    except BrokenFileError as error:
        raise FormatError(_broken(path, error)) from error
    raise FormatError(
        _(
            "%(path)s, line 1: these are no pairs. Bring JSON Lines with the fields %(statement)s, "
            "or CSV with the columns %(pairs)s."
        )
        % {
            "path": path,
            "statement": ", ".join(sorted(_STATEMENT)),
            "pairs": ", ".join(sorted(_COLUMNS[Kind.CONSORTIA])),
        }
    )


def read_companies(path: Path) -> list[CompanyText]:
    """All companies of a JSON Lines file, plain or gzip; FormatError for a mistake in it.

    Of several lines with one id the first with a description stands for all.
    """
    companies: dict[str, CompanyText] = {}
    for line, row in _json_lines(path):
        company = CompanyText(
            id=_text(path, line, row, "id", needed=True),
            name=_text(path, line, row, "name", needed=True),
            country=_text(path, line, row, "country"),
            name_local=_text(path, line, row, "name_local"),
            industry=_text(path, line, row, "industry"),
            tags=_texts(path, line, row, "tags"),
            description=_text(path, line, row, "description"),
            language=_text(path, line, row, "language") or "en",
        )
        known = companies.get(company.id)
        if known is None or (company.description and not known.description):
            companies[company.id] = company
    if not companies:
        raise FormatError(_("%(path)s holds no company. Check the path.") % {"path": path})
    return list(companies.values())


def read_statements(path: Path) -> list[Statement]:
    """All statements of a JSON Lines file; FormatError for a mistake in it."""
    found = [
        Statement(
            a=_text(path, line, row, "a", needed=True),
            b=_text(path, line, row, "b", needed=True),
            quality=_text(path, line, row, "quality", needed=True),
            cross_border=_truth(path, line, row, "cross_border"),
            b_mentions_a=_truth(path, line, row, "b_mentions_a"),
            query=_text(path, line, row, "a_description_masked"),
        )
        for line, row in _json_lines(path)
    ]
    if not found:
        raise FormatError(_("%(path)s holds no statement. Check the path.") % {"path": path})
    return found


def read_pairs(path: Path) -> list[Pair]:
    """All pairs of a CSV of consortia; FormatError for a mistake in it."""
    return [
        Pair(
            project=_cell(path, line, row, "project_id"),
            title=row["topic_title"],
            programme=row.get("topic_code", ""),
            a=_cell(path, line, row, "org_a"),
            a_country=_cell(path, line, row, "country_a"),
            b=_cell(path, line, row, "org_b"),
            b_country=_cell(path, line, row, "country_b"),
        )
        for line, row in _table(path, Kind.CONSORTIA)
    ]


def read_participations(path: Path) -> list[Participation]:
    """All rows of a CSV of participations; FormatError for a mistake in it."""
    return [
        Participation(
            project=_cell(path, line, row, "project_id"),
            organisation=_cell(path, line, row, "org_id"),
            country=row["country"],
            type=row["activity_type"],
        )
        for line, row in _table(path, Kind.PARTICIPATIONS)
    ]


def read_projects(path: Path) -> dict[str, Call]:
    """Each project's call from a CSV of projects; FormatError for a mistake in it."""
    return {
        _cell(path, line, row, "project_id"): Call(row["topic_title"], row.get("topic_code", ""))
        for line, row in _table(path, Kind.PROJECTS)
    }


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with open_outside(path) as stream:
            for line, text in text_lines(stream, "utf-8-sig"):
                if text.strip():
                    yield line, _object(path, line, text)
    except BrokenFileError as error:
        raise FormatError(_broken(path, error)) from error


def _object(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            _("%(path)s, line %(line)d is not JSON (%(error)s). Each line is one JSON object.")
            % {"path": path, "line": line, "error": error}
        ) from error
    if not isinstance(row, dict):
        raise FormatError(
            _("%(path)s, line %(line)d is not a JSON object. Write it as {…}.")
            % {"path": path, "line": line}
        )
    return row


def _table(path: Path, kind: Kind) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with open_outside(path) as stream:
            encoding = encoding_of(stream)
        with open_outside(path) as stream:
            table = read_table(stream, encoding)
            if missing := sorted(_COLUMNS[kind] - set(table.header)):
                raise _wrong(path, 1, ", ".join(missing), _("The column is missing. Add it"))
            yield from table.rows
    except BrokenFileError as error:
        raise FormatError(_broken(path, error)) from error


def _broken(path: Path, error: BrokenFileError) -> str:
    line = _("line")
    where = str(path) if error.line is None else f"{path}, {line} {error.line}"
    return f"{where}: {error.reason}"


def _wrong(path: Path, line: int, field: str, what: str) -> FormatError:
    return FormatError(
        _("%(path)s, line %(line)d, field %(field)s: %(what)s.")
        % {"path": path, "line": line, "field": field, "what": what}
    )


def _text(path: Path, line: int, row: Mapping[str, Any], field: str, needed: bool = False) -> str:
    value = row.get(field)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise _wrong(path, line, field, _("This is not a text. Put it in quotation marks"))
    if needed and not value.strip():
        raise _wrong(path, line, field, _("This is missing. Add it or take the line out"))
    return value.strip()


def _texts(path: Path, line: int, row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = row.get(field) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(path, line, field, _("This is not a list of texts. Write it as [“…”]"))
    return tuple(value)


def _truth(path: Path, line: int, row: Mapping[str, Any], field: str) -> bool:
    value = row.get(field)
    if not isinstance(value, bool):
        raise _wrong(path, line, field, _("This must be true or false"))
    return value


def _cell(path: Path, line: int, row: Mapping[str, str], field: str) -> str:
    if not row[field].strip():
        raise _wrong(path, line, field, _("This is empty. Fill it in or take the line out"))
    return row[field].strip()
