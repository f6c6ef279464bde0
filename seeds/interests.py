"""Interest that companies of the demo have expressed: one of each kind that a newcomer looks for.

An anonymous offer whose asker waits for a partner chamber, one that is late on its way over a
common partner, a direct one that waits for its owner, and one that was accepted.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from marketplace import services as marketplace
from marketplace.models import Interest, Opportunity
from marketplace.services import interests as services
from marketplace.services.interest_watch import watch_interests
from seeds.events import last_mails, let_mails_be_past

if TYPE_CHECKING:
    from seeds.demo import World

Side, Kind = Opportunity.Side, Opportunity.Kind
_ROMASHKA, _ASAHI, _STEP, _GOMEL = "romashka-sensor", "asahi-keiso", "step-trade", "gomel-agromash"
_SATO, _IRINA = "sato@tokyo-chamber.example", "irina@moscow-chamber.example"


def express(world: World) -> None:
    """As of some days ago; nobody is mailed now about it."""
    before = last_mails()
    _with_the_partner_s_chamber(world)
    _late_over_a_common_partner(world)
    for days in (7, 2):  # reminded, then handed to the commission
        watch_interests(_ago(days))
    _with_the_owner(world)
    _accepted(world)
    let_mails_be_past(*before)


def _with_the_partner_s_chamber(world: World) -> None:
    item = _anonymous(
        world,
        _ROMASHKA,
        Side.OFFER,
        "9026",
        {
            "en": "Level sensors for food tanks, made to order",
            "ru": "Датчики уровня для пищевых ёмкостей на заказ",
            "ja": "食品タンク用レベルセンサー（受注生産）",
        },
        {
            "en": "Made in lots of 50 and more, in stainless steel, within six weeks.",
            "ru": "Партиями от 50 штук, нержавеющая сталь, срок шесть недель.",
            "ja": "ステンレス製、50個から、納期6週間で製造します。",
        },
    )
    interest = _ask(
        world,
        item,
        _ASAHI,
        days_ago=3,
        cooperation="A first order of 200 pieces for dairy tanks, then a yearly contract.",
        missing="Which materials touch the product? Is there a certificate for food contact?",
        about="Maker of measuring instruments from the Tokyo region.",
    )
    services.forward_interest(
        interest,
        by=world.logins[_SATO],
        note="A member for many years; it has imported instruments before.",
        at=_ago(1),
    )


def _late_over_a_common_partner(world: World) -> None:
    item = _anonymous(
        world,
        _STEP,
        Side.DEMAND,
        "9026",
        {
            "en": "Pressure gauges for pumping stations wanted",
            "ru": "Требуются манометры для насосных станций",
            "ja": "ポンプ場用の圧力計を求めています",
        },
        {
            "en": "Three hundred pieces a year with verification, for water supply.",
            "ru": "Триста штук в год с поверкой, для водоснабжения.",
            "ja": "水道用、検定付き、年間300個を希望します。",
        },
    )
    _ask(
        world,
        item,
        _ROMASHKA,
        days_ago=15,
        cooperation="Поставка манометров и датчиков с поверкой, обучение персонала.",
        about="Производитель датчиков давления и расходомеров, Москва.",
    )


def _with_the_owner(world: World) -> None:
    item = _published(world, _ROMASHKA, Side.OFFER)
    _ask(
        world,
        item,
        _GOMEL,
        days_ago=2,
        cooperation="Датчики для гидравлики комбайнов: 400 штук в год, отсрочка 30 дней.",
        missing="Выдерживают ли датчики вибрацию до 10 g?",
        about="Производитель зерноуборочной техники, Гомель.",
    )


def _accepted(world: World) -> None:
    item = _published(world, _STEP, Side.DEMAND)
    interest = _ask(
        world,
        item,
        _GOMEL,
        days_ago=20,
        cooperation="Комбайны с сервисом на месте, склад запчастей в Алматы.",
        about="Производитель зерноуборочной техники, Гомель.",
    )
    owner = world.contacts[_STEP]
    services.ask_question(interest, by=owner, text="Сколько времени до поставки?", at=_ago(18))
    asker = world.contacts[_GOMEL]
    services.answer_question(interest, by=asker, text="Три месяца со склада.", at=_ago(16))
    services.accept_interest(interest, by=owner, text="Ждём вас в марте.", at=_ago(15))


def _anonymous(
    world: World,
    company: str,
    side: str,
    code: str,
    title: dict[str, str],
    text: dict[str, str],
) -> Opportunity:
    """A published opportunity of a company that is not named beside it."""
    by = world.contacts[company]
    drafted = marketplace.draft_opportunity(
        world.companies[company],
        side=side,
        kind=Kind.GOODS,
        title=title,
        text=text,
        codes=[world.codes["hs", code]],
        is_anonymous=True,
        by=by,
    )
    submitted = marketplace.submit_opportunity(drafted, by=by)
    last = world.today + dt.timedelta(days=180)
    return marketplace.publish_opportunity(submitted, by=world.operator, expires_on=last)


def _published(world: World, company: str, side: str) -> Opportunity:
    """The newest offer or request of a company that is on show under its name."""
    rows = Opportunity.objects.on_show().named().filter(company=world.companies[company], side=side)
    return rows.order_by("-published_at", "-pk")[0]


def _ask(
    world: World,
    item: Opportunity,
    company: str,
    *,
    days_ago: int,
    cooperation: str,
    about: str,
    missing: str = "",
) -> Interest:
    return services.express_interest(
        item,
        world.companies[company],
        by=world.contacts[company],
        cooperation=cooperation,
        missing=missing,
        about=about,
        at=_ago(days_ago),
    )


def _ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)
