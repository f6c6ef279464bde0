"""Search in companies and opportunities as pages ask it, beside LIKE and a plain ``tsvector``.

``python -m bench.search FOLDER`` with FOLDER holding ``chambers.csv`` and ``companies.jsonl.gz``:
the real companies are imported, opportunities are made from sentences of their descriptions.
Everything happens in a throwaway PostgreSQL with the settings of the service, the same for all
three. ``ours`` is the whole list as a guest gets it (view, queries, facets, template); the others
only count and read the first twenty rows, without facets, other scripts or misspellings.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.imports import _database as database
from bench.imports import _manage as manage
from bench.machine import pace

OPPORTUNITIES = 200_000
ROUNDS = 400  # pages of each list
WANTED = 100.0  # milliseconds, 95 of 100 pages
_SENTENCE = re.compile(r"(?<=[.。!?])\s+")
_CHUNK = 5_000
_COUNTRIES = ("JP", "RU", "BY", "KZ", "DE", "CN", "IN", "US", "FR", "TR")

# What people type: products, names, places, codes; in three scripts, with slips of the finger.
WORDS = (
    "pressure sensor", "solar panels", "датчик давления", "半導体", "センサー", "electric vehicle",
    "datchik", "phramaceutical", "machine learning", "steel pipes", "Toyota", "Тойота", "トヨタ",
    "bearings", "packaging machine", "gold mining", "software", "bank", "insurance", "company",
    "medical devices", "stroitelnye materialy", "стройматериалы", "бетон", "wind turbine",
    "water treatment", "food processing", "organic chemicals", "9026", "8542", "lithium battery",
    "semicondutor", "Kyoto", "Москва", "Moscow", "oil gas exploration", "real estate", "biotech",
    "cancer therapy", "cloud security", "textile", "полупроводники", "fertilizer", "aluminium",
    "robotics", "ｓｅｎｓｏｒ", "café", "railway signalling", "hydrogen", "drone", "dairy products",
    "logistics warehouse", "copper", "glass", "paper", "plastic injection moulding", "printing",
    "fishing", "coffee", "tea", "wine", "furniture", "games", "advertising", "education",
    "helicopter rotor blades", "hovercraft", "zzzzqx", "optical lens", "valves and pumps",
)  # fmt: skip
FILTERS = (
    "", "", "", "", "country=JP", "country=DE", "country=RU", "country=US&country=CN",
    "goods=90", "goods=8542", "sort=new",
)  # fmt: skip
WISHES = (
    "cooperation=supply", "cooperation=joint_venture", "wanted=JP", "wanted=KZ",
    "instrument=loan", "amount=USD-6", "amount=JPY-9&instrument=equity",
)  # fmt: skip
WISHES_BY_REST = (
    "cooperation=supply", "cooperation=joint_venture", "wanted=JP", "wanted=KZ",
    "instrument=loan", "amount_from=USD:2500000.00", "amount_from=JPY:1000000000&instrument=equity",
)  # fmt: skip
INVESTMENTS = 0.05  # of all items

_TEXTS = {
    "chambers_company": "concat_ws(' ', legal_name, legal_name_latin, city, industry, description)",
    "marketplace_opportunity": "concat_ws(' ', reference, title, text)",
}


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the real records")
    parser.add_argument("--opportunities", type=int, default=OPPORTUNITIES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--filled", action="store_true", help="DATABASE_URL is filled already")
    options = parser.parse_args()
    missing = [
        name
        for name in ("chambers.csv", "companies.jsonl.gz")
        if not (options.folder / name).exists()
    ]
    if missing:
        sys.exit(
            f"Not found in {options.folder}: {', '.join(missing)}. These real records are not part "
            "of the project; name the folder that holds them."
        )
    if options.filled:
        _measure(options.rounds)
        return
    with database():
        manage("migrate", "--verbosity=0")
        manage("seed", "--no-demo")
        manage("import_chambers", str(options.folder / "chambers.csv"))
        manage("import_companies", str(options.folder / "companies.jsonl.gz"))
        fill(options.opportunities)
        _measure(options.rounds)


def fill(count: int) -> None:
    """Make so many published opportunities of the companies that describe themselves."""
    _set_up()
    from django.db import connection

    from bench.market import _copy as copy
    from bench.market import _copy_links as copy_links
    from chambers.models import Company, TradeCode
    from chambers.services.finding import learn_all_words, learn_words
    from marketplace.models import InvestmentTerms, Opportunity

    learn_all_words()
    chance = random.Random(7)  # noqa: S311 - a measurement is to be repeated
    codes = list(TradeCode.objects.filter(scheme="hs", level=6).select_related("parent__parent"))
    companies = list(
        Company.objects.exclude(description={}).only(
            "description", "country_id", "legal_name", "legal_name_latin"
        )
    )
    spoken: set[str] = set()
    makers = itertools.cycle(companies)
    for start in range(0, count, _CHUNK):
        rows, links, terms = [], [], []
        for key in range(start + 1, min(start + _CHUNK, count) + 1):
            row, own, invests, words = _opportunity(key, next(makers), codes, chance)
            rows.append(row)
            terms += invests
            links += [(key, code.pk) for code in own]
            spoken.update(words)
        copy(Opportunity, rows)
        copy_links(Opportunity.codes.through, links)
        copy(InvestmentTerms, terms)
    learn_words(spoken)
    with connection.cursor() as cursor:
        cursor.execute(
            "select setval(pg_get_serial_sequence('marketplace_opportunity', 'id'), %s)", [count]
        )
        cursor.execute("vacuum analyze")


def _opportunity(
    key: int, company: Any, codes: Sequence[Any], chance: random.Random
) -> tuple[dict[str, Any], list[Any], list[dict[str, Any]], list[str]]:
    """The row of an opportunity about two sentences of its company, its codes, terms, words."""
    from django.utils import timezone
    from psycopg.types.json import Jsonb

    from marketplace.models import InvestmentTerms, Opportunity
    from marketplace.selectors import opportunity_index

    ((language, text),) = list(company.description.items())[:1]
    said = _SENTENCE.split(text)
    title = chance.choice(said)[:110].rsplit(" ", 1)[0] or text[:60]
    told = " ".join(chance.sample(said, min(len(said), 3)))[:600]
    side = chance.choices(("offer", "demand"), (6, 4))[0]
    kind = chance.choices(("goods", "service", "technology", "research"), (70, 15, 10, 5))[0]
    if chance.random() < INVESTMENTS:
        kind = "investment"
    own = chance.sample(codes, chance.choice((1, 1, 2)))
    cooperation = chance.sample(Opportunity.Cooperation.values, chance.choice((0, 1, 1, 2)))
    wanted = chance.sample(_COUNTRIES, chance.choice((0, 0, 1, 2, 4)))
    now = timezone.now() - dt.timedelta(minutes=chance.randrange(400_000))
    made = Opportunity(
        company=company,
        side=side,
        kind=kind,
        reference=f"BO-{company.country_id}-20260101-{key:06d}",
        title={language: title},
        text={language: told},
        cooperation=cooperation,
        target_countries=wanted,
    )
    terms = []
    if kind == "investment":
        terms.append(_terms(key, chance))
        made.investment = InvestmentTerms(**terms[0])
    index = opportunity_index(made, own)
    row = {
        "id": key, "company_id": company.pk, "side": side, "kind": kind,
        "reference": made.reference, "title": Jsonb(made.title), "text": Jsonb(made.text),
        "status": "published", "published_at": now,
        "expires_on": dt.date.today() + dt.timedelta(days=300), "created_at": now,  # noqa: DTZ011
        "cooperation": cooperation, "target_countries": wanted,
        "updated_at": now, "search": index.search, "head": index.head, "facets": index.facets,
    }  # fmt: skip
    return row, own, terms, index.spoken


def _terms(key: int, chance: random.Random) -> dict[str, Any]:
    from marketplace.models import InvestmentTerms

    least = chance.randrange(1, 100) * 10 ** chance.randrange(3, 10)
    return {
        "opportunity_id": key,
        "field": chance.choice(WORDS),
        "region": "",
        "instrument": chance.choice(InvestmentTerms.Instrument.values),
        "amount_min": Decimal(least),
        "amount_max": Decimal(least * chance.choice((1, 2, 20))),
        "currency": chance.choice(("USD", "EUR", "JPY", "RUB")),
    }


def _set_up() -> None:
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not apps.ready:
        django.setup()


def _measure(rounds: int) -> None:
    _set_up()
    from django.db import connection

    from config.garbage import settle

    settle()  # as the web server does
    with connection.cursor() as cursor:
        cursor.execute("set max_parallel_workers_per_gather = 0")  # all its work is in one process
        _prepare_plain(cursor)
        cursor.execute("select count(*) from chambers_company")
        companies = cursor.fetchone()
        cursor.execute("select count(*) from marketplace_opportunity")
        opportunities = cursor.fetchone()
    print(f"{companies[0]:,} companies, {opportunities[0]:,} opportunities; milliseconds")
    print(f"{pace()}; {os.cpu_count()} processors")
    print(f"{'':42}{'p50':>8}{'p95':>8}{'worst':>8}{'CPU p95':>9}{'pages':>7}")
    held = True
    for path, table in (
        ("companies", "chambers_company"), ("opportunities", "marketplace_opportunity"),
    ):  # fmt: skip
        asked = list(_questions(rounds, path))
        p95 = _say(f"{path}: page, ours", asked, _page(path))
        held = held and p95 < WANTED
        if path == "opportunities":
            wishes = [("", one) for one in WISHES_BY_REST] * 6
            p95 = _say(f"{path}: REST by a wish, ours", wishes, _rest())
            held = held and p95 < WANTED
        words = [one for one in asked if one[0]]
        few = words[:: max(1, len(words) // 60)]
        _say(f"{path}: plain tsvector, no facets", few, _plain(table))
        _say(f"{path}: LIKE, no facets", few[::2], _like(table))
    print(f"wanted: p95 under {WANTED:.0f} ms: {'held' if held else 'MISSED'}")


def _questions(rounds: int, path: str) -> Iterator[tuple[str, str]]:
    """(Words, query string): what is typed, some of it narrowed, some lists without words."""
    chance = random.Random(path)  # noqa: S311 - a measurement is to be repeated
    yield "", ""
    for _ in range(rounds):
        words = chance.choice(WORDS) if chance.random() < 0.8 else ""
        query = chance.choice(FILTERS)
        if path == "opportunities" and chance.random() < 0.3:
            query += f"&side={chance.choice(('offer', 'demand'))}"
        if path == "opportunities" and chance.random() < 0.3:
            query += f"&{chance.choice(WISHES)}"
        if chance.random() < 0.1:
            query += f"&page={chance.randrange(2, 6)}"
        yield words, query


def _page(path: str) -> Callable[[str, str], None]:
    from django.test import Client
    from django.utils.http import urlencode

    client = Client(headers={"HX-Request": "true"}, SERVER_NAME="localhost")

    def ask(words: str, query: str) -> None:
        answer = client.get(f"/en/{path}/?{urlencode({'q': words})}&{query}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code} to {words!r} {query}")

    return ask


def _rest() -> Callable[[str, str], None]:
    from django.test import Client

    from chambers.models import User

    client = Client(SERVER_NAME="localhost")
    address = "program@market.example"
    person = User.objects.filter(email=address).first()
    client.force_login(person or User.objects.create_user(address, name="Program"))

    def ask(_words: str, query: str) -> None:
        answer = client.get(f"/api/v1/opportunities/?{query}")
        if answer.status_code != 200:
            raise SystemExit(f"REST answered {answer.status_code} to {query}")

    return ask


def _prepare_plain(cursor: Any) -> None:
    """The text of each row as one would first index it: one English ``tsvector``, no more."""
    for table, text in _TEXTS.items():
        # Our own words, no one else's.
        cursor.execute(
            f"create table if not exists plain_{table} as select id, {text} as told,"  # noqa: S608
            f" to_tsvector('english', {text}) as held from {table}"
        )
        cursor.execute(f"analyze plain_{table}")


def _plain(table: str) -> Callable[[str, str], None]:
    return _rows(
        f"from plain_{table} where held @@ plainto_tsquery('english', %s)",
        "order by ts_rank(held, plainto_tsquery('english', %s)) desc",
        lambda words: words,
    )


def _like(table: str) -> Callable[[str, str], None]:
    return _rows(f"from plain_{table} where told ilike %s", "", lambda words: f"%{words}%")


def _rows(found: str, order: str, asked: Callable[[str], str]) -> Callable[[str, str], None]:
    from django.db import connection

    def ask(words: str, _query: str) -> None:
        said = asked(words)
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) {found}", [said])
            cursor.fetchall()
            again = [said] * (2 if order else 1)
            cursor.execute(f"select id, told {found} {order} limit 20", again)
            cursor.fetchall()

    return ask


def _say(what: str, asked: Iterable[tuple[str, str]], ask: Callable[[str, str], None]) -> float:
    """Ask a few times to warm up, then measure; the 95th percentile in milliseconds."""
    from django.db import connection

    questions = list(asked)
    for one in questions[:3]:
        ask(*one)
    backend = connection.connection.info.backend_pid
    wall, busy = [], []
    for one in questions:
        begun, before = time.perf_counter(), time.process_time() + _on_cpu(backend)
        ask(*one)
        wall.append(1000 * (time.perf_counter() - begun))
        busy.append((1000 * (time.process_time() + _on_cpu(backend) - before), one))
    wall.sort()
    busy.sort()
    p50, p95 = (wall[int(share * (len(wall) - 1))] for share in (0.5, 0.95))
    at95 = busy[int(0.95 * (len(busy) - 1))][0]
    print(f"{what:42}{p50:8.1f}{p95:8.1f}{wall[-1]:8.1f}{at95:9.1f}{len(wall):7}", flush=True)
    if os.environ.get("SLOWEST"):
        for spent, one in busy[-12:]:
            print(f"    {spent:8.1f} {one}")
    return p95


def _on_cpu(process: int) -> float:
    """Seconds that a process has been on a processor; 0.0 beside Linux."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


if __name__ == "__main__":
    main()
