"""Who should meet whom, and why: pure functions and arrays, no Django, no database, no clock.

``Row`` and ``Company`` go in, made with ``code_terms``, ``word_terms`` and ``merged``. ``Index``
finds everybody's best partners with compiled code; ``explain`` says why for one pair. The compiled
part is imported only from ``matching.engine.index``, so that a web process need not load it.
"""

from matching.engine.explain import Against, Close, Direction, Explanation, Reason, explain
from matching.engine.lexicon import Meaning, with_english
from matching.engine.packed import pack
from matching.engine.rows import SIZES, Company, Prior, Row, Side, may_meet
from matching.engine.scoring import Band, band
from matching.engine.terms import code_terms, merged, term_key, word_terms
from matching.engine.weights import Weights, term_weight

__all__ = [
    "SIZES",
    "Against",
    "Band",
    "Close",
    "Company",
    "Direction",
    "Explanation",
    "Meaning",
    "Prior",
    "Reason",
    "Row",
    "Side",
    "Weights",
    "band",
    "code_terms",
    "explain",
    "may_meet",
    "merged",
    "pack",
    "term_key",
    "term_weight",
    "with_english",
    "word_terms",
]
