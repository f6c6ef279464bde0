import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation

from chambers.forms.codes import CodesField
from chambers.models import TradeCode
from chambers.selectors.codes import find_codes, head_of, key_of
from chambers.services.codes import index_codes
from seeds import reference
from tests.factories import TradeCodeFactory

pytestmark = pytest.mark.django_db

ROWS = [
    ("90", "", "Optical, measuring and medical instruments", "Приборы", "光学機器・測定機器"),
    ("9026", "90", "Flow, level and pressure instruments",
     "Приборы для измерения расхода, уровня и давления", "流量計・レベル計・圧力計"),
    ("902620", "9026", "Pressure sensors and gauges", "Датчики давления и манометры",
     "圧力センサー・圧力計"),
    ("902690", "9026", "Parts of flow and pressure instruments",
     "Части расходомеров и манометров", "流量計・圧力計の部品"),
    ("84", "", "Machinery", "Оборудование", "機械類"),
    ("8413", "84", "Pumps for liquids", "Насосы жидкостные", "液体ポンプ"),
]  # fmt: skip


@pytest.fixture
def codes():
    made = {}
    for code, above, en, ru, ja in ROWS:
        made[code] = TradeCodeFactory(
            code=code, label_en=en, short_en=en, label_ru=ru, label_ja=ja, parent=made.get(above)
        )
    made["26"] = TradeCodeFactory(
        scheme="nace", code="26", label_en="Computers and electronics",
        label_ru="Электроника и приборы", label_ja="電子機器製造",
    )  # fmt: skip
    index_codes()
    return made


def found(text, **options):
    return [one.code for one in find_codes(text, **options).codes]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("расход", "9026"),
        ("расхода", "9026"),
        ("давления датчик", "902620"),
        ("datchik davleniya", "902620"),
        ("pressure sensor", "902620"),
        ("Pressure Gauges", "902620"),
        ("圧力センサー", "902620"),
        ("流量計", "9026"),
        ("ｐｕｍｐ", "8413"),
        ("насосы", "8413"),
        ("нас", "8413"),
        ("электроника", "26"),
        ("presure sensors", "902620"),
        ("pressure senser", "902620"),
        ("9026", "9026"),
        ("9026.20", "902620"),
    ],
)
def test_a_word_of_any_language_or_a_part_of_it_finds_the_code(codes, typed, first):
    for reader in ("en", "ru", "ja"):
        with translation.override(reader):
            assert found(typed)[0] == first


@pytest.mark.parametrize(
    ("typed", "first", "meant"),
    [
        ("presure sensr", "902620", "Pressure sensors"),
        ("presure senzor", "902620", "Pressure sensors"),
        ("датчки", "902620", "Датчики"),
        ("датчки давлния", "902620", "Датчики давления"),
        ("圧力センソー", "902620", "圧力センサー"),
        ("pupms", "8413", "Pumps"),
    ],
)
def test_misspelt_words_find_what_was_meant_and_say_so(codes, typed, first, meant):
    TradeCodeFactory(code="8201", label_en="Scythes", label_ru="Косы", label_ja="鎌", parent=None)
    index_codes()

    answer = find_codes(typed)

    assert answer.codes[0].code == first
    assert answer.read_as.casefold() == meant.casefold()
    assert find_codes(meant).read_as == ""


def test_a_picker_says_which_words_it_has_answered(client, codes):
    asked = {"field": "codes", "codes_words": "presure sensr", "schemes": "hs,nace"}
    part = client.get("/en/codes/", asked, headers={"HX-Request": "true"}).content.decode()
    page = client.get("/en/codes/", {"q": "presure sensr"}).content.decode()

    for text in (part, page):
        assert "Results for “pressure sensors”" in text
        assert "902620" in text


def test_every_word_is_asked_for_and_may_stand_in_the_heading_above(codes):
    assert found("давления части") == ["902690"]
    assert found("parts pump") == []


def test_own_words_come_before_those_of_the_heading_above(codes):
    assert found("flow") == ["9026", "902690", "902620"]


@pytest.mark.parametrize("typed", ["", "  ", "из", "a", "\x00", "'; drop", "()&|!:*", "zzzzqqq"])
def test_what_says_nothing_finds_nothing_and_breaks_nothing(codes, typed):
    assert found(typed) == []


def test_a_scheme_can_be_left_out(codes):
    assert found("приборы", schemes=["nace"]) == ["26"]


def test_only_codes_that_are_not_found_yet_are_indexed(codes):
    assert index_codes() == 0

    TradeCodeFactory(code="1001", label_en="Wheat")

    assert index_codes() == 1
    assert found("wheat") == ["1001"]
    assert index_codes(anew=True) == len(codes) + 1


def test_the_nomenclature_is_found_by_everyday_words_of_three_languages():
    reference.load_reference()

    misses = {
        word
        for scheme in ("hs", "nace")
        for code, spoken in reference.everyday_words(scheme).items()
        for words in spoken.values()
        for word in words.split("; ")
        if not any(one.startswith(code) for one in found(word)[:5])
    }
    assert not misses
    assert "9026" in found("расход")[:3]
    assert "902620" in found("датчик давления")[:2]
    assert "902610" in found("расходомер")[:2]
    assert found("半導体製造装置")[0].startswith("8486")
    assert "8413" in found("pumps")[:6]
    assert not TradeCode.objects.filter(search=None).exists()
    # What a name calls the thing comes before what it is for, or is named beside it.
    firsts = {
        "8481": ("valve", "клапан", "バルブ"),
        "8413": ("pump", "насос", "ポンプ"),
        "4011": ("tyre", "шины", "タイヤ"),
        "48": ("paper", "бумага"),
        "2523": ("cement", "цемент"),
        "64": ("обувь",),
        "0401": ("milk", "молоко"),  # not milking machines
        "0409": ("honey", "мёд", "蜂蜜"),  # not copper, медь
        "8482": ("bearing", "подшипник", "軸受"),
        "8471": ("laptop", "ноутбук", "パソコン"),  # what no label says
        "8414": ("compressor", "コンプレッサー"),
        "8703": ("car",),  # not гольф-кары
        "94": ("furniture", "мебель", "家具"),  # not фурнитура
        "7306": ("steel pipes", "стальные трубы"),
    }
    wrong = {
        word: found(word, schemes=["hs"])[:3]
        for first, said in firsts.items()
        for word in said
        if found(word, schemes=["hs"])[0] != first
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "language", "head"),
    [
        ("Safety valves and taps", "en", "valves"),
        ("Pumps for liquids", "en", "Pumps"),
        ("Tyre cord fabric", "en", "fabric"),
        ("Ball and roller bearings", "en", "Ball bearings"),
        ("Accumulators (rechargeable batteries)", "en", "Accumulators"),
        ("Вакуумные насосы, компрессоры", "ru", "насосы"),
        ("Производство мебели", "ru", "Производство"),
        ("バルブ・コック・弁", "ja", "バルブ"),
        ("", "ru", ""),
    ],
)
def test_the_head_of_a_name_is_what_it_calls_the_thing(name, language, head):
    assert head_of(name, language) == head


# ---------------------------------------------------------------- the field
class Form(forms.Form):
    title = forms.CharField()
    codes = CodesField(label="Trade codes", required=False, at_most=2)


def sent(**values):
    data = QueryDict(mutable=True)
    for name, value in {"title": "Sensors", **values}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def test_ticked_codes_become_rows(codes):
    form = Form(sent(codes=["hs:9026", "nace:26", "hs:9026"]))

    assert form.is_valid()
    assert form.cleaned_data["codes"] == [codes["9026"], codes["26"]]
    assert form.has_changed()


def test_looking_for_codes_saves_nothing_and_keeps_what_is_ticked_and_typed(codes):
    form = Form(sent(codes=["nace:26"], codes_words="давление", codes_find="1"))

    assert form.errors.as_data()["codes"][0].code == "looking"
    lists = form["codes"].lists
    assert [one.key for one in lists.chosen] == ["nace:26"]
    assert "hs:902620" in [one.key for one in lists.found]
    assert form["title"].value() == "Sensors"


def test_the_find_button_without_words_is_no_obstacle(codes):
    assert Form(sent(codes=["hs:9026"], codes_find="1", codes_words=" ")).is_valid()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (["hs:9026", "hs:84", "hs:8413"], "too_many_codes"),
        (["hs:9999"], "unknown_code"),
        (["nonsense"], "unknown_code"),
        (["hs:'; drop table"], "unknown_code"),
    ],
)
def test_what_cannot_be_chosen_is_refused_beside_the_field(codes, keys, code):
    form = Form(sent(codes=keys))

    assert [one.code for one in form.errors.as_data()["codes"]] == [code]


def test_a_form_shows_what_is_stored(codes):
    form = Form(initial={"codes": [codes["9026"]]})

    assert [(one.key, one.picked) for one in form["codes"].lists.chosen] == [("hs:9026", True)]
    assert not form["codes"].lists.found
    assert key_of(codes["26"]) == "nace:26"


# ---------------------------------------------------------------- the page and its fragment
def test_guests_find_codes_on_a_page_of_its_own(client, codes):
    page = client.get("/ru/codes/", {"q": "расход"}).content.decode()

    assert "HS 9026" in page
    assert "Приборы для измерения расхода, уровня и давления" in page
    assert "HS 8413" not in page


def test_a_picker_gets_boxes_and_keeps_the_ticked_ones(client, codes):
    asked = {"field": "codes", "codes": ["nace:26"], "codes_words": "насос", "schemes": "hs,nace"}
    part = client.get("/ru/codes/", asked, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert 'name="codes" value="nace:26" checked' in part
    assert 'name="codes" value="hs:8413">' in part
    assert 'id="id_codes_lists"' in part


@pytest.mark.parametrize("field", ["", "<script>", "Codes", "x" * 60])
def test_a_field_of_another_name_gets_the_page_of_codes(client, codes, field):
    part = client.get("/en/codes/", {"field": field}, headers={"HX-Request": "true"})

    assert "<script>" not in part.content.decode()
    assert 'id="results"' in part.content.decode()
