"""What a preview computed, as the pages of drafts show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Country, Job, TradeCode, User
from marketplace.models import Registration
from matching.models import EventEmphasis, Profile, Version
from matching.services import previews

_SIZES = {
    "micro": Company.Size.MICRO.label,
    "small": Company.Size.SMALL.label,
    "medium": Company.Size.MEDIUM.label,
    "large": Company.Size.LARGE.label,
    "": _("size unknown"),
}
_INSIDE = {"members": _("Members of the chamber"), "others": _("All others")}
_KINDS = (*_INSIDE, "country", "size")


def shown_preview(of: Version, user: User) -> dict[str, Any] | None:
    """The last preview ready to show; examples only of what ``user`` may read."""
    job = previews.last_preview(of)
    if job is None:
        return None
    found = job.result or {}
    if job.state != Job.State.DONE:
        return {"job": job, "is_open": job.state in (Job.State.QUEUED, Job.State.RUNNING)}
    listed, pairs = found["examples"], found.get("pairs", [])
    told = _named_pairs([*listed, *pairs], of, user)
    return {
        "job": job,
        "found": found,
        "holds": previews.preview_holds(job, of),
        "attention": [{**one, "percent": 100 * one["cost"]} for one in found.get("attention", [])],
        "groups": _named_groups(found["groups"]),
        "examples": [one for one in told if "comes" not in one],
        "pairs": [one for one in told if "comes" in one],
    }


def _named_pairs(listed: list[dict[str, Any]], of: Version, user: User) -> list[dict[str, Any]]:
    """Pairs with their companies and main reasons; without those of which one is not to be read."""
    codes = _codes_in_words({part["term"] for one in listed for part in one["parts"]})
    owners, others = _read_by(user, of)
    mine = {one.pk: one for one in owners.filter(pk__in={one["company"] for one in listed})}
    partners = {one.pk: one for one in others.filter(pk__in={one["partner"] for one in listed})}
    written = dict(
        Profile.objects.filter(company__in=[*mine, *partners]).values_list("company", "surfaces")
    )
    return [
        {
            **one,
            "company": mine[one["company"]],
            "partner": partners[one["partner"]],
            "reasons": [
                codes.get(part["term"])
                or _as_written(part["term"], written, one["company"], one["partner"])
                for part in one["parts"]
            ],
        }
        for one in listed
        if one["company"] in mine and one["partner"] in partners
    ]


def _read_by(user: User, of: Version) -> tuple[QuerySet[Company], QuerySet[Company]]:
    """Whose lists one may read, and which partners in them.

    At an event both are companies whose registration one looks after.
    """
    if isinstance(of, EventEmphasis):
        there = Registration.objects.served_by(user).filter(event=of.event).values("company")
        both = Company.objects.filter(pk__in=there)
        return both, both
    return Company.objects.members_served_by(user), Company.objects.visible_to(user)


def _codes_in_words(terms: set[str]) -> dict[str, str]:
    """Those terms of the engine that are trade codes, each with its label."""
    split = {term: term.partition(":")[::2] for term in terms if not term.startswith("w:")}
    wanted = TradeCode.objects.filter(code__in=[code for _prefix, code in split.values()])
    labels = {(one.scheme, one.code): str(one) for one in wanted}
    return {
        term: labels.get(("nace" if prefix in ("nace", "section") else "hs", value), value)
        for term, (prefix, value) in split.items()
    }


def _as_written(term: str, written: Mapping[int, Mapping[str, str]], *sides: int) -> str:
    """A word as the two companies wrote it: the engine compares stems, which nobody reads."""
    found = [written.get(side, {}).get(term, "") for side in sides]
    return " · ".join(dict.fromkeys(filter(None, found))) or term.partition(":")[2]


def _named_groups(groups: dict[str, Any]) -> list[tuple[str, Any]]:
    """Members and others, countries, the largest first, and then sizes, each with its name."""
    countries = {one.code: one.name for one in Country.objects.all()}
    found = []
    for key, group in groups.items():
        kind, _sep, value = key.partition(":")
        if kind == "size":
            name, place = str(_SIZES[value]), list(_SIZES).index(value)
        elif kind == "country":
            name, place = countries.get(value, value), -group["companies"]
        else:
            name, place = str(_INSIDE[kind]), list(_INSIDE).index(kind)
        found.append(((_KINDS.index(kind), place, name), (name, group)))
    return [named for _order, named in sorted(found, key=lambda one: one[0])]
