import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address

import pytest
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from chambers.api import limits
from tests.factories import token_for

LIMIT = 37


@pytest.fixture
def limited(settings):
    settings.API_REQUESTS_PER_MINUTE = settings.API_GUESTS_PER_MINUTE = LIMIT


@pytest.fixture
def address():
    """An address that no other test counts against."""
    return str(IPv4Address(secrets.randbits(32)))


def statuses(ask, times):
    """How often each status came, with 32 requests under way at once."""
    with ThreadPoolExecutor(32) as pool:
        return Counter(one.status_code for one in pool.map(ask, range(times)))


@pytest.mark.parametrize("repeat", range(5))
def test_of_200_parallel_requests_of_a_guest_exactly_the_limit_passes(limited, address, repeat):
    client = APIClient(REMOTE_ADDR=address)
    client.get("/livez")  # builds the middleware once, before the threads

    def ask(number):
        return client.get("/api/v1/")

    assert statuses(ask, 200) == {200: LIMIT, 429: 200 - LIMIT}


@pytest.mark.django_db(transaction=True)
def test_a_person_is_counted_over_all_their_tokens(limited, user):
    keys = [token_for(user) for _ in range(3)]

    client = APIClient()

    answers = [
        client.get(
            "/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {keys[n % 3]}", REMOTE_ADDR=f"10.0.0.{n}"
        )
        for n in range(LIMIT + 3)
    ]

    assert Counter(one.status_code for one in answers) == {200: LIMIT, 429: 3}


def test_too_many_requests_are_told_when_to_come_back(limited, address):
    client = APIClient(REMOTE_ADDR=address)
    for _ in range(LIMIT):
        client.get("/api/")

    answer = client.get("/api/")

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= 60


@pytest.mark.django_db
def test_refused_requests_count_too(limited, address):
    client = APIClient(REMOTE_ADDR=address, HTTP_AUTHORIZATION="Bearer guess")

    answers = Counter(client.get("/api/v1/me/").status_code for _ in range(LIMIT + 5))

    assert answers == {401: LIMIT, 429: 5}


@pytest.mark.parametrize(
    "header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_CLIENT_IP"]
)
def test_a_header_does_not_make_a_new_guest(limited, address, header):
    client = APIClient(REMOTE_ADDR=address)

    answers = [
        client.get(
            "/api/", **{header: f"for=10.0.{n}.1" if header == "HTTP_FORWARDED" else f"10.0.{n}.1"}
        )
        for n in range(LIMIT + 1)
    ]

    assert answers[-1].status_code == 429


def test_behind_a_trusted_proxy_the_last_forwarded_address_counts(limited, address, monkeypatch):
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    client = APIClient(REMOTE_ADDR="127.0.0.1")

    def ask(n):
        return client.get("/api/", HTTP_X_FORWARDED_FOR=f"10.0.{n}.1, {address}").status_code

    assert [ask(n) for n in range(LIMIT + 1)] == [200] * LIMIT + [429]


def test_addresses_of_one_ipv6_line_count_together(limited):
    line, client = secrets.randbits(64) << 64, APIClient()

    def ask(n):
        return client.get("/api/", REMOTE_ADDR=str(IPv6Address(line + n))).status_code

    assert [ask(n) for n in range(LIMIT + 1)] == [200] * LIMIT + [429]
    assert limits._network("::ffff:192.0.2.1") == "192.0.2.1"
    assert limits._network(None) == "unknown"


def test_the_window_ends(limited, address, monkeypatch):
    monkeypatch.setattr(limits, "WINDOW", 2_000)  # longer than asking takes
    client = APIClient(REMOTE_ADDR=address)
    for _ in range(LIMIT):
        client.get("/api/")
    assert client.get("/api/").status_code == 429

    time.sleep(2.05)

    assert client.get("/api/").status_code == 200


def test_without_redis_requests_are_answered_uncounted(limited, address, settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._script.cache_clear()
    client = APIClient(REMOTE_ADDR=address)
    try:
        answers = {client.get("/api/").status_code for _ in range(LIMIT + 2)}
    finally:
        limits._script.cache_clear()

    assert answers == {200}
    assert "uncounted" in caplog.text
