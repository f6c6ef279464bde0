"""From the staged rows to companies, memberships and what search reads; one transaction's work."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from chambers.models import Chamber, Company, Country
from chambers.selectors import search
from chambers.services.imports.places import create_placeholder

_CHUNK = 500

_INSERT_COMPANIES = """
INSERT INTO chambers_company (
    public_id, legal_name, legal_name_latin, country_id, city, registration_number, external_id,
    size, founded, languages, website, description, industry, target_countries,
    excluded_countries, is_family_business, is_listed, visibility, names, search,
    created_at, updated_at
)
SELECT public_id, legal_name, legal_name_latin, country, city, registration_number, external_id,
    '', NULL, '{}', website,
    CASE WHEN description = '' THEN '{}' ELSE jsonb_build_object(language, description) END,
    industry, '{}', '{}', false, true, '{}', names, search, %(now)s, %(now)s
FROM import_row WHERE verdict = 'accepted' ORDER BY line
"""

_INSERT_MEMBERSHIPS = """
INSERT INTO chambers_membership (
    public_id, chamber_id, company_id, kind, applied_on, decision, decided_at, reason, starts_on
)
SELECT row.membership_id, chamber.id, company.id, 'full', %(today)s, 'admitted', %(now)s, '',
    %(today)s
FROM import_row AS row
JOIN chambers_company AS company ON company.public_id = row.public_id
JOIN unnest(%(countries)s::text[], %(chambers)s::bigint[]) AS chamber (country, id)
    ON chamber.country = row.country
WHERE row.verdict = 'accepted' ORDER BY row.line
"""

_UPDATE_COMPANIES = """
UPDATE chambers_company AS stored SET
    external_id = coalesce(nullif(row.external_id, ''), stored.external_id),
    legal_name = row.legal_name,
    legal_name_latin = coalesce(nullif(row.legal_name_latin, ''), stored.legal_name_latin),
    city = coalesce(nullif(row.city, ''), stored.city),
    registration_number = coalesce(nullif(row.registration_number, ''), stored.registration_number),
    website = coalesce(nullif(row.website, ''), stored.website),
    industry = coalesce(nullif(row.industry, ''), stored.industry),
    description = CASE WHEN row.description = '' THEN stored.description
        ELSE stored.description || jsonb_build_object(row.language, row.description) END,
    updated_at = %(now)s
FROM import_row AS row WHERE row.verdict = 'updated' AND row.company = stored.id
"""

_VECTORS = """
DROP TABLE IF EXISTS import_vector;
CREATE TEMPORARY TABLE import_vector (company bigint, names text, search tsvector)
"""

_STORE_VECTORS = """
UPDATE chambers_company SET names = import_vector.names, search = import_vector.search
FROM import_vector WHERE id = company
"""


def apply() -> list[Chamber]:
    """Store what is accepted and updated; the placeholder chambers that had to be made for it.

    Searches find the rows at once. Nobody is told one by one: matching reads ``updated_at``.
    """
    moment = {"now": timezone.now(), "today": timezone.localdate()}
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
        cursor.execute(_UPDATE_COMPANIES, moment)
        stored += cursor.rowcount
    _index_updated()
    if stored:
        with connection.cursor() as cursor:
            # The next question may come before the database looks by itself.
            cursor.execute("ANALYZE chambers_company, chambers_membership")
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


def _index_updated() -> None:
    """Make updated companies findable as they now stand, codes and hidden fields considered."""
    with connection.cursor() as cursor:
        cursor.execute(_VECTORS)
        cursor.execute("SELECT company FROM import_row WHERE verdict = 'updated'")
        updated = [company for (company,) in cursor.fetchall()]
        for at in range(0, len(updated), _CHUNK):
            rows = list(_vectors(updated[at : at + _CHUNK]))
            with cursor.copy("COPY import_vector FROM STDIN") as target:
                for row in rows:
                    target.write_row(row)
        cursor.execute(_STORE_VECTORS)


def _vectors(keys: list[int]) -> Iterator[tuple[int, str, str]]:
    for company in Company.objects.filter(pk__in=keys):
        yield (
            company.pk,
            search.name_keys(company.legal_name, company.legal_name_latin),
            search.company_vector(company),
        )
