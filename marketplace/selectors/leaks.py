"""What in the texts of an anonymous opportunity tells whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Representative
from marketplace.leaks import Own, find_leaks
from marketplace.selectors.contents import Content

LABELS = {
    "name": _("the company's name"),
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
    """What tells that ``company`` writes, in every language of some texts. One query."""
    own = _own(company)
    return [
        Leak(field, language, one.words, one.kind)
        for field, texts in (("title", title), ("text", text), ("investment", investment or {}))
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
