import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from chambers.models import DEFAULT_LEVELS, Company, Level, Membership
from chambers.selectors.shown import findable_by, shown_companies, shown_company, sight_of
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CompanyFactory,
    MembershipFactory,
    RepresentativeFactory,
    StaffFactory,
    TradeCodeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PUBLIC = {"website"}
MEMBERS = PUBLIC | {"size"}
PARTNERS = MEMBERS | {"founded"}
ALL = PARTNERS | {"languages"}
LEVELS = {"website": "public", "size": "members", "founded": "partners", "languages": "accepted"}
GOVERNED = {
    "description": {"description", "industry"},
    "website": {"website"},
    "size": {"size", "size_label"},
    "founded": {"founded"},
    "languages": {"languages"},
    "codes": {"codes"},
    "registration_number": {"registration_number", "external_id"},
    "markets": {"target_countries"},
    "turnover": {"turnover", "turnover_currency"},
    "contacts": {"email", "phone"},
    "brochures": {"brochures"},
}


@pytest.fixture
def moscow(db):
    return ChamberFactory(name_en="Moscow")


@pytest.fixture
def company(moscow):
    return CompanyFactory(
        member=True,
        membership__chamber=moscow,
        website="https://canary.example/",
        size=Company.Size.SMALL,
        founded=1987,
        languages=["fi"],
        visibility=LEVELS,
    )


def seen(company, viewer):
    return set(LEVELS) & set(shown_company(company, viewer).fields)


def member_of(chamber, **membership):
    """A person who speaks for a member of ``chamber``."""
    person = UserFactory()
    RepresentativeFactory(
        person=person, company=MembershipFactory(chamber=chamber, **membership).company
    )
    return person


def test_every_level_admits_those_it_names_and_no_further(company, moscow):
    tokyo, minsk, almaty = ChamberFactory.create_batch(3)
    today = timezone.localdate()
    AgreementFactory(first=tokyo, second=moscow)
    AgreementFactory(first=moscow, second=almaty, ends_on=today - dt.timedelta(days=1))
    AgreementFactory(first=tokyo, second=minsk)

    assert seen(company, AnonymousUser()) == PUBLIC
    assert seen(company, UserFactory()) == PUBLIC
    assert seen(company, member_of(minsk)) == MEMBERS
    assert seen(company, member_of(almaty)) == MEMBERS
    assert seen(company, member_of(tokyo)) == PARTNERS
    assert seen(company, member_of(moscow)) == PARTNERS
    assert seen(company, StaffFactory(chamber=minsk).person) == MEMBERS
    assert seen(company, StaffFactory(chamber=tokyo).person) == PARTNERS
    assert seen(company, StaffFactory(chamber=moscow).person) == ALL
    assert seen(company, RepresentativeFactory(company=company).person) == ALL
    assert seen(company, UserFactory(superuser=True)) == ALL


@pytest.mark.parametrize(
    "membership",
    [
        {"applied": True},
        {"decision": Membership.Decision.REFUSED, "reason": "no"},
        {"ends_on": timezone.localdate() - dt.timedelta(days=61)},
        {"starts_on": timezone.localdate() + dt.timedelta(days=1)},
    ],
)
def test_a_membership_that_gives_no_rights_shows_no_more_than_a_guest_sees(
    company, moscow, membership
):
    assert seen(company, member_of(moscow, **membership)) == PUBLIC


@pytest.mark.parametrize(
    ("membership", "expected"),
    [
        ({"applied": True}, ALL),
        ({"decision": Membership.Decision.REFUSED, "reason": "no"}, MEMBERS),
        ({"ends_on": timezone.localdate() - dt.timedelta(days=1)}, ALL),
        ({"ends_on": timezone.localdate() - dt.timedelta(days=61)}, MEMBERS),
    ],
)
def test_staff_see_whom_they_decide_about_and_whom_they_serve_but_no_longer_whom_they_refused(
    company, membership, expected
):
    minsk = ChamberFactory()
    MembershipFactory(company=company, chamber=minsk, **membership)
    staff = StaffFactory(chamber=minsk).person

    assert Company.objects.served_by(staff).filter(pk=company.pk).exists() == (expected == ALL)
    assert seen(company, staff) == expected
    hidden = Company.objects.filter(findable_by("languages", sight_of(staff)))
    assert hidden.filter(pk=company.pk).exists() == (expected == ALL)


def test_a_former_member_has_no_partners(company, moscow):
    Membership.objects.filter(company=company).update(
        ends_on=dt.date(2020, 1, 1),
        starts_on=dt.date(2019, 1, 1),
        rights_end_on=dt.date(2020, 3, 1),
    )

    assert seen(company, member_of(moscow)) == MEMBERS
    assert shown_company(company, UserFactory(superuser=True)).chambers == ()


@pytest.mark.parametrize("field", DEFAULT_LEVELS)
@pytest.mark.parametrize("level", Level.values)
def test_each_governed_field_hides_exactly_what_it_governs(moscow, field, level):
    company = CompanyFactory(
        member=True,
        membership__chamber=moscow,
        registration_number="1027700132195",
        external_id="register:1027700132195",
        description={"en": "Pumps"},
        visibility={field: level},
    )
    viewers = [AnonymousUser(), member_of(ChamberFactory()), member_of(moscow)]
    clear = shown_company(company, UserFactory(superuser=True)).fields

    admitted = [GOVERNED[field] <= set(shown_company(company, one).fields) for one in viewers]
    touched = [GOVERNED[field] & set(shown_company(company, one).fields) for one in viewers]

    assert GOVERNED[field] <= set(clear)
    assert admitted == [rank >= Level.values.index(level) for rank in range(3)]
    assert [bool(one) for one in touched] == admitted


def test_markets_one_avoids_are_shown_to_own_people_only(company, moscow):
    Company.objects.filter(pk=company.pk).update(excluded_countries=["CN"])
    company.refresh_from_db()

    assert "excluded_countries" not in shown_company(company, member_of(moscow)).fields
    own = shown_company(company, RepresentativeFactory(company=company).person)
    assert own.inside
    assert own.fields["excluded_countries"] == ["CN"]


LIMITS = {
    "corporate_group": "Asahi Holdings",
    "certificates": ["iso9001"],
    "required_certificates": ["ce"],
    "accepted_sizes": ["small"],
    "accepts_interpreter": False,
    "avoids_competitors": True,
}


def test_what_a_company_asks_of_partners_is_shown_to_own_people_and_staff_only(company, moscow):
    Company.objects.filter(pk=company.pk).update(**LIMITS, visibility={})
    company.refresh_from_db()
    own = RepresentativeFactory(company=company).person
    staff = StaffFactory(chamber=moscow, role="viewer").person

    for stranger in (AnonymousUser(), member_of(moscow), StaffFactory().person):
        assert not LIMITS.keys() & shown_company(company, stranger).fields.keys()
    for inside in (own, staff, UserFactory(superuser=True)):
        assert LIMITS.items() <= shown_company(company, inside).fields.items()


def test_nobody_is_shown_a_hold(company, moscow):
    Company.objects.filter(pk=company.pk).update(held_on="2026-01-01", held_reason="A list")
    company.refresh_from_db()

    for viewer in (StaffFactory(chamber=moscow).person, UserFactory(superuser=True)):
        fields = shown_company(company, viewer).fields
        assert not [name for name in fields if name.startswith("held")]


def test_the_description_answers_in_the_readers_language_or_is_empty_when_hidden(moscow):
    company = CompanyFactory(
        member=True, membership__chamber=moscow, description={"ru": "Насосы", "en": "Pumps"}
    )
    assert shown_company(company, AnonymousUser()).described_in("ru") == ("Насосы", "ru")
    company.visibility = {"description": "members"}
    assert shown_company(company, AnonymousUser()).described_in("ru") == ("", "ru")


def test_a_membership_in_grace_and_its_renewal_are_one_chamber(company, moscow):
    today = timezone.localdate()
    Membership.objects.filter(company=company).update(
        ends_on=today - dt.timedelta(days=2), rights_end_on=today + dt.timedelta(days=58)
    )
    MembershipFactory(company=company, chamber=moscow, starts_on=today - dt.timedelta(days=1))

    assert shown_company(company, AnonymousUser()).chambers == (moscow,)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_for_any_number_of_companies(
    count, moscow, django_assert_num_queries
):
    viewer = member_of(moscow)
    code = TradeCodeFactory()
    for _ in range(count):
        CompanyFactory(member=True, membership__chamber=moscow, codes=[code])
    companies = list(Company.objects.select_related("country").filter(codes=code))

    with django_assert_num_queries(3):
        shown = shown_companies(companies, viewer)

    assert [one.fields["codes"] for one in shown] == [[code]] * count


@pytest.mark.parametrize("level", Level.values)
def test_nobody_finds_a_company_by_a_field_they_do_not_see(moscow, level):
    company = CompanyFactory(
        member=True, membership__chamber=moscow, visibility={"codes": level, "markets": level}
    )
    guest, member, own, staff, root = (
        AnonymousUser(),
        member_of(moscow),
        RepresentativeFactory(company=company).person,
        StaffFactory(chamber=moscow).person,
        UserFactory(superuser=True),
    )

    def finds(viewer, field="codes"):
        found = Company.objects.filter(findable_by(field, sight_of(viewer)))
        return found.filter(pk=company.pk).exists()

    assert finds(guest) == (level == "public")
    assert finds(member) == (level in {"public", "members"})
    assert finds(own)
    assert finds(staff)
    assert finds(root)


def test_a_field_without_a_choice_is_found_by_its_default_level(moscow):
    company = CompanyFactory(member=True, membership__chamber=moscow)

    def finds(viewer, field):
        found = Company.objects.filter(findable_by(field, sight_of(viewer)))
        return found.filter(pk=company.pk).exists()

    assert finds(AnonymousUser(), "codes")
    assert not finds(AnonymousUser(), "markets")
    assert finds(member_of(moscow), "markets")
