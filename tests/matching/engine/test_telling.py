"""What a word counts: by what it tells of a trade, and by how a text writes it."""

import math

import pytest

from matching.engine.prior import Learnt, shipped
from matching.engine.scoring import common
from matching.engine.telling import HEADED, LEAST, MOST, NAME, UNSEEN, Telling
from matching.engine.terms import word_terms
from matching.engine.weights import Weights, class_weight
from matching.evaluation.pool import profile_terms
from matching.evaluation.supply import read_table
from matching.evaluation.telling import find_telling, trade_words, without_general


def test_words_of_a_trade_tell_more_than_words_of_all_trades():
    of = shipped().telling.of

    for trade in ("valv", "knit", "wine", "semiconductor", "insur"):
        for anybody in ("togeth", "headquart", "north", "strateg", "serv"):
            assert of[trade] > 1.5 * of.get(anybody, NAME), (trade, anybody)
    assert all(LEAST <= told <= MOST for told in of.values())


def test_words_of_every_trade_count_less_than_those_of_one():
    of = shipped().telling.of
    everybody = "sell system solut busi equip offer servic provid product develop market manag"
    trades = "valv knit wine steel semiconductor tire textil paint cement coal milk insur"

    said_by_all = [of.get(word, NAME) for word in everybody.split()]
    assert max(said_by_all) < min(of[word] for word in trades.split())


def test_ranks_amounts_and_a_companys_own_history_tell_no_trade_wherever_they_stand():
    of = shipped().telling.of

    for general in ("fourth", "largest", "billion", "becam", "sold", "everi", "capac"):
        assert of[general] == LEAST, general
    told = without_general(Telling({"largest": 1.5, "valv": 1.2})).of
    assert (told["largest"], told["valv"], told["trillion"]) == (LEAST, 1.2, LEAST)


def test_a_word_of_a_registers_heading_counts_half_of_what_a_text_says():
    telling = Telling({"valv": 1.2})

    assert telling.headed(["valv"]) == {"valv": 0.6}
    assert profile_terms("Maker of valves", "en", "Valves; Pumps", telling) == {
        "w:maker": UNSEEN,
        "w:valv": 1.2,
        "w:pump": HEADED * UNSEEN,
    }


def test_a_name_counts_next_to_nothing_and_a_word_never_seen_less_than_a_usual_one():
    telling = Telling({"valv": 1.2})

    assert telling.confidences(["valv", "zorb", "minsk"], {"minsk"}) == {
        "valv": 1.2,
        "zorb": UNSEEN,
        "minsk": NAME,
    }
    assert NAME < telling.confidence("valv", capital=True) < telling.confidence("valv")
    assert word_terms(["valv", "zorb"], {"valv": 1.2}) == {"w:valv": 1.2, "w:zorb": 1.0}


def test_a_word_spread_like_all_companies_tells_little_however_rare_it_is():
    headings = [f"trade {number % 10}" for number in range(2000)]
    texts: list[set[str]] = [set() for _ in range(2000)]
    for number in range(200):  # each word in as many texts
        texts[10 * number + 3].add("pump")
        texts[10 * number + number % 10].add("even")
        texts[10 * number + (number + 1) % 10].add("evenly")
        texts[10 * number + number % 5].add("half")

    told = find_telling(texts, headings, frozenset({"even", "evenly", "half", "pump"})).of

    assert told["pump"] > 1 > told["half"] > told["even"]


def test_only_words_that_are_allowed_seen_often_enough_and_of_known_headings_are_told():
    texts = [{"pump", "seldom" if number < 5 else "often", "Names"} for number in range(60)]
    headings = ["trade" if number % 2 else "" for number in range(60)]

    told = find_telling(texts, headings, frozenset({"pump", "seldom", "often", "насос"})).of

    assert set(told) == {"pump", "often"}
    assert find_telling([], [], frozenset()).of == {}


def test_words_written_small_or_as_short_forms_are_no_names():
    texts = ["LED lamps by Minsk Works. Our lamps shine.", "The works in Minsk make lamps and LED."]

    words = trade_words(texts)

    assert {"lamp", "led", "make"} <= words
    assert "minsk" not in words


def test_what_is_shipped_is_read_back_as_it_was_written(tmp_path):
    shipped().save(tmp_path / "again.npz")

    again = Learnt.load(tmp_path / "again.npz")

    assert again.telling == shipped().telling
    assert (again.supply == shipped().supply).all()


def test_a_prior_multiplies_what_is_shared_at_most():
    weights = Weights(prior_gains=2.0, prior_leaves=0.2)

    assert common(0.0, 2.0, weights) == 0.0
    assert common(0.1, 2.0, weights) == pytest.approx(1 - math.exp(-0.2))
    assert common(1.0, 0.5, weights) == pytest.approx(1 - math.exp(-1.5))
    assert common(1.0, -2.0, weights) == pytest.approx(1 - math.exp(-0.2))


def test_in_a_small_market_a_word_that_nearly_everybody_says_meets_no_need():
    weights = Weights()
    said_by_most = class_weight("w", 6, 9, weights)

    assert UNSEEN**2 * said_by_most < weights.met_evidence
    assert class_weight("w", 2, 9, weights) > said_by_most


def test_a_buyer_and_a_seller_are_linked_both_ways_and_two_banks_are_rivals():
    divisions, lift = read_table()
    place = divisions.index

    assert (lift == lift.T).all()
    assert lift[place("10"), place("01")] > 0  # food from farms
    assert lift[place("14"), place("13")] > 0  # garments from textiles
    assert lift[place("64"), place("64")] < 0 > lift[place("64"), place("65")]
    assert lift[place("28"), place("64")] == 0


def test_topics_of_banks_are_rivals_and_those_of_cars_and_tyres_are_not():
    learnt = shipped()

    def between(one, other):
        first, second = (learnt.topics.index(learnt.topic(words)) for words in (one, other))
        return learnt.supply[first, second]

    bank = ["bank", "loan", "deposit", "branch", "mortgag", "save"]
    cars = ["auto", "vehicl", "brake", "steer", "engin", "part"]
    steel = ["steel", "stainless", "pipe", "alloy", "roll", "billet"]
    assert between(bank, bank) < -0.5
    assert between(cars, steel) > 0.3
