"""What trade codes are found by."""

from __future__ import annotations

from django.db import connection, transaction

from chambers.models import TradeCode
from chambers.selectors.codes import code_vector
from chambers.selectors.indexing import SPOKEN
from chambers.services.finding import learn_words

_STORE = """
UPDATE chambers_tradecode AS stored SET search = made.vector::tsvector
FROM unnest(%s::bigint[], %s::text[]) AS made (id, vector) WHERE stored.id = made.id
"""


_UNKNOWN_WORDS = """
SELECT DISTINCT said.lexeme FROM chambers_tradecode AS code, unnest(code.search) AS said
WHERE NOT EXISTS (SELECT FROM chambers_searchword AS known WHERE known.word = said.lexeme)
"""


@transaction.atomic
def index_codes(*, anew: bool = False) -> int:
    """Make trade codes findable by their words: those that are not yet, or all ``anew``; how many.

    Their words are learnt, so that misspelt ones find them too. Of the whole nomenclature that
    takes about two seconds.
    """
    rows = TradeCode.objects.select_related("parent__parent")
    made = [(one.pk, code_vector(one)) for one in (rows if anew else rows.filter(search=None))]
    with connection.cursor() as cursor:
        if made:
            cursor.execute(_STORE, [[key for key, _ in made], [vector for _, vector in made]])
        cursor.execute(_UNKNOWN_WORDS)
        unknown = [word for (word,) in cursor.fetchall() if SPOKEN.fullmatch(word)]
    learn_words(unknown)
    return len(made)
