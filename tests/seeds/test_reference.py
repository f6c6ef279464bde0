import pytest
from django.core.management import call_command

from chambers.models import Chamber, Company, Country, TradeCode, User
from chambers.selectors.search import search_companies
from chambers.services import jobs
from seeds import reference
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


def test_the_whole_nomenclature_is_there_with_its_parents():
    reference.load_reference()

    levels = TradeCode.objects.filter(scheme="hs")
    assert [levels.filter(level=level).count() for level in (2, 4, 6)] == [97, 1229, 5613]
    flow_meters = TradeCode.objects.select_related("parent__parent").get(code="902610")
    assert (flow_meters.parent.code, flow_meters.parent.parent.code) == ("9026", "90")
    assert not levels.filter(level__gt=2, parent=None).exists()
    assert TradeCode.objects.get(scheme="nace", code="26").parent.code == "C"
    assert Country.objects.get(code="BY").name_ru == "Беларусь"


def test_english_comes_from_the_nomenclature_with_a_short_label_beside_it():
    reference.load_reference()

    heading = TradeCode.objects.get(scheme="hs", code="9026")
    assert heading.label_en.startswith("Instruments, apparatus for measuring or checking the flow")
    assert heading.short_en == "Flow, level and pressure instruments"
    assert heading.label_ru == "Приборы для измерения расхода, уровня и давления"
    assert heading.label_ja == "流量計・レベル計・圧力計"


def test_a_second_load_changes_nothing_and_a_label_changed_by_hand_comes_back():
    reference.load_reference()
    assert reference.load_reference() == 0

    TradeCode.objects.filter(code="9026").update(label_ru="Не то", parent=None)
    beef = CompanyFactory(member=True, codes=[TradeCode.objects.get(scheme="hs", code="0201")])

    assert reference.load_reference() == 1
    jobs.work_off()  # who works under a code is found by what it is called now
    found = search_companies(Company.objects.listed(), "говядина", member=True)
    assert list(found) == [beef]
    heading = TradeCode.objects.get(code="9026")
    assert heading.label_ru == "Приборы для измерения расхода, уровня и давления"
    assert heading.parent.code == "90"


def test_seed_without_the_demo_makes_nobody(capsys):
    call_command("seed", no_demo=True)

    assert TradeCode.objects.count() > 7000
    assert not User.objects.exists()
    assert not Chamber.objects.exists()
    assert "Reference data is there" in capsys.readouterr().out
