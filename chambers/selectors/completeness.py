"""How complete a company's profile is, and what is missing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from chambers.models import Company


@dataclass(frozen=True)
class Advice:
    """Something that a profile should have: its name, why, and where on the form it is given."""

    key: str
    name: Any
    why: Any
    anchor: str


@dataclass(frozen=True)
class Completeness:
    """How many of all things a profile has, and those that it lacks, the weightiest first."""

    done: int
    of: int
    missing: Sequence[Advice]


_ALL = (
    Advice(
        "text",
        _("A description"),
        _("Without one you are compared by trade codes alone."),
        "id_text_en",
    ),
    Advice(
        "codes",
        _("Trade codes"),
        _("Codes are read alike in every language."),
        "id_codes_words",
    ),
    Advice(
        "english",
        _("The description in English"),
        _("Many partners read no other of your languages."),
        "id_text_en",
    ),
    Advice(
        "languages",
        _("Working languages"),
        _("Partners ask first in which language you can talk."),
        "id_languages",
    ),
    Advice("size", _("The size"), _("Many partners look for companies of a size."), "id_size"),
    Advice(
        "contacts",
        _("An e-mail or phone"),
        _("Whoever you accept as a partner needs a way to reach you."),
        "id_email",
    ),
    Advice("website", _("The website"), _("Partners look there before they ask."), "id_website"),
    Advice(
        "founded", _("The year of foundation"), _("It tells how long you are known."), "id_founded"
    ),
    Advice(
        "logo", _("A logo"), _("It is recognised sooner than a name in another script."), "logo"
    ),
)


def completeness_of(company: Company) -> Completeness:
    """What the profile of ``company`` has and lacks. One query, for its codes."""
    described = any(company.description.values())
    lacks = {
        "text": not described,
        "english": described and not company.description.get("en"),
        "codes": not company.codes.exists(),
        "languages": not company.languages,
        "size": not company.size,
        "contacts": not (company.email or company.phone),
        "website": not company.website,
        "founded": company.founded is None,
        "logo": company.logo_id is None,
    }
    missing = [advice for advice in _ALL if lacks[advice.key]]
    # Who has no text at all lacks it once: the English one is a part of it.
    done = len(_ALL) - len(missing) - (0 if described else 1)
    return Completeness(done, len(_ALL), missing)
