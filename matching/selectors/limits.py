"""What keeps companies apart as they are now, for what was worked out before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chambers.models import Company
from matching import engine, profiles
from matching.models import Profile
from matching.ties import NO_TIES, Ties, ties_of


def profiles_of(companies: Iterable[int]) -> dict[int, Profile]:
    """The stored profiles of some companies, by key; who has none is missing.

    Without what the index is built from.
    """
    rows = Profile.objects.filter(company__in=companies)
    return {one.company_id: one for one in rows.only("rows", "surfaces", "trades", "topic")}


def limits_of(
    companies: Mapping[int, Company],
    stored: Mapping[int, Profile],
    *,
    own: Company | None = None,
    ties: Mapping[int, Ties] | None = None,
) -> dict[int, engine.Company]:
    """What limits each of some companies, by their present profiles.

    For who compares all of them with ``own`` only its ties are read; of the others' those with it.
    ``ties`` are those, where they are read already.
    """
    if ties is None:
        ties = ties_of(list(companies) if own is None else [own.pk])
    found = {}
    for pk, one in companies.items():
        profile = stored.get(pk)
        trades, topic = (profile.trades, profile.topic) if profile else ((), "")
        found[pk] = profiles.engine_company(one, ties.get(pk, NO_TIES), trades, topic)
    return found
