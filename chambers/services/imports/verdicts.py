"""Which rows are companies we know, which are each other, and which are new.

Registration number and country decide, and the id in the source; a name only proposes (R-37):
such a row is left out and reported with the other's id, for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from chambers.services.imports.rows import domain_of

_TWICE_BY_ID = """
UPDATE import_row SET verdict = 'duplicate', field = 'id', reason = %(reason)s,
    other = 'line ' || first
FROM (
    SELECT line AS again, min(line) OVER (PARTITION BY external_id) AS first
    FROM import_row WHERE verdict = '' AND external_id <> ''
) AS found
WHERE line = again AND line <> first
"""

_TWICE_BY_NUMBER = """
UPDATE import_row SET verdict = 'duplicate', field = 'registration_number', reason = %(reason)s,
    other = 'line ' || first
FROM (
    SELECT line AS again, min(line) OVER (PARTITION BY country, registration_number) AS first
    FROM import_row WHERE verdict = '' AND registration_number <> ''
) AS found
WHERE line = again AND line <> first
"""

_KNOWN_BY_ID = """
UPDATE import_row SET company = stored.id
FROM chambers_company AS stored
WHERE verdict = '' AND import_row.external_id <> '' AND stored.external_id <> ''
    AND stored.external_id = import_row.external_id
"""

# An id may not move a company to another country or number: these say who it is.
_OTHER_COUNTRY = """
UPDATE import_row SET verdict = 'refused', field = 'country', reason = %(reason)s,
    other = stored.external_id
FROM chambers_company AS stored
WHERE verdict = '' AND stored.id = company AND stored.country_id <> country
"""

_OTHER_NUMBER = """
UPDATE import_row SET verdict = 'refused', field = 'registration_number', reason = %(reason)s,
    other = stored.external_id
FROM chambers_company AS stored
WHERE verdict = '' AND stored.id = company AND import_row.registration_number <> ''
    AND stored.registration_number <> ''
    AND stored.registration_number <> import_row.registration_number
"""

_NUMBER_OF_ANOTHER = """
UPDATE import_row SET verdict = CASE WHEN company IS NULL THEN 'duplicate' ELSE 'refused' END,
    field = 'registration_number', reason = %(reason)s,
    other = coalesce(nullif(stored.external_id, ''), stored.public_id::text)
FROM chambers_company AS stored
WHERE verdict = '' AND import_row.registration_number <> ''
    AND stored.country_id = country
    AND stored.registration_number = import_row.registration_number
    AND (stored.id <> company
        OR company IS NULL AND stored.external_id <> '' AND import_row.external_id <> '')
"""

_KNOWN_BY_NUMBER = """
UPDATE import_row SET company = stored.id
FROM chambers_company AS stored
WHERE verdict = '' AND company IS NULL AND import_row.registration_number <> ''
    AND stored.country_id = country
    AND stored.registration_number = import_row.registration_number
"""

_TWICE_BY_COMPANY = """
UPDATE import_row SET verdict = 'duplicate', field = 'id', reason = %(reason)s,
    other = 'line ' || first
FROM (
    SELECT line AS again, min(line) OVER (PARTITION BY company) AS first
    FROM import_row WHERE verdict = '' AND company IS NOT NULL
) AS found
WHERE line = again AND line <> first
"""

_KEPT_BY_ITS_PEOPLE = """
UPDATE import_row SET verdict = 'unchanged', reason = %(reason)s
WHERE verdict = '' AND EXISTS (
    SELECT FROM chambers_representative AS person WHERE person.company_id = company
)
"""

_KEYS = """
CREATE TEMPORARY TABLE import_key AS
    SELECT line, country, key
    FROM import_row, unnest(string_to_array(names, ' ')) AS key
    WHERE verdict = '' AND company IS NULL;
ANALYZE import_key
"""

_STORED_NAMESAKES = """
SELECT stored.country_id, key, stored.id, stored.registration_number, stored.website,
    coalesce(nullif(stored.external_id, ''), stored.public_id::text), stored.legal_name
FROM chambers_company AS stored, unnest(string_to_array(stored.names, ' ')) AS key
WHERE (stored.country_id, key) IN (SELECT country, key FROM import_key)
ORDER BY stored.id
"""

_NAMESAKES = """
WITH shared AS (
    SELECT country, key FROM import_key GROUP BY country, key HAVING count(*) > 1
    UNION
    SELECT stored.country_id, key
    FROM chambers_company AS stored, unnest(string_to_array(stored.names, ' ')) AS key
    WHERE (stored.country_id, key) IN (SELECT country, key FROM import_key)
)
SELECT import_row.line, country, array_agg(key), registration_number, domain,
    coalesce(nullif(shown_id, ''), 'line ' || import_row.line), legal_name,
    external_id = '' AND registration_number = ''
FROM shared JOIN import_key USING (country, key) JOIN import_row USING (line, country)
GROUP BY import_row.line, country, registration_number, domain, shown_id, legal_name, external_id,
    description = ''
ORDER BY description = '', import_row.line
"""

_DUPLICATE_BY_NAME = """
UPDATE import_row SET verdict = 'duplicate', field = 'name', reason = %(reason)s, other = %(other)s
WHERE line = %(line)s
"""

_NAMESAKE = """
UPDATE import_row SET field = concat_ws(', ', 'name', nullif(field, '')),
    reason = concat_ws(' ', %(reason)s::text, nullif(reason, '')), other = %(other)s
WHERE line = %(line)s
"""

_SAME_NAME = """
UPDATE import_row SET company = %(company)s, by_name = true, other = %(other)s WHERE line = %(line)s
"""

# An empty text is something the file does not say, so it changes nothing.
_COMPARE = """
UPDATE import_row SET
    verdict = CASE WHEN changed = '' THEN 'unchanged' WHEN NOT by_name THEN 'updated'
        WHEN %(keep)s THEN 'accepted' ELSE 'duplicate' END,
    field = CASE WHEN changed = '' THEN field WHEN by_name THEN 'name'
        ELSE concat_ws(', ', changed, nullif(field, '')) END,
    reason = CASE WHEN by_name AND changed <> '' THEN %(reason)s ELSE reason END,
    company = CASE WHEN by_name AND changed <> '' THEN NULL ELSE company END
FROM (
    SELECT line AS compared, concat_ws(', ',
        CASE WHEN stored.external_id <> row.external_id AND row.external_id <> ''
            THEN 'id' END,
        CASE WHEN stored.legal_name <> row.legal_name
            OR stored.legal_name_latin <> row.legal_name_latin AND row.legal_name_latin <> ''
            THEN 'name' END,
        CASE WHEN stored.city <> row.city AND row.city <> ''
            THEN 'city' END,
        CASE WHEN stored.registration_number <> row.registration_number
            AND row.registration_number <> ''
            THEN 'registration_number' END,
        CASE WHEN stored.website <> row.website AND row.website <> ''
            THEN 'website' END,
        CASE WHEN stored.industry <> row.industry AND row.industry <> ''
            THEN 'industry' END,
        CASE WHEN stored.description ->> row.language IS DISTINCT FROM row.description
            AND row.description <> ''
            THEN 'description' END
    ) AS changed
    FROM import_row AS row JOIN chambers_company AS stored ON stored.id = row.company
    WHERE row.verdict = ''
) AS found
WHERE line = compared
"""

_NEW = "UPDATE import_row SET verdict = 'accepted' WHERE verdict = ''"


def decide(*, keep_duplicates: bool) -> None:
    """Give every staged row its verdict; nothing else is changed yet.

    ``keep_duplicates``: rows that are alike by name alone are taken in all the same.
    """
    _run(_TWICE_BY_ID, _("The same id stands in an earlier row."))
    _run(_TWICE_BY_NUMBER, _("The same registration number stands in an earlier row."))
    _run(_KNOWN_BY_ID)
    _run(_OTHER_COUNTRY, _("The company with this id is registered in another country."))
    _run(_OTHER_NUMBER, _("The company with this id has another registration number."))
    _run(_NUMBER_OF_ANOTHER, _("Another company has this registration number."))
    _run(_KNOWN_BY_NUMBER)
    _run(_TWICE_BY_COMPANY, _("An earlier row is the same company."))
    _run(_KEPT_BY_ITS_PEOPLE, _("Its own people keep this profile."))
    _compare_names(keep_duplicates=keep_duplicates)
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"keep": keep_duplicates, "reason": _alike()})
    _run(_NEW)


def _run(statement: str, reason: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"reason": reason})


def _alike() -> str:
    return _("A company of this country has the same name.")


@dataclass(frozen=True)
class _Namesake:
    """A company that others may be: stored (with its key) or a row of the file."""

    number: str
    domain: str
    other: str
    name: str
    company: int | None = None

    def may_be(self, row: _Namesake) -> bool:
        """Whether nothing says that the two are different companies."""
        return (not self.number or not row.number or self.number == row.number) and (
            not self.domain or not row.domain or self.domain == row.domain
        )


@dataclass(frozen=True)
class _Candidate(_Namesake):
    line: int = 0
    keys: tuple[tuple[str, str], ...] = ()
    is_nameless: bool = False  # it has neither id nor number, so its name is all we know it by


def _compare_names(*, keep_duplicates: bool) -> None:
    """Mark rows that are alike by name; of two in the file the one with a description stays."""
    _run(_KEYS)
    known: dict[tuple[str, str], list[_Namesake]] = defaultdict(list)
    for key, stored in _stored_namesakes():
        known[key].append(stored)
    marks: dict[str, list[dict[str, str | int | None]]] = defaultdict(list)
    for row in _candidates():
        namesakes = list(dict.fromkeys(one for key in row.keys for one in known[key]))
        alike = [one for one in namesakes if one.may_be(row)]
        if row.is_nameless and (same := _same_name(row, alike)) is not None:
            marks[_SAME_NAME].append(
                {"company": same.company, "other": same.other, "line": row.line}
            )
            continue
        if alike and not keep_duplicates:
            marks[_DUPLICATE_BY_NAME].append(
                {"reason": _alike(), "other": alike[0].other, "line": row.line}
            )
            continue
        if namesakes:
            reason = _alike() if alike else _("Another company of this country has the same name.")
            marks[_NAMESAKE].append(
                {"reason": reason, "other": namesakes[0].other, "line": row.line}
            )
        for key in row.keys:
            known[key].append(row)
    with connection.cursor() as cursor:
        for statement, rows in marks.items():
            cursor.executemany(statement, rows)


def _same_name(row: _Candidate, alike: list[_Namesake]) -> _Namesake | None:
    """The stored company with the very name, which this row may have made before."""
    found = (one for one in alike if one.company is not None and one.name == row.name)
    return next(found, None)


def _stored_namesakes() -> Iterator[tuple[tuple[str, str], _Namesake]]:
    with connection.cursor() as cursor:
        cursor.execute(_STORED_NAMESAKES)
        for country, key, company, number, website, other, name in cursor.fetchall():
            yield (country, key), _Namesake(number, domain_of(website), other, name, company)


def _candidates() -> Iterator[_Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(_NAMESAKES)
        for line, country, keys, number, domain, other, name, is_nameless in cursor.fetchall():
            yield _Candidate(
                number,
                domain,
                other,
                name,
                line=line,
                keys=tuple((country, key) for key in sorted(keys)),
                is_nameless=is_nameless,
            )
