"""Every change to chambers and what they keep: councils, agreements, guilds, commissions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Q
from django.utils.translation import gettext as _

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    Council,
    Country,
    Guild,
    GuildMembership,
    Membership,
    TradeCode,
    User,
    today,
)
from chambers.services.companies import note_changes
from chambers.services.people import demand_manager


@transaction.atomic
def found_chamber(**fields: Any) -> Chamber:
    """Save a chamber."""
    chamber = Chamber(**fields)
    chamber.full_clean()
    chamber.save()
    return chamber


@transaction.atomic
def change_chamber(chamber: Chamber, *, by: User | None = None, **fields: Any) -> Chamber:
    """Change a chamber; new grace days hold for its present memberships, too.

    Suggestions of the members whose last day moves follow.

    Raises PermissionDenied unless ``by`` manages it.
    """
    demand_manager(by, chamber)
    _change(chamber, fields)
    if "grace_days" in fields:
        _move_last_days(chamber)
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
def change_council(
    council: Council, *, chambers: Iterable[Chamber] | None = None, **fields: Any
) -> Council:
    """Change a council and, if given, who sits in it."""
    _change(council, fields)
    if chambers is not None:
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
    by: User | None = None,
) -> Agreement:
    """Register what two chambers agreed; without a first day it is being negotiated.

    Raises PermissionDenied unless ``by`` manages one of the two.
    """
    demand_manager(by, first, second)
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
def change_agreement(agreement: Agreement, *, by: User | None = None, **fields: Any) -> Agreement:
    """Change scope, dates or the time to answer.

    Raises PermissionDenied unless ``by`` manages one of its parties.
    """
    demand_manager(by, agreement.first, agreement.second)
    _change(agreement, fields)
    return agreement


@transaction.atomic
def end_agreement(
    agreement: Agreement, *, on: dt.date | None = None, by: User | None = None
) -> Agreement:
    """Set the last day of an agreement, today by default.

    Raises ValidationError ``over`` when it has ended or never began, PermissionDenied unless
    ``by`` manages one of its parties.
    """
    demand_manager(by, agreement.first, agreement.second)
    if agreement.status_on() not in (Agreement.Status.IN_FORCE, Agreement.Status.ENDING_SOON):
        raise ValidationError(_("Only an agreement in force can be ended."), code="over")
    _change(agreement, {"ends_on": on or today()})
    return agreement


@transaction.atomic
def found_guild(
    chamber: Chamber,
    *,
    codes: Iterable[TradeCode] = (),
    by: User | None = None,
    **fields: Any,
) -> Guild:
    """Save a guild with the trades it stands for.

    Raises PermissionDenied unless ``by`` manages the chamber.
    """
    demand_manager(by, chamber)
    guild = Guild(chamber=chamber, **fields)
    guild.full_clean()
    guild.save()
    guild.codes.set(codes)
    return guild


@transaction.atomic
def change_guild(
    guild: Guild,
    *,
    codes: Iterable[TradeCode] | None = None,
    by: User | None = None,
    **fields: Any,
) -> Guild:
    """Change a guild and, if given, the trades it stands for.

    Raises PermissionDenied unless ``by`` manages its chamber.
    """
    demand_manager(by, guild.chamber)
    _change(guild, fields)
    if codes is not None:
        guild.codes.set(codes)
    return guild


@transaction.atomic
def join_guild(guild: Guild, *, company: Company, by: User | None = None) -> GuildMembership:
    """Take a member of the guild's chamber into the guild.

    Raises ValidationError ``already_in_guild`` or ``no_member``, PermissionDenied unless ``by``
    manages the chamber.
    """
    demand_manager(by, guild.chamber)
    if not company.memberships.in_force().filter(chamber=guild.chamber_id).exists():
        raise ValidationError(
            _("%(company)s is not a member of %(chamber)s now."),
            code="no_member",
            params={"company": company, "chamber": guild.chamber},
        )
    membership = GuildMembership(guild=guild, company=company)
    membership.full_clean()
    membership.save()
    return membership


@transaction.atomic
def leave_guild(membership: GuildMembership, *, by: User | None = None) -> None:
    """End a company's place in a guild. Raises PermissionDenied unless ``by`` manages it."""
    demand_manager(by, membership.guild.chamber)
    membership.delete()


@transaction.atomic
def propose_commission(
    chamber: Chamber, *, country: Country, by: User | None = None, **fields: Any
) -> Commission:
    """Write down a commission on a partner country; ``status`` says how far it is.

    Raises ValidationError ``commission_exists`` while one is open, PermissionDenied unless ``by``
    manages the chamber.
    """
    demand_manager(by, chamber)
    commission = Commission(chamber=chamber, country=country, **fields)
    commission.full_clean()
    commission.save()
    return commission


@transaction.atomic
def change_commission(
    commission: Commission, *, by: User | None = None, **fields: Any
) -> Commission:
    """Change a commission; raises as ``propose_commission``."""
    demand_manager(by, commission.chamber)
    _change(commission, fields)
    return commission


def _move_last_days(chamber: Chamber) -> None:
    """Have rights end by the chamber's grace days, and note whose suggestions that concerns.

    A profile says until when it holds, by the last day of a membership; and who is not over any
    more, or is now, enters or leaves the lists.
    """
    grace = dt.timedelta(days=chamber.grace_days)
    end = ExpressionWrapper(F("ends_on") + grace, output_field=models.DateField())
    dated = Membership.objects.filter(chamber=chamber, ends_on__isnull=False)
    moved = dated.exclude(rights_end_on=end)
    lasting = Q(rights_end_on__gte=today()) | Q(ends_on__gte=today() - grace)
    companies = list(moved.filter(lasting).values_list("company", flat=True))
    moved.update(rights_end_on=end)
    note_changes(Company.objects.filter(pk__in=companies))


def _change(row: models.Model, fields: dict[str, Any]) -> None:
    """Set the fields, hold the row to its rules, save what was set."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save(update_fields=list(fields))
