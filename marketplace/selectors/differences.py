"""What a changed text would change, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chambers.selectors.labels import countries_of, language_name
from marketplace.models import InvestmentTerms, Opportunity, Revision
from marketplace.selectors.contents import Content, content_of

# Words and what stands between them; letters of scripts without spaces one by one.
_PIECE = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]|[^\W\u3005-\u30ff\u3400-\u9fff]+|\s+|.", re.S)


@dataclass(frozen=True)
class Piece:
    """Some words of a text: ``same``, ``old`` (they go) or ``new`` (they come)."""

    kind: str
    words: str


@dataclass(frozen=True)
class Change:
    """A field that a changed text would change, in the pieces of old and new together."""

    label: str
    pieces: list[Piece]


def changes_of(revision: Revision) -> list[Change]:
    """What a changed text would change of the published one, field by field."""
    opportunity = revision.opportunity
    old, new = content_of(opportunity), content_of(revision)
    fields = zip(_fields(opportunity, old), _fields(opportunity, new), strict=True)
    languages = [*old.title, *old.text, *new.title, *new.text]
    changes = [
        Change(f"{label} ({language_name(code)})", difference(was.get(code, ""), now.get(code, "")))
        for label, was, now in (
            (_("Title"), old.title, new.title),
            (_("Text"), old.text, new.text),
        )
        for code in dict.fromkeys(languages)
        if was.get(code, "") != now.get(code, "")
    ]
    return changes + [
        Change(label, difference(was, now)) for (label, was), (_same, now) in fields if was != now
    ]


def difference(old: str, new: str) -> list[Piece]:
    """The pieces of two texts in reading order; neighbours of one kind are one piece."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    found: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for how, start, end, start_new, end_new in matcher.get_opcodes():
        if how == "equal":
            found.append(Piece("same", "".join(before[start:end])))
            continue
        found += [
            Piece(kind, "".join(words))
            for kind, words in (("old", before[start:end]), ("new", after[start_new:end_new]))
            if words
        ]
    return found


def _fields(opportunity: Opportunity, content: Content) -> list[tuple[str, str]]:
    """(label, as one line) of the fields that are no texts."""
    labels = dict(Opportunity.Cooperation.choices)
    wanted = [country.name for country in countries_of(content.target_countries)]
    yes, no = _("yes"), _("no")
    return [
        (_("Trade codes"), "; ".join(sorted(map(str, content.codes)))),
        (_("Wanted countries"), ", ".join(wanted)),
        (_("Kinds of cooperation"), ", ".join(str(labels[one]) for one in content.cooperation)),
        (_("Anonymous"), yes if content.is_anonymous else no),
        (_("Asked through the chambers"), yes if content.through_chambers else no),
        (_("Investment"), _terms(content.investment)),
    ]


def _terms(terms: Any) -> str:
    if not terms:
        return ""
    instruments = dict(InvestmentTerms.Instrument.choices)
    least, most = (
        number_format(terms[name], 2, force_grouping=True) for name in ("amount_min", "amount_max")
    )
    amount = f"{least} – {most} {terms['currency']}"
    parts: Sequence[str] = [
        amount,
        str(instruments.get(terms["instrument"], "")),
        terms["field"],
        terms["region"],
    ]
    return ", ".join(part for part in parts if part)
