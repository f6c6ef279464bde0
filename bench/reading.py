"""What a member waits for once lists stand: the page of partners, the same by REST, advice.

Part of ``bench.job``, which has filled the database and matched everyone. Processor time is that
of the server of the pages and of PostgreSQL together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from http.cookies import SimpleCookie

from bench.machine import cpu_of

WARM = 3  # readings before those that count: templates, catalogues and the index are read once
WANTED_PAGE, WANTED_API, WANTED_ADVICE = 45, 20, 2000  # CPU ms, CPU ms, ms


def measure(number: int = 40, seed: int = 11) -> None:
    """Print the median and the 95th percentile of each, over ``number`` companies."""
    from django.test import Client
    from django.urls import reverse

    from chambers.models import Company, Representative, User
    from matching.models import Run
    from matching.services.advice import advice_for

    run = Run.objects.get(is_current=True)
    chance = random.Random(seed)  # noqa: S311 - the same companies every time
    keys = chance.sample(list(Company.objects.matched().values_list("pk", flat=True)), number)
    companies = list(Company.objects.filter(pk__in=keys))
    client, signed_in = Client(), []  # one client: each would load the middleware for itself
    for company in companies:
        address = f"reader-{company.pk}@market.example"
        person = User.objects.filter(email=address).first()
        if person is None:  # a database that is kept has them
            person = User.objects.create_user(address, name="Reader")
            Representative.objects.create(company=company, person=person)
        client.force_login(person)
        signed_in.append(client.cookies)
        client.cookies = SimpleCookie()

    def get(address: Callable[[Company], str]) -> Callable[[int], None]:
        def read(at: int) -> None:
            client.cookies = signed_in[at]
            answer = client.get(address(companies[at]), headers={"host": "localhost"})
            if answer.status_code != 200:
                raise SystemExit(f"{answer.request['PATH_INFO']} answered {answer.status_code}")

        return read

    page = get(lambda _company: reverse("matches"))
    api = get(lambda company: reverse("api-suggestions", args=[company.public_id]))
    for name, read, wanted in (
        ("page of partners", page, WANTED_PAGE),
        ("partners by REST", api, WANTED_API),
    ):
        _print(name, *_timed(read, number), wanted=f"{wanted} CPU ms")
    advised = _timed(lambda at: advice_for(companies[at], run), number)
    _print("advice", *advised, wanted=f"p95 {WANTED_ADVICE} ms")


def _timed(read: Callable[[int], object], number: int) -> tuple[list[float], list[float]]:
    """Milliseconds by the clock and of the processor, each sorted.

    The system tells PostgreSQL's in steps of 10 ms, so each reading is given the mean of all.
    """
    clock, used = [], []
    for at in range(WARM):
        read(at)
    database = _of_postgres()
    for at in range(number):
        began, cpu = time.monotonic(), time.process_time()
        read(at)
        used.append((time.process_time() - cpu) * 1000)
        clock.append((time.monotonic() - began) * 1000)
    each = (_of_postgres() - database) * 1000 / number
    return sorted(clock), sorted(one + each for one in used)


def _of_postgres() -> float:
    """Seconds of processor time of the server process of this connection."""
    from django.db import connection

    connection.ensure_connection()
    return cpu_of(connection.connection.info.backend_pid)


def _print(name: str, clock: list[float], used: list[float], *, wanted: str) -> None:
    middle, most = len(clock) // 2, int(len(clock) * 0.95)
    print(
        f"{name}: p50 {clock[middle]:.0f} ms, p95 {clock[most]:.0f} ms by the clock,"
        f" {used[middle]:.0f} and {used[most]:.0f} CPU ms (wanted {wanted})",
        flush=True,
    )
