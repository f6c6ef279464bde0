"""Every change to chambers and what they keep: councils, agreements, guilds, commissions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    Council,
    Country,
    Guild,
    GuildMembership,
    TradeCode,
)


@transaction.atomic
def found_chamber(**fields: Any) -> Chamber:
    """Save a chamber."""
    chamber = Chamber(**fields)
    chamber.full_clean()
    chamber.save()
    return chamber


@transaction.atomic
def form_council(*, chambers: Iterable[Chamber], **fields: Any) -> Council:
    """Save a council and who sits in it."""
    council = Council(**fields)
    council.full_clean()
    council.save()
    council.chambers.set(chambers)
    return council


@transaction.atomic
def conclude_agreement(
    first: Chamber,
    second: Chamber,
    *,
    starts_on: dt.date | None,
    ends_on: dt.date | None = None,
    response_days: int = 5,
    scope: dict[str, str] | None = None,
) -> Agreement:
    """Register what two chambers agreed; without a first day it is being negotiated."""
    agreement = Agreement(
        first=first,
        second=second,
        starts_on=starts_on,
        ends_on=ends_on,
        response_days=response_days,
        scope=scope or {},
    )
    agreement.full_clean()
    agreement.save()
    return agreement


@transaction.atomic
def end_agreement(agreement: Agreement, *, on: dt.date | None = None) -> Agreement:
    """Set the last day of an agreement, today by default."""
    agreement.ends_on = on or timezone.localdate()
    agreement.full_clean()
    agreement.save(update_fields=["ends_on"])
    return agreement


@transaction.atomic
def found_guild(chamber: Chamber, *, codes: Iterable[TradeCode] = (), **fields: Any) -> Guild:
    """Save a guild with the trades it stands for."""
    guild = Guild(chamber=chamber, **fields)
    guild.full_clean()
    guild.save()
    guild.codes.set(codes)
    return guild


@transaction.atomic
def join_guild(guild: Guild, *, company: Company) -> GuildMembership:
    """Take a company into a guild.

    Raises ValidationError ``already_in_guild``.
    """
    membership = GuildMembership(guild=guild, company=company)
    membership.full_clean()
    membership.save()
    return membership


@transaction.atomic
def propose_commission(chamber: Chamber, *, country: Country, **fields: Any) -> Commission:
    """Write down a commission on a partner country; ``status`` says how far it is.

    Raises ValidationError ``commission_exists`` while one is open.
    """
    commission = Commission(chamber=chamber, country=country, **fields)
    commission.full_clean()
    commission.save()
    return commission
