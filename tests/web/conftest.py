"""What the page tests share: readers of every kind, a world worth looking at, a real browser."""

import copy
import datetime as dt
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.database import Snapshot, empty
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CommissionFactory,
    CouncilFactory,
    CountryFactory,
    GuildFactory,
    GuildMembershipFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    StaffFactory,
)
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, hs, match, offers, seeks

HTMX = {"HX-Request": "true"}


@pytest.fixture
def htmx():
    """A guest's client that asks as htmx does."""
    return Client(headers=HTMX)


@pytest.fixture
def speaks_for(client):
    """Signs a person in who speaks for a company; returns the person."""

    def sign_in(company, role="owner"):
        person = RepresentativeFactory(company=company, role=role).person
        client.force_login(person)
        return person

    return sign_in


@pytest.fixture
def serves(client):
    """Signs a person in who works for a chamber; returns the person."""

    def sign_in(chamber):
        person = StaffFactory(chamber=chamber).person
        client.force_login(person)
        return person

    return sign_in


def build_world():
    """Two chambers that agreed, two companies that answer each other, and enough around them."""
    moscow = ChamberFactory(
        name_en="Moscow Chamber", name_ru="Московская палата", name_ja="モスクワ商工会議所",
        name_native="Московская палата", slug="moscow", languages=["ru", "en"],
        country=CountryFactory(code="RU", name_en="Russia", name_ru="Россия", name_ja="ロシア"),
    )  # fmt: skip
    tokyo = ChamberFactory(
        name_en="Tokyo Chamber", slug="tokyo", website="https://tokyo.example/",
        country=CountryFactory(code="JP", name_en="Japan", name_ru="Япония", name_ja="日本"),
    )  # fmt: skip
    AgreementFactory(first=moscow, second=tokyo, scope={"en": "Introductions of members"})
    council = CouncilFactory(chambers=[moscow, tokyo], formed_on=dt.date(2018, 7, 1))
    guild = GuildFactory(chamber=moscow, name_en="High Technology Guild", chair="Anna")
    guild.codes.set(hs("90"))
    CommissionFactory(chamber=moscow, country__code="BY", chair="Ivan", secretary="Olga")
    ours = company(
        "RU", "ООО «Ромашка Сенсор»", legal_name_latin="Romashka Sensor LLC", city="Moscow",
        languages=["ru", "en"], membership__chamber=moscow, codes=hs(SENSORS), founded=1998,
        description={"ru": "Датчики давления для воды и газа."}, indexed=True,
    )  # fmt: skip
    GuildMembershipFactory(guild=guild, company=ours)
    theirs = company(
        "JP", "株式会社アサヒ計装", legal_name_latin="Asahi Co., Ltd.", languages=["ja", "en"],
        membership__chamber=tokyo, website="https://asahi.example/", codes=hs(CHIPS),
        description={"ja": "圧力計と半導体製造装置。"}, indexed=True,
    )  # fmt: skip
    offer = offers(ours, SENSORS, title={"ru": "Датчики давления"}, text={"ru": "Сто в месяц"})
    seeks(ours, CHIPS, title={"ru": "Ищем оборудование для пластин"})
    offers(theirs, CHIPS, title={"ja": "半導体製造装置"})
    seeks(theirs, SENSORS, title={"ja": "圧力計を探しています"})
    expired = OpportunityFactory(company=theirs, expired=True)
    for number in range(21):
        other = company(
            "JP", f"Harvest {number} KK", codes=hs(HARVESTERS), languages=["ja"], indexed=True,
            membership__chamber=tokyo, description={"en": "Harvesters and spare parts"},
        )  # fmt: skip
        MembershipFactory(company=other, chamber=moscow, applied=True)
    seeks(ours, HARVESTERS, title={"en": "Harvesters wanted"})
    match()
    return SimpleNamespace(
        moscow=moscow, tokyo=tokyo, council=council, ours=ours, theirs=theirs, offer=offer,
        expired=expired, today=timezone.localdate(),
        owner=RepresentativeFactory(company=ours, person__name="Anna Ivanova").person,
        staff=StaffFactory(chamber=moscow).person,
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """``build_world``, made once for the tests of a file, and its rows."""
    with django_db_blocker.unblock():
        world, rows = build_world(), Snapshot("built")
        empty()
        yield world, rows
        rows.forget()


@pytest.fixture
def world(built, live_server):
    """``build_world`` where the live server sees it, as if it had been made for this test."""
    world, rows = built
    cache.clear()
    rows.put_back()
    return copy.deepcopy(world)


class Tab:
    """A page of the browser that remembers every complaint and every request."""

    def __init__(self, browser, server, reader=None, **options):
        options.setdefault("viewport", {"width": 1280, "height": 900})
        self.server = server.url
        self.context = browser.new_context(base_url=self.server, locale="en", **options)
        if reader is not None:
            client = Client()
            client.force_login(reader)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            self.cookie(settings.SESSION_COOKIE_NAME, session)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request))

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def cookie(self, name, value):
        self.context.add_cookies([{"name": name, "value": value, "url": self.server}])

    def go(self, address):
        """Open an address and wait until all it asks for is there."""
        answer = self.page.goto(address, wait_until="load")
        return answer.status

    def abroad(self):
        """Requests that left for another host."""
        return [one.url for one in self.requests if not one.url.startswith(self.server)]

    def asked(self, method="GET"):
        """Addresses of pages and fragments asked for so far, assets left out."""
        return [
            one.url.removeprefix(self.server)
            for one in self.requests
            if one.method == method and "/static/" not in one.url
        ]

    def sideways(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def tab_to(self, control, most=150):
        """Press Tab until a control has the focus, as whoever uses no mouse has to reach it."""
        wanted = control.element_handle()
        for _number in range(most):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"{most} times Tab do not lead to {control}")

    def enter(self, control):
        """Tab to a link or button and follow it by Enter to the page behind."""
        self.tab_to(control)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def focused(self, expression):
        """What JavaScript says of the focused element, as ``e``."""
        return self.page.evaluate(f"(e => {expression})(document.activeElement)")


@pytest.fixture
def tab(chromium, live_server):
    """Opens tabs: ``tab(reader=person, viewport=..., java_script_enabled=False)``."""
    opened = []

    def open_tab(**options):
        opened.append(Tab(chromium, live_server, **options))
        return opened[-1]

    yield open_tab
    for one in opened:
        one.context.close()
