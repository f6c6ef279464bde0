"""What tells who wrote an anonymous text is found in every script; the rest is left alone."""

import pytest

from marketplace.brands import product_names
from marketplace.leaks import Own, find_leaks
from marketplace.selectors.leaks import leaks_in
from tests.factories import CompanyFactory, CountryFactory, OpportunityFactory

ROMASHKA = Own(
    names=("ООО «Ромашка Сенсор»", "Romashka Sensor LLC"),
    people=("Анна Петрова", "Boris Ivanov"),
    numbers=("7701234567",),
)
ASAHI = Own(
    names=("株式会社アサヒ計装", "Asahi Keiso Co., Ltd."),
    people=("田中 恵子",),
    numbers=("1234567890123",),
)
MINGHUI = Own(
    names=("上海明辉电子有限公司", "Shanghai Minghui Electronics Co., Ltd."), people=("王小明",)
)
OF_ROMASHKA = [
    "Компания Ромашка Сенсор предлагает датчики",
    'Датчики от ООО "РОМАШКА-СЕНСОР", Москва',
    "Продукция «Ромашки Сенсор» известна",
    "Наш завод ромашкасенсор",
    "We are Romashka Sensor and sell sensors",
    "Sold in Kazakhstan. Romashka makes these for pumps",
    "Romashka: pressure sensors",
    "Made by romashka since 1999",
    "Sensors of ROMASHKA",
    "Romachka Sensor makes them",
    "Sensors. Romachka makes them",
    "Romahska Sensor makes them",
    "RomashkaSenser makes them",
    "R o m a s h k a makes these",
    "made by r-o-m-a-s-h-k-a",
    "Р О М А Ш К А",
    "R o m a s h k a  S e n s o r",
    "R0mashka Sens0r makes them",
    "Sensors by R0m4shk4",
    "Sensors by Rom@shka",
    "Датчики Poмашка Ceнcop",
    "ロマシカ製の圧力センサー",
    "ロマシカセンサーの圧力計",
    "RomashkaSensor makes pressure sensors",
    "ROMASHKA-SENSOR pressure sensors",
    "Sensors made by romashka sensor since 1999",
    "ロマシュカ・センサーの圧力センサー",
    "当社Romashka Sensorは圧力計を製造",
    "Пишите: anna@romashka-sensor.example",
    "Write to anna (at) romashka (dot) example",
    "Пишите на anna собака romashka.ru",
    "メール：ａｎｎａ＠ｒｏｍａｓｈｋａ．ｒｕ まで",
    "See www.romashka-sensor.ru/catalog",
    "Каталог: https://romashka.example/a",
    "Сайт romashka-sensor.рф",
    "Звоните +7 495 123-45-67",
    "Звоните 8 (495) 123 45 67",
    "тел. 123-45-67",
    "Phone 0044 20 7946 0958",
    "Call us: 495 1234567",
    "ИНН 7701234567",
    "ИНН 77 0123 4567",
    "Спросите Анну Петрову",
    "Ask Anna Petrova for prices",
    "Ask for Boris Ivanov",
    "Патент РФ № 2 712 345",
    "Защищено патентом RU 2712345 C1",
    "Patent US 10,123,456 B2",
    "TurboSens™ technology",
    "Telegram: @romashka",
    "Связь: г-н Петров",
    "Пишите t.me/agrosupply2026",
    "wa.me/79161234567",
    "discord.gg/xyz",
    "More at bit.ly/3abc",
    "sales at gmail dot com",
    "sales2026 собака mail точка ru",
    "WeChat ID zhangwei88",
    "微信号 zhangwei88",
    "Вопросы: А. Петрова",
    "Спросите Петрову о ценах",
]
OF_ASAHI = [
    "アサヒ計装の圧力計",
    "あさひ計装は半導体装置を製造しています",
    "担当は田中様まで",
    "ｱｻﾋ計装は半導体装置を製造しています",
    "アサヒ 計装製",
    "Asahi Keiso seeks sensors",
    "Мы, Asahi Keiso, ищем",
    "電話 03-1234-5678",
    "０３－１２３４－５６７８まで",
    "お問い合わせは info@asahi.co.jp まで",
    "担当：田中恵子",
    "田中さんまで連絡ください",
    "特許第6543210号",
    "当社サイトは asahi-keiso.jp です",
]
OF_MINGHUI = [
    "上海明辉电子生产传感器",
    "明辉电子 上海明辉电子有限公司",
    "请致电 138 0013 8000",
    "电话：021-12345678",
    "微信：minghui2020",
    "邮箱 wang@minghui.cn",
    "网址 www.minghui.com.cn",
    "联系人：王小明",
    "Minghui Electronics sensors",
    "Shanghai Minghui Electronics sensors",
    "王先生负责出口",
]
HARMLESS = [
    "Датчики давления по ГОСТ 12.2.003-91, ISO 9001:2015, HS 9026.10",
    "Поставка 1 000 000 – 5 000 000 USD в год, с 2024-01-01 по 2026-12-31",
    "Код ТН ВЭД 9026 10 290 0, объём 100 000 000 шт",
    "Сенсорные экраны 10,1 дюйма, IP67, −40…+85 °C",
    "Pressure sensors 0–10 000 kPa, accuracy 0.25 %, 4–20 mA, i.e. standard",
    "Сенсор давления нового типа. Сенсор влажности.",
    "We seek distributors in Japan, Kazakhstan and China for 2026-2027.",
    "Sensors, valves etc. Minimum order 500 pieces, e.g. for pumps.",
    "Проект на 250 000 000 руб. в Московской области",
    "Node version 10.15.3 and 192.168.0.1",
    "Контракт до 31.12.2027, партии по 1500 шт.",
    "Товары: 8486.20, 9026.10.29.00; партия 12 345 678 кг",
    "Мы ищем партнёра и т.д. и т.п.",
    "Chamomile fields and daisy sensors",
    "圧力センサーの仕様をお送りします。年間1,000,000個。",
    "皆さんのご応募をお待ちしております。お客様の多様な要望",
    "1990年から2024年まで製造、ISO 14001取得",
    "年产量 1 000 000 件，价格 100,000,000 元，HS 9026.20",
    "寻求电子元件供应商，交货期30天",
    "Sensors for pumps. Sensor types: pressure, level. Sensor life: ten years.",
    "Roman numerals on dials. Romantic lighting. Remarks are welcome.",
    "Датчики. Романтика не нужна. Сенсоры на заказ. Размашка исключена.",
    "A B C D grades; sizes S M L X; vitamins A, B, C, D, E and K",
    "Grades 4A 3B 1C2, 10x20x30 mm, M8x1 thread, 24V0 coils, B2B sales",
    "センサー、マシン、ロボットアーム用の部品。ロマンチックな照明。",
    "Shipping from Sensor City is no matter. Pressure is 10 bar. Keys and seals.",
]


@pytest.mark.parametrize(
    ("own", "text"),
    [
        *((ROMASHKA, text) for text in OF_ROMASHKA),
        *((ASAHI, text) for text in OF_ASAHI),
        *((MINGHUI, text) for text in OF_MINGHUI),
    ],
)
def test_every_seeded_leak_is_found(own, text):
    assert find_leaks(text, own)


@pytest.mark.parametrize("own", [ROMASHKA, ASAHI, MINGHUI])
@pytest.mark.parametrize("text", HARMLESS)
def test_codes_standards_dates_and_amounts_are_no_leaks(own, text):
    assert find_leaks(text, own) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Пишите: anna@romashka.example", "email"),
        ("See www.romashka.example/catalog", "url"),
        ("電話 03-1234-5678", "phone"),
        ("Ромашки Сенсор", "name"),
        ("ИНН 7701234567", "number"),
        ("Ask Anna Petrova", "person"),
        ("Патент РФ № 2 712 345", "patent"),
        ("TurboSens™ technology", "mark"),
        ("Telegram: @sensors", "account"),
    ],
)
def test_a_finding_says_what_it_is(text, kind):
    assert kind in {one.kind for one in find_leaks(text, ROMASHKA)}


def test_another_company_is_no_leak_of_ones_own():
    assert find_leaks("アサヒ計装の圧力計", ROMASHKA) == []


SENSOR = Own(names=("Sensor LLC",))
VALVEX = Own(names=("Valvex Trading LLC",), ordinary=frozenset({"valves"}))


@pytest.mark.parametrize(
    ("own", "text", "told"),
    [
        (SENSOR, "Sensor for pumps. Each sensor is tested; sensors ship weekly.", False),
        (SENSOR, "Датчик — сенсор давления. Сенсор проверен.", False),
        (SENSOR, "Made by “Sensor” in lots of ten", True),
        (VALVEX, "Valves of steel, and valves of brass", False),
        (VALVEX, "Pumps. Valvex makes them", True),
    ],
)
def test_a_name_of_ordinary_words_is_one_only_where_it_stands_out(own, text, told):
    assert bool(find_leaks(text, own)) == told


# --- names of products that only this company uses

PROFILE = {
    "en": "We make TurboSens gauges, the series RS-2000X and Flowmaster valves. Our valves are"
    " known in Kazakhstan and certified by ISO-9001. We deliver Modbus converters.",
    "ru": "Выпускаем датчики «ТермоЩит», вентили Гидролот. Работаем в Казахстане.",
    "ja": "圧力計「サーモガード」を製造しています。",
}
OF_PRODUCTS = [
    "Gauges of the type turbosens for pumps",
    "Датчики Турбосенс для насосов",
    "TURBO-SENS gauges",
    "Gauge RS 2000X wanted by distributors",
    "RS2000X",
    "Flowmaster valves, 500 a month",
    "Ищем дилеров Термощита",
    "We offer Termoschit gauges",
    "Вентили «Гидролот» для воды",
    "gidrolot valves",
    "サーモガードの代理店を募集",
]


def test_what_is_written_as_the_name_of_a_product():
    found = {name for language, text in PROFILE.items() for name in product_names(text, language)}

    assert {"TurboSens", "RS-2000X", "Flowmaster", "ТермоЩит", "Гидролот", "サーモガード"} <= found
    assert not {"ISO-9001", "We", "Our", "Выпускаем", "valves"} & found


@pytest.fixture
def maker(db):
    """A company with a profile of brands; another one has converters that speak Modbus."""
    CountryFactory(code="KZ", name_en="Kazakhstan", name_ru="Казахстан", name_ja="カザフスタン")
    other = CompanyFactory(member=True, description={"en": "Modbus pumps"}, indexed=True)
    OpportunityFactory(company=other, published=True, title={"en": "Flowline meters"})
    return CompanyFactory(
        legal_name="ООО «Ромашка Сенсор»", member=True, description=PROFILE, indexed=True
    )


@pytest.mark.parametrize("text", OF_PRODUCTS)
def test_a_product_that_only_this_company_has_is_found_in_any_script(maker, text):
    assert {one.kind for one in leaks_in(maker, {"en": text}, {})} == {"product"}


@pytest.mark.parametrize("text", [*HARMLESS, "Converters with Modbus for valves", "Flow meters"])
def test_what_others_use_too_is_no_alarm(maker, text):
    assert leaks_in(maker, {"": text}, {}) == []


def test_a_name_is_known_from_named_items_and_not_from_anonymous_ones(maker):
    def kinds(text):
        return {one.kind for one in leaks_in(maker, {"en": text}, {})}

    hidden = {"title": {"en": "Pumps of the HydroMax line"}, "is_anonymous": True}
    OpportunityFactory(company=maker, published=True, **hidden)
    assert kinds("HydroMax pumps") == set()
    OpportunityFactory(company=maker, published=True, title={"en": "Pumps of the AquaMax line"})
    assert kinds("AquaMax pumps") == {"product"}

    rival = CompanyFactory(member=True)
    OpportunityFactory(company=rival, published=True, title={"en": "Spare parts for AquaMax"})

    assert kinds("AquaMax pumps") == set()


def test_a_word_of_the_name_that_trade_uses_is_no_alarm_at_the_start_of_a_sentence(db):
    anchor = CompanyFactory(member=True, legal_name="Anchora Marine LLC")

    def told(text):
        return [one.words for one in leaks_in(anchor, {}, {"en": text})]

    assert told("For ships. Anchors of steel.") == ["Anchors"]
    for _number in range(3):
        CompanyFactory(member=True, description={"en": "We forge anchors"}, indexed=True)
    assert told("For ships. Anchors of steel.") == []
    assert told("For ships. Anchora makes them.") == ["Anchora"]
