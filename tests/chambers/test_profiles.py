import datetime as dt
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from chambers.models import Company
from chambers.selectors.completeness import completeness_of
from chambers.selectors.search import search_companies
from chambers.services.profiles import change_profile
from tests.factories import CompanyFactory, RepresentativeFactory, TradeCodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return CompanyFactory(member=True, description={"ru": "Насосы"}, visibility={"size": "members"})


@pytest.fixture
def owner(company):
    return RepresentativeFactory(company=company).person


def test_a_text_of_one_language_leaves_the_others_and_search_finds_it(company, owner):
    changed = change_profile(company, by=owner, texts={"en": " Flow meters "})

    assert changed.description == {"ru": "Насосы", "en": "Flow meters"}
    assert search_companies(Company.objects.all(), "flow meters", member=False).get() == company


def test_an_empty_text_takes_its_language_away(company, owner):
    assert change_profile(company, by=owner, texts={"ru": "  "}).description == {}


def test_levels_are_kept_field_by_field(company, owner):
    changed = change_profile(company, by=owner, levels={"turnover": "members"})

    assert changed.visibility == {"size": "members", "turnover": "members"}


def test_a_hidden_text_finds_the_company_no_more(company, owner):
    change_profile(company, by=owner, texts={"en": "Flow meters"})

    change_profile(company, by=owner, levels={"description": "accepted"})

    assert not search_companies(Company.objects.all(), "flow meters", member=True).exists()


def test_codes_are_replaced_only_where_they_are_given(company, owner):
    code = TradeCodeFactory()
    change_profile(company, by=owner, codes=[code])
    change_profile(company, by=owner, city="Minsk")

    assert list(company.codes.all()) == [code]
    assert Company.objects.get(pk=company.pk).city == "Minsk"


@pytest.mark.parametrize(
    ("fields", "name", "code"),
    [
        ({"founded": 999}, "founded", "founded"),
        ({"founded": dt.date.today().year + 2}, "founded", "founded"),
        ({"turnover": Decimal("1000")}, "turnover_currency", "no_currency"),
        ({"website": "javascript:alert(1)"}, "website", "invalid"),
        ({"email": "not an address"}, "email", "invalid"),
        ({"size": "giant"}, "size", "invalid_choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_changes_nothing(
    company, owner, fields, name, code
):
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        change_profile(company, by=owner, city="Nowhere", **fields)

    assert refused.value.error_dict[name][0].code == code
    assert Company.objects.get(pk=company.pk).city == ""


def test_without_an_amount_there_is_no_currency(company, owner):
    change_profile(company, by=owner, turnover=Decimal("1.50"), turnover_currency="BYN")

    changed = change_profile(company, by=owner, turnover=None)

    assert (changed.turnover, changed.turnover_currency) == (None, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.filter(pk=company.pk).update(turnover=5)


def test_readers_and_strangers_change_nothing(company):
    reader = RepresentativeFactory(company=company, role="viewer").person
    for person in (reader, RepresentativeFactory().person):
        with pytest.raises(PermissionDenied):
            change_profile(company, by=person, city="Minsk")
    assert Company.objects.get(pk=company.pk).city == ""


def test_what_is_no_part_of_the_profile_is_not_changed_through_it(company, owner):
    with pytest.raises(TypeError, match="legal_name, registration_number"):
        change_profile(company, by=owner, legal_name="Other", registration_number="7")


@pytest.mark.django_db(transaction=True)
def test_two_who_change_texts_of_two_languages_at_once_undo_nothing():
    company = CompanyFactory(description={"en": "Pumps"})
    people = [RepresentativeFactory(company=company).person for _ in range(2)]
    together, failed = Barrier(2), []

    def write(person, texts):
        try:
            together.wait(timeout=60)
            change_profile(company, by=person, texts=texts)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failed.append(error)
        finally:
            connection.close()

    texts = [{"ru": "Насосы"}, {"ja": "ポンプ"}]
    threads = [Thread(target=write, args=pair) for pair in zip(people, texts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    company.refresh_from_db()
    assert failed == []
    assert company.description == {"en": "Pumps", "ru": "Насосы", "ja": "ポンプ"}


def test_the_missing_things_are_named_the_weightiest_first(company):
    found = completeness_of(company)

    assert [one.key for one in found.missing] == [
        "codes", "english", "languages", "size", "contacts", "website", "founded", "logo",
    ]  # fmt: skip
    assert (found.done, found.of) == (1, 9)


def test_a_profile_without_any_text_lacks_it_once(company):
    company.description = {}

    assert [one.key for one in completeness_of(company).missing][:2] == ["text", "codes"]
    assert completeness_of(company).done == 0


def test_a_complete_profile_lacks_nothing(company, owner):
    change_profile(
        company, by=owner, texts={"en": "Pumps"}, codes=[TradeCodeFactory()], size="small",
        languages=["ru"], phone="+375 17 000", website="https://pumps.example/", founded=1999,
    )  # fmt: skip

    assert [one.key for one in completeness_of(company).missing] == ["logo"]


@pytest.mark.parametrize(
    ("phone", "is_one"),
    [
        ("+375 17 123-45-67", True),
        ("８１（３）１２３４－５６７８", True),
        ("8 (495) 123 45 67 доб. 12", True),
        ("+49 30 1234567 ext. 9", True),
        ("abc", False),
        ("1234", False),
        ("++++++", False),
        ("call 123456", False),
        ("1" * 30, False),
    ],
)
def test_a_phone_looks_like_one(company, owner, phone, is_one):
    if is_one:
        assert change_profile(company, by=owner, phone=phone).phone == phone
        return
    with pytest.raises(ValidationError) as caught:
        change_profile(company, by=owner, phone=phone, founded=3020)
    assert set(caught.value.error_dict) == {"phone", "founded"}
