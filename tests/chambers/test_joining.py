"""How people come to speak for a company."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections
from django.utils import timezone

from chambers.models import Company, JoinRequest, Mail, Representative
from chambers.names import bare_number
from chambers.selectors.joining import candidates
from chambers.services import joining
from tests.factories import (
    CompanyFactory,
    CountryFactory,
    JoinRequestFactory,
    MembershipFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def member(**fields):
    return CompanyFactory(member=True, indexed=True, **fields)


def confirmed(**fields):
    person = UserFactory(**fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def codes(error):
    return [one.code for one in error.value.error_list] if hasattr(error.value, "error_list") else [
        one.code for ones in error.value.error_dict.values() for one in ones
    ]  # fmt: skip


# ---------------------------------------------------------------- which company is meant
@pytest.mark.parametrize(
    ("typed", "stored"),
    [("７７０１-234 567", "7701234567"), ("7701234567", "77 01-234567"), ("hrb 12", "HRB 12")],
)
def test_a_company_is_found_by_its_number_however_that_is_written(user, typed, stored):
    wanted = member(registration_number=stored)
    member(registration_number="7701234568")

    found = candidates(wanted.country, number=typed, by=user)

    assert [(one.company, one.by_number) for one in found] == [(wanted, True)]


@pytest.mark.parametrize(
    "typed", ["ромашка сенсор", "Romashka Sensor", "OOO ROMASHKA SENSOR", "Ромашка-Сенсор ООО"]
)
def test_a_company_is_proposed_by_its_name_in_another_script(user, typed):
    wanted = member(legal_name="ООО «Ромашка Сенсор»")
    member(legal_name="ООО «Василёк»")

    found = candidates(wanted.country, called=[typed], by=user)

    assert [(one.company, one.by_number, one.is_shown) for one in found] == [(wanted, False, True)]


def test_a_japanese_company_is_proposed_by_its_latin_name_and_only_in_its_country(user):
    japan = CountryFactory(code="JP")
    wanted = member(
        legal_name="株式会社アサヒ計装", legal_name_latin="Asahi Keiso Co., Ltd.", country=japan
    )
    member(legal_name="Asahi Keiso", country=CountryFactory(code="RU"))

    found = candidates(japan, called=["asahi keiso"], by=user)

    assert [one.company for one in found] == [wanted]


def test_a_company_out_of_the_directory_is_found_by_its_number_or_very_name_and_not_named(user):
    hidden = member(legal_name="ООО «Тайна»", registration_number="42", is_listed=False)

    by_number = candidates(hidden.country, number="42", by=user)
    by_name = candidates(hidden.country, called=["Taina"], by=user)
    nearly = candidates(hidden.country, called=["Тайны"], by=user)

    assert [one.is_shown for one in [*by_number, *by_name]] == [False, False]
    assert nearly == []


def test_a_number_of_signs_alone_finds_nobody(user):
    unnumbered = member(registration_number="")

    assert bare_number(" -/. ") == ""
    assert candidates(unnumbered.country, number=" -/. ", called=["", "  "], by=user) == []


@pytest.mark.parametrize("count", [1, 3])
def test_candidates_take_the_same_queries_for_any_number(user, count, django_assert_num_queries):
    russia = CountryFactory()
    for number in range(count):
        member(legal_name="ООО «Ромашка»", registration_number=f"7{number}")

    with django_assert_num_queries(6):
        found = candidates(russia, number="70", called=["Romashka"], by=user)

    assert len(found) == count


# ---------------------------------------------------------------- entering a company
def register(by, **fields):
    said = {"legal_name": "ООО «Новая»", "registration_number": "77 01", **fields}
    return joining.register_company(country=CountryFactory(), by=by, **said)


def test_who_enters_a_company_becomes_its_main_contact(user):
    company = register(user, city="Tver")

    role = Representative.objects.get(company=company).role
    assert (company.registration_number, company.city, role) == ("77 01", "Tver", "owner")
    assert not Company.objects.listed().filter(pk=company.pk).exists()


def test_a_number_keeps_its_inner_spaces_as_the_register_writes_them(user):
    company = register(user, registration_number="  HRB  12 345 ")

    assert company.registration_number == "HRB 12 345"


def test_a_known_number_is_refused_even_when_it_is_written_in_another_way(user):
    member(registration_number="77-01")

    with pytest.raises(ValidationError) as error:
        register(user, is_new=True)

    assert codes(error) == ["already_registered"]
    assert "registration_number" in error.value.error_dict


def test_a_name_like_that_of_another_company_is_asked_about_once(user):
    member(legal_name="Novaya LLC")

    with pytest.raises(ValidationError) as error:
        register(user)
    company = register(user, is_new=True)

    assert codes(error) == ["alike"]
    assert company.legal_name == "ООО «Новая»"


def test_nobody_enters_company_after_company_that_no_chamber_knows(user):
    for number in range(joining.MOST_UNADMITTED):
        register(user, legal_name=f"Firm {'xyz'[number] * 4}", registration_number=f"{number}")

    with pytest.raises(ValidationError) as error:
        register(user)
    MembershipFactory(company=Company.objects.first())

    assert codes(error) == ["too_many_companies"]
    assert register(user).pk


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_the_same_company_at_once_one_is_told_that_it_is_here():
    people, russia = [UserFactory(), UserFactory()], CountryFactory()

    def enter(person, number):
        try:
            return joining.register_company(
                legal_name="ООО «Новая»", country=russia, registration_number=number, by=person
            )
        except ValidationError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(enter, people, ("7 7", "77")))

    refused = [one for one in answers if isinstance(one, ValidationError)]
    assert Company.objects.count() == 1
    assert [one.error_dict["registration_number"][0].code for one in refused] == [
        "already_registered"
    ]


# ---------------------------------------------------------------- asking to join
def test_the_main_contacts_are_told_who_asks(user):
    contact = RepresentativeFactory(company__legal_name="ООО «Ромашка»", person__language="ru")
    RepresentativeFactory(company=contact.company, role="editor")

    asked = joining.ask_to_join(contact.company, by=user, message="  I sell\nsensors ")

    mail = Mail.objects.get()
    assert (mail.to, mail.kind, mail.language) == (contact.person.email, "join_asked", "ru")
    assert user.email in mail.text
    assert "    I sell sensors" in mail.text
    assert f"/ru/my/people/requests/{asked.public_id}/" in mail.text


def test_where_a_company_has_no_main_contact_its_chambers_are_told_and_answer(user):
    staff = StaffFactory()
    StaffFactory(chamber=staff.chamber, role="viewer")
    company = member(membership__chamber=staff.chamber)

    asked = joining.ask_to_join(company, by=user)
    joining.accept_join_request(asked, by=staff.person, role="editor")

    assert [(one.kind, one.to) for one in Mail.objects.order_by("pk")] == [
        ("join_asked", staff.person.email),
        ("join_accepted", user.email),
    ]
    assert "/admin/chambers/joinrequest/" in Mail.objects.get(kind="join_asked").text
    # There was nobody to decide for it, so there is now.
    assert Representative.objects.get(company=company).role == "owner"


def test_nobody_waits_for_a_company_where_nobody_answers(user):
    gone = RepresentativeFactory(person__is_active=False)

    with pytest.raises(ValidationError) as error:
        joining.ask_to_join(gone.company, by=user)
    staff = StaffFactory()
    MembershipFactory(company=gone.company, chamber=staff.chamber)
    asked = joining.ask_to_join(gone.company, by=user)

    assert codes(error) == ["nobody_answers"]
    assert asked.state == "pending"
    assert [one.to for one in Mail.objects.all()] == [staff.person.email]


def test_a_colleague_who_is_accepted_gets_the_role_that_was_chosen(user):
    contact = RepresentativeFactory()
    asked = JoinRequestFactory(company=contact.company, person=user)

    joining.accept_join_request(asked, by=contact.person, role="viewer")

    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == ("accepted", contact.person)
    assert Representative.objects.get(person=user).role == "viewer"


def test_who_is_declined_reads_why_and_leaves_the_company_alone_for_a_while(user):
    contact = RepresentativeFactory()
    asked = JoinRequestFactory(company=contact.company, person=user)

    joining.decline_join_request(asked, by=contact.person, reason="Nobody knows you.")
    with pytest.raises(ValidationError) as error:
        joining.ask_to_join(contact.company, by=user)
    later = timezone.now() - joining.ASK_AGAIN_AFTER
    JoinRequest.objects.update(answered_at=later)

    assert "Nobody knows you." in Mail.objects.get().text
    assert codes(error) == ["asked_again"]
    assert joining.ask_to_join(contact.company, by=user).state == "pending"


def test_the_refusal_of_a_company_out_of_the_directory_does_not_name_it(user):
    contact = RepresentativeFactory(company=member(legal_name="ООО «Тайна»", is_listed=False))
    asked = JoinRequestFactory(company=contact.company, person=user)

    joining.decline_join_request(asked, by=contact.person)

    mail = Mail.objects.get()
    assert "Тайна" not in mail.subject + mail.text


@pytest.mark.parametrize("role", ["editor", "viewer", None])
def test_only_a_main_contact_or_the_chamber_answers(user, role):
    contact = RepresentativeFactory()
    other = RepresentativeFactory(company=contact.company, role=role).person if role else user
    asked = JoinRequestFactory(company=contact.company)

    for answer in (joining.accept_join_request, joining.decline_join_request):
        with pytest.raises(PermissionDenied):
            answer(asked, by=other)

    asked.refresh_from_db()
    assert asked.state == "pending"


def test_staff_of_a_chamber_that_the_company_left_do_not_answer():
    staff = StaffFactory()
    gone = timezone.localdate() - dt.timedelta(days=100)
    row = MembershipFactory(chamber=staff.chamber, ends_on=gone)

    with pytest.raises(PermissionDenied):
        joining.accept_join_request(JoinRequestFactory(company=row.company), by=staff.person)


def test_one_person_has_only_so_many_requests_and_gets_one_back_by_withdrawing(user):
    waiting = [JoinRequestFactory(person=user) for _ in range(joining.MOST_REQUESTS)]
    company = RepresentativeFactory().company

    with pytest.raises(ValidationError) as error:
        joining.ask_to_join(company, by=user)
    joining.withdraw_join_request(waiting[0], by=user)

    assert codes(error) == ["too_many_requests"]
    assert joining.ask_to_join(company, by=user).pk
    with pytest.raises(PermissionDenied):
        joining.withdraw_join_request(waiting[1], by=UserFactory())


@pytest.mark.parametrize("before", ["speaks", "asked"])
def test_nobody_asks_twice(user, before):
    company = CompanyFactory()
    if before == "speaks":
        RepresentativeFactory(company=company, person=user)
    else:
        JoinRequestFactory(company=company, person=user)

    with pytest.raises(ValidationError) as error:
        joining.ask_to_join(company, by=user)

    assert codes(error) == [{"speaks": "already_representative", "asked": "already_asked"}[before]]


@pytest.mark.django_db(transaction=True)
def test_of_two_main_contacts_who_answer_at_once_one_finds_it_answered():
    first = RepresentativeFactory()
    second = RepresentativeFactory(company=first.company)
    asked = JoinRequestFactory(company=first.company)

    def answer(step):
        try:
            return step[0](asked, by=step[1]).state
        except ValidationError as error:
            return error.code
        finally:
            connections.close_all()

    steps = [
        (joining.accept_join_request, first.person),
        (joining.decline_join_request, second.person),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(answer, steps))

    asked.refresh_from_db()
    joined = Representative.objects.filter(person=asked.person).exists()
    assert answers in (["accepted", "already_answered"], ["already_answered", "declined"])
    assert joined == (asked.state == "accepted")
