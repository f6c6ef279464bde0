"""What texts say, by what was learnt from labels: English meanings, and trade codes to suggest.

Learnt once per process: the lexicon is read from its file, the codes' labels from the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from chambers.models import TradeCode
from chambers.words import lexemes
from matching.engine.codes import (
    DIVISIONS,
    CodeReader,
    DivisionReader,
    division_words,
    suggested,
)
from matching.engine.embedding import EmbeddedLabels, Provider, readable, surest
from matching.engine.lexicon import LEARNT, Label, Lexicon
from matching.engine.seeking import offered


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The English of Russian and Japanese words, as it was learnt when the project was built."""
    with LEARNT.open(encoding="utf-8") as lines:
        return Lexicon.read(lines)


@lru_cache(maxsize=1)
def code_reader() -> CodeReader:
    """Reads HS headings from text, by the official wording and the short labels of all codes."""
    return CodeReader.fit(_labels(TradeCode.Scheme.HS), lexicon())


@lru_cache(maxsize=1)
def division_reader() -> DivisionReader:
    """Reads NACE divisions from text, by their labels and by the words that ship for each."""
    return DivisionReader.fit(_division_labels(), lexicon())


def suggested_codes(
    texts: Mapping[str, str], *, of_needs: bool = False
) -> list[tuple[str, str, float]]:
    """(scheme, code, confidence) that a text speaks of, given by language, surest first.

    HS codes of two and four digits and NACE divisions, for a company that states none. Those from
    ``engine.codes.USED`` on are used in matching; the others are for people to choose from. What a
    text says that its writer seeks is left out, unless it is a request (``of_needs``).
    """
    if not of_needs:
        texts = {language: offered(text) for language, text in texts.items()}
    words = {language: lexemes(text, language) for language, text in texts.items()}
    return suggested(words, code_reader(), division_reader(), second_opinion(texts))


@lru_cache(maxsize=1)
def provider() -> Provider | None:
    """What makes vectors of texts, as ``TEXT_EMBEDDINGS`` names it; None when it names nothing."""
    path = settings.TEXT_EMBEDDINGS
    return import_string(path)() if path else None


def second_opinion(texts: Mapping[str, str]) -> dict[str, dict[str, float]] | None:
    """Shares of codes in a text by its nearest labels, per scheme; None without a provider.

    A language that the provider does not read is read through the lexicon.
    """
    encoder = provider()
    if encoder is None or not texts:
        return None
    headings, divisions = _embedded_labels()
    vectors = encoder.encode([readable(encoder, lexicon(), *one) for one in sorted(texts.items())])
    return {
        "hs": surest(map(headings.shares, vectors)),
        "nace": surest(map(divisions.shares, vectors)),
    }


@lru_cache(maxsize=1)
def _embedded_labels() -> tuple[EmbeddedLabels, EmbeddedLabels]:
    encoder = provider()
    assert encoder is not None  # noqa: S101 - for the types: asked for with one only
    return (
        EmbeddedLabels.fit(_labels(TradeCode.Scheme.HS), 4, encoder),
        EmbeddedLabels.fit(_division_labels(), 2, encoder),
    )


def forget_labels() -> None:
    """Learn from the labels anew when next asked, since they have changed."""
    code_reader.cache_clear()
    division_reader.cache_clear()
    _embedded_labels.cache_clear()


def _division_labels() -> list[Label]:
    labels = [label for label in _labels(TradeCode.Scheme.NACE) if label[0].isdigit()]
    if labels:
        with DIVISIONS.open(encoding="utf-8") as lines:
            labels += division_words(lines)
    return labels


def _labels(scheme: TradeCode.Scheme) -> Iterator[Label]:
    codes = TradeCode.objects.filter(scheme=scheme).order_by("code")
    for code in codes.only("code", "label_en", "short_en", "label_ru", "label_ja"):
        texts = (
            ("en", code.label_en),
            ("en", code.short_en),
            ("ru", code.label_ru),
            ("ja", code.label_ja),
        )
        yield from ((code.code, language, text) for language, text in texts if text)
