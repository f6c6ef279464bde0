"""What in the texts of an anonymous opportunity tells whose it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Representative
from chambers.selectors.indexing import FOR_MEMBERS, quoted
from chambers.words import lexemes
from marketplace.brands import product_names
from marketplace.leaks import Own, find_leaks, find_products, plain_of
from marketplace.models import Opportunity
from marketplace.own_names import doubtful
from marketplace.selectors.contents import Content

LABELS = {
    "name": _("the company's name"),
    "product": _("a name that only this company uses"),
    "email": _("an e-mail address"),
    "url": _("a web address"),
    "phone": _("a phone number"),
    "account": _("an account elsewhere"),
    "person": _("a person's name"),
    "patent": _("a patent number"),
    "number": _("the registration number"),
    "mark": _("a trade mark"),
}
FREE_TERMS = ("field", "region")  # of an investment: typed by the company, not chosen
IN_USE_BY = 3  # other companies that write a word make it an ordinary one
_GENERAL = {"www", "com", "co", "net", "org", "gov", "ac"}  # labels of a site that name nobody


@dataclass(frozen=True)
class Leak:
    """Words that tell who writes, where they stand, and what they are."""

    field: str  # title, text, or investment
    language: str
    words: str
    kind: str

    @property
    def label(self) -> str:
        """What they are, in the reader's language."""
        return str(LABELS[self.kind])


def leaks_of(company: Company, content: Content) -> list[Leak]:
    """What tells that ``company`` writes, in all that everybody reads of an opportunity."""
    terms = content.investment or {}
    typed = " \n".join(str(terms.get(name) or "") for name in FREE_TERMS)
    # The terms are written once for all languages: told as the first one of the title.
    language = next(iter(content.title), "")
    return leaks_in(company, content.title, content.text, {language: typed})


def leaks_in(
    company: Company,
    title: Mapping[str, str],
    text: Mapping[str, str],
    investment: Mapping[str, str] | None = None,
) -> list[Leak]:
    """What tells that ``company`` writes, in every language of some texts.

    Two queries; one more where they say what the company's named texts write as a name, and one
    where a word of theirs may be its name or an ordinary one.
    """
    fields = (("title", title), ("text", text), ("investment", investment or {}))
    everything = "\n".join(words for _field, texts in fields for words in texts.values())
    own = _own(company)
    judged = doubtful(plain_of(everything), own.names)
    own = replace(own, products=_products(company, everything), ordinary=_ordinary(company, judged))
    return [
        Leak(field, language, one.words, one.kind)
        for field, texts in fields
        for language, words in texts.items()
        for one in find_leaks(words, own)
    ]


def _own(company: Company) -> Own:
    people = Representative.objects.filter(company=company).order_by("pk")
    site = (urlsplit(company.website).hostname or "").split(".")[:-1]
    called = [label for label in site if len(label) > 3 and label not in _GENERAL]
    written = [company.legal_name, company.legal_name_latin, company.corporate_group, *called]
    return Own(
        names=tuple(name for name in dict.fromkeys(written) if name),
        people=tuple(people.values_list("person__name", flat=True)),
        numbers=tuple(filter(None, [company.registration_number])),
    )


def _products(company: Company, text: str) -> tuple[str, ...]:
    """Names in ``text`` that the company's profile or named items write, and no other company."""
    if not company.pk:
        return ()
    named = Opportunity.objects.filter(company=company, published_at__isnull=False).named()
    texts = list(company.description.items())
    for title, said in named.order_by("pk").values_list("title", "text"):
        texts += [*title.items(), *said.items()]
    written = dict.fromkeys(
        name for language, one in texts for name in product_names(one, language)
    )
    folded = unicodedata.normalize("NFKC", text)
    here = [name for name, _said in find_products(folded, written)]
    return tuple(_of_no_other(company, here)) if here else ()


_IN_USE = """
SELECT asked.key FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked (key, word, query)
WHERE asked.query <> '' AND (
    EXISTS (SELECT 1 FROM chambers_tradecode AS code WHERE code.search @@ asked.query::tsquery)
    OR (SELECT count(*) FROM (SELECT 1 FROM chambers_company AS other
        WHERE other.id <> %s AND other.search @@ asked.query::tsquery LIMIT %s) AS found) >= %s)
    OR EXISTS (SELECT 1 FROM chambers_country AS country
        WHERE length(asked.word) > 3
            AND lower(asked.word) IN (lower(name_en), lower(name_ru), lower(name_ja)))
"""


def _ordinary(company: Company, words: Mapping[str, str]) -> frozenset[str]:
    """The keys of those ``words`` that a classification, a country or several others use."""
    if not words:
        return frozenset()
    said = list(words.values())
    asked = [list(words), said, [_query(word) for word in said]]
    with connection.cursor() as cursor:
        cursor.execute(_IN_USE, [*asked, company.pk or 0, IN_USE_BY, IN_USE_BY])
        return frozenset(key for (key,) in cursor.fetchall())


_OF_OTHERS = """
SELECT asked.name FROM unnest(%s::text[], %s::text[]) AS asked (name, query)
WHERE EXISTS (SELECT 1 FROM chambers_company AS other
        WHERE other.id <> %s AND other.search @@ asked.query::tsquery)
    OR EXISTS (SELECT 1 FROM marketplace_opportunity AS item
        WHERE item.company_id <> %s AND item.search @@ asked.query::tsquery)
    OR EXISTS (SELECT 1 FROM chambers_country AS country
        WHERE position(left(lower(asked.name), greatest(4, length(asked.name) - 2))
            IN lower(concat_ws(' ', name_en, name_ru, name_ja))) > 0)
"""


def _of_no_other(company: Company, found: Sequence[str]) -> list[str]:
    """Those of some names that no other company is found by, and that are no country. One query."""
    queries = [_query(name) for name in found]
    with connection.cursor() as cursor:
        cursor.execute(_OF_OTHERS, [list(found), queries, company.pk, company.pk])
        others = {name for (name,) in cursor.fetchall()}
    return [
        name for name, query in zip(found, queries, strict=True) if query and name not in others
    ]


def _query(name: str) -> str:
    """A question for all words of a name, public or for members alone."""
    return "&".join(
        f"({quoted(word)}|{quoted(FOR_MEMBERS + word)})" for word in dict.fromkeys(lexemes(name))
    )
