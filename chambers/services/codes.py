"""What trade codes are found by."""

from __future__ import annotations

from django.db import connection, transaction

from chambers.models import TradeCode
from chambers.selectors.codes import code_vector

_STORE = """
UPDATE chambers_tradecode AS stored SET search = made.vector::tsvector
FROM unnest(%s::bigint[], %s::text[]) AS made (id, vector) WHERE stored.id = made.id
"""


@transaction.atomic
def index_codes(*, anew: bool = False) -> int:
    """Make trade codes findable by their words: those that are not yet, or all ``anew``; how many.

    Of the whole nomenclature that takes about two seconds.
    """
    rows = TradeCode.objects.select_related("parent__parent")
    made = [(one.pk, code_vector(one)) for one in (rows if anew else rows.filter(search=None))]
    if made:
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [[key for key, _ in made], [vector for _, vector in made]])
    return len(made)
