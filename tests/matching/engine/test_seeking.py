"""What a company seeks is not taken for what it offers, in English, Russian and Japanese."""

import pytest

from matching.engine.seeking import offered


def words(text):
    return " ".join(offered(text).split())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("We make harvesters. We seek suppliers of oil and gas.", "We make harvesters."),
        ("We make ploughs and seek oil, and we sell them.", "We make ploughs and we sell them."),
        ("We buy scrap and produce steel.", "and produce steel."),
        ("We seek makers who build pumps and produce valves.", ""),
        ("We want to buy crude oil.", "We"),
        ("Wanted: crude oil\nWe forge anchors.", "We forge anchors."),
        ("We are looking for:\n- oil\n- gas\n\nWe forge anchors.", "We We forge anchors."),
        ("Производим комбайны. Ищем поставщиков нефти.", "Производим комбайны."),
        ("Производим комбайны и закупаем шины.", "Производим комбайны и"),
        ("Закупаем нефть и производим битум.", "производим битум."),
        ("Нам нужны насосы. Куём якоря.", "Куём якоря."),
        (
            "コンバインを製造しています。石油の供給業者を求めています。",
            "コンバインを製造しています。",
        ),
        ("コンバインを製造し、石油の供給業者を探しています。", "コンバインを製造し、"),
        ("石油の購入を検討しています。", ""),
    ],
)
def test_what_is_sought_is_left_out(text, kept):
    assert words(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Pumps for customers seeking reliability.",
        "If you are looking for pumps, ask us.",
        "We seek to build the best pumps.",
        "A platform for merchants who are looking for actors.",
        "Job seekers find work.",
        "Насосы там, где требуется точность.",
        "お客様が求める品質のポンプを製造しています。",
        "世界が求めている技術を提供します。",
        "",
    ],
)
def test_what_others_seek_is_part_of_what_is_offered(text):
    assert words(text) == text
