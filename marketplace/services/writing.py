"""What an opportunity says: read from what was typed, checked, and put on a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chambers.models import Company, Country, TradeCode, validate_texts
from marketplace.models import InvestmentTerms, Opportunity, Revision
from marketplace.selectors.contents import TERMS, Content
from marketplace.selectors.leaks import leaks_of

LONGEST_TITLE = 150  # characters in one language
LONGEST_TEXT = 6000
MOST_CODES = 20
_PLAIN = ("title", "text", "target_countries", "cooperation", "is_anonymous", "leak_reason")
_SAID = (*_PLAIN, "through_chambers")


def read_content(
    *,
    title: Mapping[str, str],
    text: Mapping[str, str] | None = None,
    codes: Iterable[TradeCode] = (),
    target_countries: Iterable[str] = (),
    cooperation: Iterable[str] = (),
    is_anonymous: bool = False,
    through_chambers: bool = False,
    leak_reason: str = "",
    investment: Mapping[str, Any] | None = None,
) -> Content:
    """What was typed, without spaces at the ends, empty languages and line ends in titles.

    Raises ValidationError: on ``title`` ``no_title`` or ``too_long``, on ``text`` ``too_long``, on
    ``codes`` ``too_many_codes``, on ``target_countries`` ``unknown_country``.
    """
    content = Content(
        # One line each: lists, mails and calendars write it among words of ours.
        title=_in_lines(_texts("title", title, LONGEST_TITLE)),
        text=_texts("text", text or {}, LONGEST_TEXT),
        codes=tuple(dict.fromkeys(codes)),
        target_countries=tuple(dict.fromkeys(target_countries)),
        cooperation=tuple(dict.fromkeys(cooperation)),
        is_anonymous=is_anonymous,
        through_chambers=through_chambers,
        leak_reason=leak_reason.replace("\x00", "").strip(),
        investment=investment,
    )
    if not content.title:
        raise _on("title", "no_title", _("Give a title in at least one language."))
    if len(content.codes) > MOST_CODES:
        text_ = _("Choose at most %(most)d codes.") % {"most": MOST_CODES}
        raise _on("codes", "too_many_codes", text_)
    known = Country.objects.filter(pk__in=content.target_countries).count()
    if known < len(content.target_countries):
        raise _on("target_countries", "unknown_country", _("There is no such country here."))
    return content


def put(content: Content, row: Opportunity | Revision) -> tuple[str, ...]:
    """Set what ``content`` says on ``row``, unsaved; the names of the fields that it set."""
    for name in _SAID:
        value = getattr(content, name)
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    return _SAID


def put_terms(opportunity: Opportunity, terms: Mapping[str, Any] | None) -> None:
    """Store the investment terms of a saved opportunity, or take them away.

    Raises ValidationError: on ``investment`` ``no_investment`` for another kind; on the fields of
    the terms.
    """
    if terms is None:
        InvestmentTerms.objects.filter(opportunity=opportunity).delete()
        return
    if opportunity.kind != Opportunity.Kind.INVESTMENT:
        said = _("Only investments have an amount: choose this kind or leave the amount empty.")
        raise _on("investment", "no_investment", said)
    found = InvestmentTerms.objects.filter(opportunity=opportunity).first()
    row = found or InvestmentTerms(opportunity=opportunity)
    for name in TERMS:
        setattr(row, name, terms.get(name, ""))
    row.full_clean()
    row.save()


def demand_member(company: Company) -> None:
    """Refuse to hand in what no chamber would read. Raises ValidationError ``no_member``."""
    if not company.memberships.in_force().exists():
        raise ValidationError(
            _(
                "Only members of a chamber hand in texts: their chamber reads them first."
                " Keep it as a draft and apply for membership."
            ),
            code="no_member",
        )


def demand_no_leaks(company: Company, content: Content) -> None:
    """Refuse an anonymous text that tells who writes, unless it is said why it does not.

    Raises ValidationError ``leaks`` on ``leak_reason``.
    """
    if not content.is_anonymous or content.leak_reason:
        return
    found = leaks_of(company, content)
    if found:
        told = ", ".join(f"“{one.words}” ({one.label})" for one in found[:10])
        said = _("The text tells who you are: %(found)s. Take it out, or say why it does not.")
        raise _on("leak_reason", "leaks", said % {"found": told})


def demand_whole(opportunity: Opportunity, content: Content) -> None:
    """Refuse to hand in what no reviewer can judge and no partner find; a draft may lack it.

    Of a published opportunity ``content`` is the change. Raises ValidationError as
    ``missing_of``, all that is missing at once.
    """
    said = {"text": content.text, "codes": content.codes, "investment": content.investment}
    is_change = opportunity.status == Opportunity.Status.PUBLISHED
    if missing := missing_of(opportunity.kind, said, is_change=is_change):
        raise ValidationError(missing)


def missing_of(
    kind: str, said: Mapping[str, Any], *, is_change: bool = False
) -> dict[str, ValidationError]:
    """What an opportunity of a ``kind`` still needs to be handed in, by field.

    ``no_text`` on ``text``, ``no_codes`` on ``codes``, ``no_terms`` on ``investment`` for an
    investment without an amount. ``is_change``: there is no draft to keep it as.
    """
    missing: dict[str, ValidationError] = {}
    if not said["text"]:
        words = (
            _(
                "Describe it in at least one language: what exactly, how much, on what terms."
                " What is published stays until the change is reviewed."
            )
            if is_change
            else _(
                "To hand it in, describe it in at least one language: what exactly, how much, on"
                " what terms. Write the text, or keep it as a draft."
            )
        )
        missing["text"] = ValidationError(words, code="no_text")
    if not said["codes"]:
        words = (
            _(
                "Choose at least one trade code: partners in every language find it by them."
                " What is published stays until the change is reviewed."
            )
            if is_change
            else _(
                "To hand it in, give at least one trade code: partners in every language find it by"
                " them. Choose a code, or keep it as a draft."
            )
        )
        missing["codes"] = ValidationError(words, code="no_codes")
    if kind == Opportunity.Kind.INVESTMENT and said["investment"] is None:
        words = _("Give the amount and the instrument of the investment.")
        missing["investment"] = ValidationError(words, code="no_terms")
    return missing


def _texts(field: str, texts: Mapping[str, str], longest: int) -> dict[str, str]:
    validate_texts(dict(texts))
    found = {code: words.replace("\x00", "").strip() for code, words in texts.items()}
    for words in found.values():
        if len(words) > longest:
            said = _("Write at most %(most)d characters in each language; these are %(now)d.")
            raise _on(field, "too_long", said % {"most": longest, "now": len(words)})
    return {code: words for code, words in found.items() if words}


def _in_lines(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: " ".join(words.split()) for code, words in texts.items()}


def _on(field: str, code: str, text: str) -> ValidationError:
    return ValidationError({field: ValidationError(text, code=code)})
