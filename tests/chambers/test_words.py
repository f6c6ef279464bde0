import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chambers.words import (
    TEXT_LIMIT,
    WORD_LIMIT,
    capitals,
    fold,
    language_of,
    lexemes,
    surface_forms,
    transliterate,
)

unhurried = settings(deadline=None)  # a busy machine is no failure


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Pressure sensors", "PRESSURE SENSOR", "en"),
        ("Ｐｒｅｓｓｕｒｅ", "pressure", "en"),
        ("Nestlé", "Nestle", "en"),
        ("résumé", "resume", "fr"),
        ("cafe\u0301", "café", "en"),
        ("ёмкость", "емкость", "ru"),
        ("датчик давления", "датчики давлений", "ru"),
        ("ｾﾝｻｰ", "センサー", "ja"),
        ("ガス", "カ\u3099ス", "ja"),
        ("exportación", "exportaciones", "es"),
        ("exportación", "exportacion", "es"),
        ("Maschinen", "Maschine", "de"),
        ("STRASSE", "Straße", "de"),
    ],
)
def test_two_ways_to_write_the_same_words_give_the_same_lexemes(one, other, language):
    assert lexemes(one, language) == lexemes(other, language) != []


def test_each_script_is_read_in_its_own_way_whatever_the_language_of_the_text():
    assert lexemes("Датчики для pumps", "ja") == ["датчик", "pump"]
    assert lexemes("半導体製造") == ["半導", "導体", "体製", "製造"]
    assert lexemes("圧力センサーを製造しています。") == [
        "圧力",
        "センサー",
        "セン",
        "ンサ",
        "サー",
        "製造",
    ]
    assert lexemes("鉄") == ["鉄"]
    assert lexemes("삼성전자") == ["삼성", "성전", "전자"]
    assert lexemes("شركة الراجحي हिन्दी") == ["شركة", "الراجحي", "हिन्दी"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Pumps and valves for the chemical industry", "en"),
        ("Pumpen und Ventile für die chemische Industrie", "de"),
        ("Pompes et vannes pour l'industrie chimique", "fr"),
        ("Bombas y válvulas para la industria química", "es"),
        ("Насосы и клапаны", "ru"),
        ("半導体製造装置のメーカーです", "ja"),
        ("半导体制造设备", "zh"),
        ("반도체 장비", "ko"),
        ("Clarion Co., Ltd. (クラリオン株式会社) is a Japanese manufacturer of car audio", "en"),
        ("Завод ABB в Москве", "ru"),
        ("9026.10", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_most_of_its_letters_and_its_small_words(text, language):
    assert language_of(text) == language


def test_order_and_repetitions_are_kept():
    assert lexemes("pumps and valves, pump") == ["pump", "valv", "pump"]


def test_codes_are_found_with_and_without_their_point():
    assert lexemes("HS 9026.10, 8413") == ["hs", "9026", "902610", "8413"]
    assert set(lexemes("902610")) <= set(lexemes("9026.10"))


def test_stop_words_and_single_letters_say_nothing():
    assert lexemes("The house of R & D, in a 5") == ["hous"]
    assert lexemes("в и на он А") == []
    assert lexemes("die Pumpe und das Rad", "de") == ["pump", "rad"]
    assert lexemes("die casting", "en") == ["die", "cast"]


@pytest.mark.parametrize("text", ["", " ", "!!!", "\u0301", "\ud800", "\x00"])
def test_a_text_without_words_has_no_lexemes(text):
    assert lexemes(text) == []
    assert surface_forms(text) == {}


def test_an_unknown_language_is_read_as_english():
    assert lexemes("sensors", "xx") == lexemes("sensors", None) == lexemes("sensors", "en-GB")


def test_surface_forms_show_the_words_as_they_were_written():
    shown = surface_forms("датчики, Датчик и датчики, ｾﾝｻｰ 9026.10 Nestlé")

    assert shown["датчик"] == "датчики"
    assert shown["センサー"] == "ｾﾝｻｰ"
    assert shown["902610"] == "9026.10"
    assert shown["nestl"] == "Nestlé"


def test_a_pair_of_characters_is_shown_as_the_run_it_comes_from():
    assert surface_forms("半導体を製造")["導体"] == "半導体"
    assert surface_forms("一" * 30 + "二")["一二"] == "一二"


def test_cyrillic_is_written_in_latin_letters():
    assert transliterate("Щит и ромашка") == "Shchit i romashka"
    assert transliterate("ЩИТ") == "SHCHIT"
    assert transliterate("Tokyo 東京") == "Tokyo 東京"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 12_000,
        "株" * 12_000,
        "\u0301\u0316" * 100_000,
        "\ufdfa" * 20_000,
        "1." * 10_000,
        " ".join(map(str, range(20_000))),
        "ー" * 12_000,
    ],
    ids=["letter", "kanji", "marks", "ligatures", "digits", "numbers", "long vowels"],
)
def test_a_hostile_text_is_read_in_bounded_time_and_space(text):
    started = time.thread_time()

    found = lexemes(text)

    assert time.thread_time() - started < 1
    assert sum(map(len, found)) <= 3 * TEXT_LIMIT
    assert all(len(lexeme) <= WORD_LIMIT for lexeme in found)


@unhurried
@given(st.text())
def test_any_text_gives_clean_lexemes_that_all_have_a_surface_form(text):
    found = lexemes(text)

    assert all(lexeme and not any(map(str.isspace, lexeme)) for lexeme in found)
    assert set(found) == set(surface_forms(text))
    assert len(language_of(text)) == 2


@unhurried
@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def test_threads_share_no_stemmer():
    answers: set[tuple[str, ...]] = set()

    def read() -> None:
        answers.update(tuple(lexemes("pressure sensors датчики")) for _ in range(300))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {("pressur", "sensor", "датчик")}


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("We make pumps in Minsk. Pumps for Gomel and LED lamps.", "en", {"minsk", "gomel"}),
        ("Мы делаем насосы в Минске. Насосы для Гомеля.", "ru", {"минск", "гомел"}),
        ("Cermets wanted\nValves wanted for Minsk", "en", {"minsk"}),
        ("Сделано в Минске. Насосы и клапаны для воды.", "ru", {"минск"}),
        ("PUMPS FOR WATER AND HEATING SYSTEMS", "en", set()),
        ("Wir bauen Pumpen in Minsk.", "de", set()),
        ("Pressure Sensors For Industry", "en", set()),
        ("ポンプを製造", "ja", set()),
        ("", "en", set()),
    ],
)
def test_names_are_told_by_a_capital_within_a_sentence(text, language, names):
    assert capitals(text, language) == names


def test_words_of_ones_own_name_are_names_unless_the_text_also_says_them():
    text = "Cranes Software sells programs. Cranes is listed."

    assert capitals(text, "en") == {"softwar"}
    assert capitals(text, "en", own="Cranes Software Ltd") == {"crane", "softwar"}
    assert "crane" not in capitals(f"{text} Its cranes lift.", "en", own="Cranes Software Ltd")
