"""Invented offers and requests in every stage of a review, for the companies of the scripts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marketplace import services
from marketplace.models import Opportunity
from marketplace.selectors.contents import content_of
from marketplace.services.reviews import review_opportunity
from marketplace.services.revisions import revise_opportunity

if TYPE_CHECKING:
    from seeds.demo import World

OURS, THEIRS = "romashka-sensor", "asahi-keiso"
_GOOD = {"clarity": 4, "substance": 4, "partner": 3, "value": 4}
_THIN = {"clarity": 2, "substance": 2, "partner": 1, "value": 2}
_OFFER = {
    "side": "offer",
    "kind": "technology",
    "title": {
        "en": "A way to calibrate pressure sensors without taking them out",
        "ru": "Способ калибровки датчиков давления без снятия с трубы",
        "ja": "取り外さずに圧力センサーを校正する方法",
    },
    "text": {
        "en": "Tried for two years at three water works. We look for a maker of instruments who"
        " builds it into their own line under licence; drawings and training are included.",
        "ru": "Испытано два года на трёх водоканалах. Ищем производителя приборов, который"
        " встроит способ в свою серию по лицензии; чертежи и обучение входят.",
        "ja": "3つの浄水場で2年間試験しました。ライセンスにより自社製品に組み込む計器メーカーを"
        "求めています。図面と研修を含みます。",
    },
    "cooperation": ["licence", "joint_venture"],
}
_REQUEST = {
    "side": "demand",
    "kind": "goods",
    "title": {
        "en": "Gauges for liquids and gases, two thousand a year",
        "ja": "液体・気体用の計器、年間2,000台",
    },
    "text": {
        "en": "For our own machines; output 4–20 mA, accuracy 0.25 %, deliveries each quarter.",
        "ja": "自社装置向け。出力4〜20 mA、精度0.25 %、四半期ごとの納入。",
    },
    "cooperation": ["supply"],
}
_THIN_OFFER = {
    "side": "offer",
    "kind": "service",
    "title": {"en": "Service for instruments", "ru": "Сервис приборов"},
    "text": {"en": "We repair instruments.", "ru": "Ремонтируем приборы."},
}


def review_some(world: World) -> None:
    """Two anonymous ones, one on hold, one published by scores whose changed text waits."""
    if not {OURS, THEIRS} <= world.companies.keys():
        return
    for key, told, name in ((OURS, _OFFER, "9026"), (THEIRS, _REQUEST, "9026")):
        one = _handed_in(world, key, told, [("hs", name)], is_anonymous=True)
        comments = {"partner": "Say in which countries."}
        review_opportunity(one, by=world.operator, scores=_GOOD, comments=comments)
    held = _handed_in(world, OURS, _THIN_OFFER, [("hs", "9026")])
    review_opportunity(
        held,
        by=world.operator,
        scores=_THIN,
        comments={"partner": "Whom do you look for?"},
        comment="State which instruments, how fast, and at what price.",
    )
    _change_one(world)


def _handed_in(
    world: World, key: str, told: dict[str, Any], codes: list[tuple[str, str]], **said: Any
) -> Opportunity:
    contact = world.contacts[key]
    draft = services.draft_opportunity(
        world.companies[key],
        by=contact,
        codes=[world.codes[one] for one in codes if one in world.codes],
        **told,
        **said,
    )
    return services.submit_opportunity(draft, by=contact)


def _change_one(world: World) -> None:
    """The newest named offer of the first company: it ends soon, and a longer text waits."""
    mine = Opportunity.objects.on_show().named().filter(company=world.companies[OURS])
    one = mine.filter(side="offer").order_by("pk").first()
    if one is None:
        return
    Opportunity.objects.filter(pk=one.pk).update(expires_on=world.today + dt.timedelta(days=12))
    before = content_of(one)
    text = {code: f"{words} ISO 9001." for code, words in before.text.items()}
    revise_opportunity(one, by=world.contacts[OURS], content=replace(before, text=text))
