"""From the staged rows to companies, memberships and what search reads; one transaction's work."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Prefetch
from django.utils import timezone

from chambers.models import Chamber, Company, Country, TradeCode, today
from chambers.selectors import indexing
from chambers.services import jobs
from chambers.services.companies import note_many_changes
from chambers.services.finding import WORDS_JOB
from chambers.services.imports.places import create_placeholder

_CHUNK = 500

_INSERT_COMPANIES = """
INSERT INTO chambers_company (
    public_id, legal_name, legal_name_latin, country_id, city, registration_number, external_id,
    size, founded, languages, website, description, industry, target_countries,
    excluded_countries, is_family_business, is_listed, visibility, names, search,
    head, facets,
    corporate_group, certificates, required_certificates, accepted_sizes, accepts_interpreter,
    avoids_competitors, held_reason, created_at, updated_at
)
SELECT public_id, legal_name, legal_name_latin, country, city, registration_number, external_id,
    '', NULL, '{}', website,
    CASE WHEN description = '' THEN '{}' ELSE jsonb_build_object(language, description) END,
    industry, '{}', '{}', false, true, '{}', names, search,
    head, ARRAY['country:' || country],
    '', '{}', '{}', '{}', true, false, '', %(now)s, %(now)s
FROM import_row WHERE verdict = 'accepted' ORDER BY line
"""

_INSERT_MEMBERSHIPS = """
INSERT INTO chambers_membership (
    public_id, chamber_id, company_id, kind, applied_on, decision, decided_at, reason, starts_on,
    notes
)
SELECT row.membership_id, chamber.id, company.id, 'full', %(today)s, 'admitted', %(now)s, '',
    %(today)s, ''
FROM import_row AS row
JOIN chambers_company AS company ON company.public_id = row.public_id
JOIN unnest(%(countries)s::text[], %(chambers)s::bigint[]) AS chamber (country, id)
    ON chamber.country = row.country
WHERE row.verdict = 'accepted' ORDER BY row.line
"""

# Updated companies as they will stand. An empty text is something the file does not say.
_MERGED = """
CREATE TEMPORARY TABLE import_merged AS
SELECT stored.id, stored.country_id, stored.visibility, stored.languages,
    coalesce(nullif(row.external_id, ''), stored.external_id) AS external_id,
    row.legal_name,
    coalesce(nullif(row.legal_name_latin, ''), stored.legal_name_latin) AS legal_name_latin,
    coalesce(nullif(row.city, ''), stored.city) AS city,
    coalesce(nullif(row.registration_number, ''), stored.registration_number)
        AS registration_number,
    coalesce(nullif(row.website, ''), stored.website) AS website,
    coalesce(nullif(row.industry, ''), stored.industry) AS industry,
    CASE WHEN row.description = '' THEN stored.description
        ELSE stored.description || jsonb_build_object(row.language, row.description)
    END AS description
FROM import_row AS row JOIN chambers_company AS stored ON stored.id = row.company
WHERE row.verdict = 'updated'
"""

_VECTORS = """
CREATE TEMPORARY TABLE import_vector (
    company bigint, names text, search tsvector, head tsvector, facets text[]
)
"""

# Fields and vector in one: each version of a row costs its entries in every index.
_UPDATE_COMPANIES = """
UPDATE chambers_company AS stored SET
    external_id = merged.external_id, legal_name = merged.legal_name,
    legal_name_latin = merged.legal_name_latin, city = merged.city,
    registration_number = merged.registration_number, website = merged.website,
    industry = merged.industry, description = merged.description,
    names = vector.names, search = vector.search, head = vector.head,
    facets = vector.facets, updated_at = %(now)s
FROM import_merged AS merged JOIN import_vector AS vector ON vector.company = merged.id
WHERE stored.id = merged.id
"""


def apply() -> list[Chamber]:
    """Store what is accepted and updated; the placeholder chambers that had to be made for it.

    Searches find the rows at once. One run matches all of them anew.
    """
    moment = {"now": timezone.now(), "today": today()}
    chambers, made = _chambers_of(_countries())
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_COMPANIES, moment)
        cursor.execute(
            _INSERT_MEMBERSHIPS,
            {
                **moment,
                "countries": list(chambers),
                "chambers": [chamber.pk for chamber in chambers.values()],
            },
        )
        stored = cursor.rowcount
        cursor.execute(_MERGED)
        cursor.execute(_VECTORS)
        _copy_vectors(cursor)
        cursor.execute(_UPDATE_COMPANIES, moment)
        stored += cursor.rowcount
        if stored:
            # The next question may come before the database looks by itself.
            cursor.execute("ANALYZE chambers_company, chambers_membership")
            note_many_changes()
            jobs.enqueue(WORDS_JOB, key="all")
    return made


def _countries() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT country FROM import_row WHERE verdict = 'accepted'")
        return [country for (country,) in cursor.fetchall()]


def _chambers_of(countries: list[str]) -> tuple[dict[str, Chamber], list[Chamber]]:
    """The national chamber of each country, and those of them that were made now."""
    found: dict[str, Chamber] = {}
    national = Chamber.objects.filter(kind=Chamber.Kind.NATIONAL, country__in=countries)
    for chamber in national.order_by("pk"):
        found.setdefault(chamber.country_id, chamber)
    missing = Country.objects.filter(pk__in=countries).exclude(pk__in=found)
    made = {country.pk: create_placeholder(country) for country in missing}
    return found | made, list(made.values())


def _copy_vectors(cursor: CursorWrapper) -> None:
    """What search is to read of the updated companies, codes and hidden fields considered."""
    cursor.execute("SELECT id FROM import_merged ORDER BY id")
    keys = [key for (key,) in cursor.fetchall()]
    for at in range(0, len(keys), _CHUNK):
        rows = list(_vectors(keys[at : at + _CHUNK]))
        with cursor.copy("COPY import_vector FROM STDIN") as target:
            for row in rows:
                target.write_row(row)


def _vectors(keys: list[int]) -> Iterator[tuple[int, str, str, str, list[str]]]:
    merged = Company.objects.raw("SELECT * FROM import_merged WHERE id = ANY(%s)", [keys])
    codes = Prefetch("codes", TradeCode.objects.select_related("parent__parent"))
    for company in merged.prefetch_related(codes):
        made = indexing.company_index(company, list(company.codes.all()))
        yield company.pk, made.names, made.search, made.head, made.facets
