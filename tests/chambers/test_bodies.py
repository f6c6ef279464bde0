"""Chambers and what they keep: agreements by date, guilds, commissions, councils."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from chambers.models import Agreement, Commission, Guild, Staff
from chambers.services import bodies
from tests import factories

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2028, 12, 31)
DAY = dt.timedelta(days=1)
S = Agreement.Status


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (FIRST - DAY, S.NEGOTIATING),
        (FIRST, S.IN_FORCE),
        (LAST - 91 * DAY, S.IN_FORCE),
        (LAST - 90 * DAY, S.ENDING_SOON),
        (LAST, S.ENDING_SOON),
        (LAST + DAY, S.ENDED),
    ],
)
def test_the_status_of_an_agreement_follows_from_its_dates(db, on, status):
    agreement = factories.AgreementFactory(starts_on=FIRST, ends_on=LAST)

    assert agreement.status_on(on) == status
    assert Agreement.objects.with_status(on).get().status_now == status
    assert Agreement.objects.in_force(on).exists() == (status in (S.IN_FORCE, S.ENDING_SOON))


def test_an_agreement_without_a_first_day_is_negotiated_and_nobody_elses_business(db):
    agreement = factories.AgreementFactory(starts_on=None)
    staff = factories.StaffFactory(chamber=agreement.second).person

    assert (agreement.status, Agreement.objects.with_status().get().status_now) == (
        S.NEGOTIATING,
        S.NEGOTIATING,
    )
    assert not Agreement.objects.visible_to(factories.UserFactory()).exists()
    assert Agreement.objects.served_by(staff).get() == agreement


@pytest.mark.parametrize(
    "broken",
    [
        lambda chamber: factories.AgreementFactory(first=chamber, second=chamber),
        lambda chamber: factories.AgreementFactory(starts_on=LAST, ends_on=FIRST),
        lambda chamber: factories.AgreementFactory(response_days=0),
        lambda chamber: factories.AgreementFactory(response_days=61),
        lambda chamber: factories.GuildFactory.create_batch(2, chamber=chamber, slug="it"),
        lambda chamber: factories.CommissionFactory.create_batch(2, chamber=chamber),
        lambda chamber: factories.ChamberFactory(slug=chamber.slug),
        lambda chamber: type(chamber).objects.filter(pk=chamber.pk).update(parent=chamber),
    ],
)
def test_the_database_keeps_what_must_always_hold(db, broken):
    chamber = factories.ChamberFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        broken(chamber)


def test_a_closed_commission_makes_room_for_another(db):
    closed = factories.CommissionFactory(status=Commission.Status.CLOSED)

    again = bodies.propose_commission(closed.chamber, country=closed.country)

    with pytest.raises(ValidationError) as caught:
        bodies.propose_commission(closed.chamber, country=closed.country)
    assert again.status == Commission.Status.PROPOSED
    assert caught.value.error_dict["__all__"][0].code == "commission_exists"


def test_an_agreement_in_force_is_ended_today_and_only_once(db):
    agreement = factories.AgreementFactory()
    manager = factories.StaffFactory(chamber=agreement.second).person

    bodies.end_agreement(agreement, by=manager)

    assert agreement.ends_on == timezone.localdate()
    Agreement.objects.update(ends_on=timezone.localdate() - DAY)
    agreement.refresh_from_db()
    with pytest.raises(ValidationError) as caught:
        bodies.end_agreement(agreement, by=manager)
    assert caught.value.code == "over"


def test_only_members_now_join_a_guild_and_once(db):
    guild = factories.GuildFactory()
    member = factories.CompanyFactory(member=True, membership__chamber=guild.chamber)
    stranger = factories.CompanyFactory(member=True)

    place = bodies.join_guild(guild, company=member)

    with pytest.raises(ValidationError) as twice:
        bodies.join_guild(guild, company=member)
    with pytest.raises(ValidationError) as foreign:
        bodies.join_guild(guild, company=stranger)
    assert twice.value.error_dict["__all__"][0].code == "already_in_guild"
    assert foreign.value.code == "no_member"
    bodies.leave_guild(place)
    assert list(guild.members.all()) == []


def test_changing_a_guild_replaces_its_trades_and_keeps_its_rules(db):
    guild = factories.GuildFactory()
    factories.GuildFactory(chamber=guild.chamber, slug="taken")
    code = factories.TradeCodeFactory(code="84")

    bodies.change_guild(guild, name_en="Machines", codes=[code])

    guild.refresh_from_db()
    assert (guild.name, list(guild.codes.all())) == ("Machines", [code])
    with pytest.raises(ValidationError):
        bodies.change_guild(guild, slug="taken")


CHANGES = {
    "found a guild": lambda chamber, by: bodies.found_guild(chamber, slug="g", name_en="G", by=by),
    "change a guild": lambda chamber, by: bodies.change_guild(
        factories.GuildFactory(chamber=chamber), name_en="G", by=by
    ),
    "propose a commission": lambda chamber, by: bodies.propose_commission(
        chamber, country=factories.CountryFactory(code="JP"), by=by
    ),
    "change a commission": lambda chamber, by: bodies.change_commission(
        chamber.commissions.first() or factories.CommissionFactory(chamber=chamber),
        status="review",
        by=by,
    ),
    "conclude an agreement": lambda chamber, by: bodies.conclude_agreement(
        chamber, factories.ChamberFactory(), starts_on=FIRST, by=by
    ),
    "change an agreement": lambda chamber, by: bodies.change_agreement(
        factories.AgreementFactory(first=chamber), response_days=9, by=by
    ),
    "end an agreement": lambda chamber, by: bodies.end_agreement(
        factories.AgreementFactory(first=chamber), by=by
    ),
    "change the chamber": lambda chamber, by: bodies.change_chamber(chamber, city="X", by=by),
    "take into a guild": lambda chamber, by: bodies.join_guild(
        factories.GuildFactory(chamber=chamber),
        company=factories.CompanyFactory(member=True, membership__chamber=chamber),
        by=by,
    ),
    "take out of a guild": lambda chamber, by: bodies.leave_guild(
        factories.GuildMembershipFactory(guild__chamber=chamber), by=by
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_a_manager_of_the_chamber_changes_what_it_keeps(db, change):
    chamber = factories.ChamberFactory()
    manager = factories.StaffFactory(chamber=chamber).person
    viewer = factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER).person
    other = factories.StaffFactory().person

    for person in (viewer, other):
        with pytest.raises(PermissionDenied):
            change(chamber, person)
    change(chamber, manager)


def test_a_council_changes_who_sits_in_it(db):
    first, second = factories.ChamberFactory.create_batch(2)
    council = bodies.form_council(chambers=[first], slug="heads", name_en="Heads")

    bodies.change_council(council, chambers=[second], name_ru="Главы")

    assert (list(council.chambers.all()), council.name_ru) == ([second], "Главы")


def test_a_name_is_shown_in_the_readers_language_else_in_english(db):
    guild = Guild(name_en="Machines", name_ru="Станки")

    with translation.override("ru"):
        assert guild.name == "Станки"
    with translation.override("ja"):
        assert guild.name == "Machines"
