import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chambers.names import (
    CANDIDATE,
    Parts,
    beside,
    brand,
    display_parts,
    grouping_key,
    latin,
    similarity,
)
from chambers.words import transliterate

unhurried = settings(deadline=None)  # a busy machine is no failure

names = st.one_of(
    st.text(max_size=60),
    st.text(alphabet='АБВабвёйщООО «»"株式会社㈱ガカ゛ーabcéLtd.&/-() शक', max_size=30),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("شركة الراجحي", "شركة الأهلي"),
        ("SIA Rimi Latvia", "SIA Maxima Latvija"),
        ("UAB Vilniaus Duona", "UAB Kauno Grudai"),
        ("S.C. Dacia S.R.L.", "S.C. Petrom S.R.L."),
        ("บริษัท ปตท จำกัด (มหาชน)", "บริษัท ไทยออยล์ จำกัด (มหาชน)"),
        ("ООО Ромашка", "ООО Василёк"),
        ("PT Astra International Tbk", "PT Telkom Indonesia Tbk"),
        ("OOO Gazprom Neft", "OOO Lukoil"),
        ("CÔNG TY CỔ PHẦN SỮA VIỆT NAM", "CÔNG TY CỔ PHẦN THÉP HÒA PHÁT"),
        ("주식회사 삼성전자", "주식회사 현대자동차"),
        ("アクメ株式会社", "グロベックス合同会社"),
        ("トヨタ自動車株式会社", "日産自動車株式会社"),
        ("Aqua International Trading", "Aero International Trading"),
        ("A-B-C Company", "X-Y-Z Company"),
        ("Яндекс", "北京字节跳动"),
    ],
)
def test_unrelated_firms_of_one_legal_form_score_low(one, other):
    assert similarity(one, other) < 0.3
    assert grouping_key(one) != grouping_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社トヨタ自動車", "トヨタ自動車"),
        ("トヨタ自動車株式会社", "トヨタ自動車"),
        ("㈱トヨタ自動車", "株式会社トヨタ自動車"),
        ("株式会社メルカリ", "メルカリ"),
        ("ヤマハ発動機（株）", "ヤマハ発動機株式会社"),
        ("ﾄﾖﾀ自動車", "トヨタ自動車"),
        ("주식회사 삼성전자", "삼성전자"),
        ("(주)카카오", "카카오"),
        ("阿里巴巴集团控股有限公司", "阿里巴巴集团控股"),
        ("ООО «Ромашка»", "Ромашка"),
        ("ООО «Ромашка»", "OOO Romashka"),
        ("ПАО «ЛУКОЙЛ»", "Lukoil PJSC"),
        ("ООО «Яндекс»", "Yandex LLC"),
        ("Общество с ограниченной ответственностью «Берёзка»", "ООО Березка"),
        ("ЧУП «Белтехника»", "BELTEKHNIKA"),
        ("S.C. Dacia S.R.L.", "Dacia"),
        ("شركة الراجحي", "الراجحي"),
        ("ＡＣＭＥ Ｉｎｃ．", "Acme"),
        ("Telefónica, S.A.", "TELEFONICA SA"),
        ("Société Générale", "Societe\u0301 Ge\u0301ne\u0301rale"),
        ("Ørsted A/S", "Orsted"),
        ("Muster GmbH & Co. KG", "MUSTER"),
        ("Firma Nowak Sp. z o.o.", "Firma Nowak sp. z o. o."),
        ("Novák, spol. s r.o.", "NOVAK s. r. o."),
        ("Johnson & Johnson", "Johnson and Johnson, Inc."),
        ("Mitsui & Co., Ltd.", "Mitsui"),
        ("Arçelik A.Ş.", "Arcelik"),
        ("Infosys Pvt. Ltd.", "infosys"),
        ("Eesti Energia OÜ", "Eesti Energia"),
        ("Pemex, S.A. de C.V.", "PEMEX"),
    ],
)
def test_spellings_of_one_brand_share_a_key(one, other):
    assert grouping_key(one) == grouping_key(other) != ""
    assert similarity(one, other) == 1.0


def test_a_longer_brand_is_another_company_but_a_slip_of_the_pen_is_a_candidate():
    assert similarity("Gazprom", "Gazprom Neft") < CANDIDATE
    assert similarity("ООО «ГалВент»", "Galvant") >= CANDIDATE
    assert similarity("Gazprom Nefft", "ГазпромНефть") >= CANDIDATE
    assert similarity("Acme Holding", "Acme") >= CANDIDATE


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ООО «ГалВент»", Parts("ООО", "ГалВент", "")),
        ("Muster GmbH & Co. KG", Parts("", "Muster", "GmbH & Co. KG")),
        ("株式会社コンテック", Parts("株式会社", "コンテック", "")),
        ("UAB „Vilniaus duona“", Parts("UAB", "Vilniaus duona", "")),
        ('ООО "Торговый дом "Ромашка"', Parts("ООО", "Торговый дом Ромашка", "")),
        ("J.P. Morgan & Co.", Parts("", "J.P. Morgan", "& Co.")),
        ("Foo (Japan) Ltd", Parts("", "Foo (Japan)", "Ltd")),
        ("Canal+ SA", Parts("", "Canal+", "SA")),
        ("ИП Иванов И.И.", Parts("ИП", "Иванов И.И.", "")),
        ("GmbH", Parts("", "GmbH", "")),
        ("", Parts("", "", "")),
    ],
)
def test_a_name_is_taken_apart_at_its_legal_forms(name, parts):
    assert display_parts(name) == parts


@pytest.mark.parametrize(
    "name", ["ООО", "株式会社", "Ltd", "SIA UAB", "!!!", "™", "«»", "शक", "شركة", "ー"]
)
def test_a_name_that_is_only_form_or_signs_keeps_a_key_and_a_brand(name):
    assert grouping_key(name) != ""
    assert brand(name) != ""
    assert similarity(name, name) == 1.0


def test_different_signs_do_not_meet():
    assert grouping_key("!!!") != grouping_key("???")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ПАО «Газпром»", "Gazprom"),
        ("株式会社コンテック", "Kontekku"),
        ("キャッチャー", "Kyatcha"),
        ("フィルタ", "Firuta"),
        ("りんご", "Ringo"),
        ("SBIホールディングス株式会社", "SBI Horudingusu"),
        ("주식회사 삼성", "Samseong"),
        ("Ｌｉｘｉｌ Ltd", "Lixil Ltd"),
        ("Nestlé S.A.", "Nestlé S.A."),
        ("ヤマハ発動機株式会社", None),
        ("شركة الراجحي", None),
        ("", None),
    ],
)
def test_a_name_is_rendered_in_latin_letters_where_its_letters_can_be_read(name, expected):
    assert latin(name) == expected


@pytest.mark.parametrize(
    ("name", "given", "language", "expected"),
    [
        ("ООО «Ромашка»", "Romashka LLC", "en", "Romashka LLC"),
        ("ООО «Ромашка»", "", "en", "Romashka"),
        ("ООО «Ромашка»", "Romashka LLC", "ja", "Romashka LLC"),
        ("ООО «Ромашка»", "Romashka LLC", "ru", ""),
        ("ТОО «Алатау Мұнай» Ltd", "Alatau", "ru", ""),
        ("株式会社アサヒ計装", "Asahi Co., Ltd.", "ru", "Asahi Co., Ltd."),
        ("株式会社アサヒ計装", "Asahi Co., Ltd.", "ja", ""),
        ("山田商店", "", "en", ""),
        ("주식회사 삼성", "", "ja", "Samseong"),
        ("Nestlé S.A.", "Nestle", "ru", ""),
    ],
)
def test_a_latin_name_stands_beside_letters_that_the_reader_does_not_use(
    name, given, language, expected
):
    assert beside(name, given, language) == expected


@unhurried
@given(names)
def test_a_key_is_never_empty_and_the_key_of_a_key_is_itself(name):
    assume(name.strip())

    key = grouping_key(name)

    assert key != ""
    assert grouping_key(key) == key


@unhurried
@given(names)
def test_a_name_is_wholly_like_itself(name):
    assert similarity(name, name) == (1.0 if grouping_key(name) else 0.0)


@unhurried
@given(names, names)
def test_similarity_is_symmetric_and_a_share(one, other):
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0


@unhurried
@given(st.text(alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюя", min_size=1, max_size=20))
def test_a_cyrillic_brand_shares_its_key_with_its_transliteration(name):
    assert grouping_key(f"ООО {name}") == grouping_key(transliterate(f"ООО {name}"))


@unhurried
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_of_any_length_is_compared_in_bounded_time(one, other):
    assert 0.0 <= similarity(one * 1000, other * 1000) <= 1.0
