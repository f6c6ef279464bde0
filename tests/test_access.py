"""Every cell of (address, method, reader, whose row) is asked for and answers as the table says."""

import functools
import logging
import re
import uuid
from collections import Counter
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.urls import URLPattern, get_resolver, reverse

from tests import access_world as world_of
from tests.access_table import ACCESS, REFUSED
from tests.access_world import ROLES, relation

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
KEYS = {
    "object_id": "pk",
    "public_id": "public_id",
    "slug": "slug",
    "name": "reference",
    "code": "badge_code",
}
COUNTED = re.compile("_session|marketplace_visit")
"""Where reading leaves a trace on purpose: that somebody is there, that a profile was looked at."""
A_FEW = ("guest", "owner", "superuser")  # are enough to see that a method is refused
DOES_MORE = re.compile(
    r"\bfor (no key update|update|key share|share)\b|set_config|advisory|nextval|setval|notify",
    re.IGNORECASE,
)


@functools.cache
def only_reads(statement):
    """Whether nothing is left of a statement that needs to be taken back."""
    return statement[:6].upper() == "SELECT" and not DOES_MORE.search(statement)


def addresses(resolver=None, prefix="", namespaces=()):
    """(name, pattern) of every address; the pattern itself where there is no name."""
    for one in (resolver or get_resolver()).url_patterns:
        path = f"{prefix}{one.pattern}"
        if isinstance(one, URLPattern):
            yield ":".join([*namespaces, one.name]) if one.name else path, path
        else:
            inner = (*namespaces, one.namespace) if one.namespace else namespaces
            yield from addresses(one, path, inner)


PATTERNS = dict(addresses())


class World:
    """The two tenants, and answers to requests that leave no trace in the database."""

    def __init__(self):
        self.ours, self.theirs, people = world_of.build()
        self.client = world_of.clients(people)
        self.handlers = {
            strict: ClientHandler(enforce_csrf_checks=strict) for strict in (False, True)
        }
        self.written = []

    def begin(self):
        """From here on, what requests write is taken back after each."""
        self.start = transaction.savepoint()

    def ask(self, method, address, role, *, strict=False):
        """The answer, without the test client's copies of every template context.

        Most requests only read: statements to take back nothing were a third of their time.
        """
        client = self.client(role)
        kind = "application/json" if address.startswith("/api/") else "application/octet-stream"
        request = {"REQUEST_METHOD": method.upper(), "CONTENT_TYPE": kind}
        environ = client._base_environ(PATH_INFO=address, **request)
        self.touched = False
        with connection.execute_wrapper(self._watch):
            answer = self.handlers[strict](environ)
        if self.touched or connection.needs_rollback:
            transaction.set_rollback(False)
            transaction.savepoint_rollback(self.start)
        connection.run_on_commit.clear()
        return answer

    def _watch(self, execute, sql, params, many, context):
        self.touched = self.touched or not only_reads(str(sql))
        try:
            return execute(sql, params, many, context)
        except DatabaseError:
            self.touched = True
            raise

    def address(self, name, tenant):
        """Where a name leads for a tenant's row, or, without a tenant, for a missing one."""
        row, pattern = ACCESS[name], PATTERNS[name]
        if "(?P<url>" in pattern:
            return "/admin/nowhere/"
        kwargs = dict(row.kwargs)
        if row.about:
            (part,) = set(re.findall(r"<(?:\w+:)?(\w+)>", pattern)) & set(KEYS)
            kwargs[part] = (
                getattr(tenant.objects[row.about], KEYS[part]) if tenant else self.missing(part)
            )
        return reverse(name, kwargs=kwargs)

    @staticmethod
    def missing(part):
        """A key of the right shape that no row has."""
        if part == "public_id":
            return uuid.UUID(int=7)
        return {"object_id": "999999999", "name": "BO-RU-20990101-999"}.get(part, "nowhere")

    def tenants(self, name):
        return (self.ours, self.theirs) if ACCESS[name].about else (self.ours,)


class Told(NamedTuple):
    """What is kept of an answer; with all that a page was made of, thousands would fill memory."""

    status_code: int
    content: bytes

    @classmethod
    def by(cls, answer):
        body = b"".join(answer) if answer.streaming else answer.content
        return cls(answer.status_code, body)


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    logging.disable(logging.CRITICAL)
    # Nearly every request reads its session: one that stands in the cookie needs no query.
    changed = override_settings(
        ACCOUNT_RATE_LIMITS=False,
        API_REQUESTS_PER_MINUTE=10**6,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    )
    with django_db_blocker.unblock(), changed, transaction.atomic():
        yield World()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(db, built):
    built.begin()
    return built


@pytest.fixture(scope="module")
def crawl(built):
    """{(name, role, tenant): what was told} of every GET; notes the statements that wrote."""
    world, answers = built, {}
    world.begin()

    def watch(execute, sql, params, many, context):
        writes = re.match(r"\s*(insert|update|delete)", sql, re.IGNORECASE)
        if writes and not COUNTED.search(sql):
            world.written.append(sql[:100])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for name in ACCESS:
            for tenant in world.tenants(name):
                for role in ROLES:
                    answer = world.ask("get", world.address(name, tenant), role)
                    answers[name, role, tenant.name] = Told.by(answer)
    return answers


def expected(name, method, role, tenant):
    """The status that the table promises."""
    on_api = PATTERNS[name].startswith("api/")
    reader = "guest" if role == "token" and not on_api else relation(role, tenant)
    return getattr(ACCESS[name], method)[reader]


def test_every_address_is_classified_and_every_row_is_an_address():
    assert [name for name, count in Counter(n for n, _ in addresses()).items() if count > 1] == []
    assert set(PATTERNS) - set(ACCESS) == set()
    assert set(ACCESS) - set(PATTERNS) == set()


@pytest.mark.parametrize("name", ACCESS)
def test_reading_answers_as_the_table_says(crawl, world, name):
    cells = [(name, role, tenant.name) for tenant in world.tenants(name) for role in ROLES]
    told = {cell: crawl[cell].status_code for cell in cells}

    assert told == {cell: expected(name, "get", *cell[1:]) for cell in cells}


@pytest.mark.parametrize("name", ACCESS)
def test_sending_answers_as_the_table_says(world, name):
    told, promised = {}, {}
    for method in METHODS[1:]:
        refused = getattr(ACCESS[name], method) is REFUSED and method != "post"
        for tenant in world.tenants(name)[: 1 if refused else 2]:
            for role in A_FEW if refused else ROLES:
                cell = (method, role, tenant.name)
                answer = world.ask(method, world.address(name, tenant), role)
                told[cell] = answer.status_code
                promised[cell] = expected(name, method, role, tenant.name)

    assert told == promised


def _comparable(answer, world, name, tenant):
    """The body without what differs by request: its own address and one-time tokens."""
    body = answer.content.decode()
    for key in (tenant, None):
        body = body.replace(world.address(name, key), "ADDRESS")
    for part in KEYS:
        body = body.replace(str(world.missing(part)), "KEY")
    if tenant and ACCESS[name].about:
        row = tenant.objects[ACCESS[name].about]
        for attribute in KEYS.values():
            value = str(getattr(row, attribute, "") or "")
            body = body.replace(value, "KEY") if len(value) > 6 else body
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", body)


@pytest.mark.parametrize("name", [name for name in ACCESS if ACCESS[name].about])
def test_a_foreign_row_is_answered_exactly_as_a_missing_one(crawl, world, name):
    answers = {}  # one address is missing for both tenants
    for tenant in (world.ours, world.theirs):
        for role in ROLES:
            foreign = crawl[name, role, tenant.name]
            if foreign.status_code != 404:
                continue
            if role not in answers:
                answers[role] = world.ask("get", world.address(name, None), role)
            missing = answers[role]
            assert missing.status_code == 404, (role, tenant.name)
            assert _comparable(foreign, world, name, tenant) == _comparable(
                missing, world, name, tenant
            ), (role, tenant.name)


def test_no_reader_finds_a_word_that_is_not_theirs_to_read(crawl, world):
    words = {
        word: (tenant, readers)
        for tenant in (world.ours, world.theirs)
        for word, readers in tenant.marks.items()
    }
    leaks, found = [], Counter()
    for (name, role, tenant_name), answer in crawl.items():
        for word in set(re.findall(rb"Q(?:ours|theirs)[a-z]+Z", answer.content)):
            tenant, readers = words[word.decode()]
            on_api = PATTERNS[name].startswith("api/")
            reader = "guest" if role == "token" and not on_api else relation(role, tenant.name)
            if reader in readers:
                found[word.decode()] += 1
            else:
                leaks.append((name, role, tenant_name, word.decode()))

    assert leaks == []
    # Proof that the crawl would see a leak: every word is really shown to somebody it belongs to.
    assert {word for word, (_, readers) in words.items() if readers and not found[word]} == set()


def test_reading_changes_nothing(crawl, world):
    assert world.written == []


@pytest.mark.parametrize("name", ACCESS)
def test_nothing_is_sent_without_the_token_against_forged_requests(world, name):
    row = ACCESS[name]
    for method in METHODS[1:]:
        for role in ("owner", "manager", "superuser"):
            address = world.address(name, world.ours)
            status = world.ask(method, address, role, strict=True).status_code
            if getattr(row, method) is REFUSED:
                assert status in (403, 405), (method, role)
            else:
                assert status == 403, (method, role)


def test_staff_without_a_second_factor_reach_no_page_of_the_administration(world):
    with override_settings(STAFF_MFA=True):
        opened = [
            name
            for name in ACCESS
            if PATTERNS[name].startswith("admin/")
            for role in ("manager", "superuser")
            if world.ask("get", world.address(name, world.ours), role).status_code != 302
        ]

    assert opened == []


def test_who_signs_in_to_the_administration_does_so_where_everybody_does(world):
    answer = world.ask("get", reverse("admin:login"), "guest")

    assert answer["Location"].startswith(f"{reverse('account_login')}?")
    assert settings.LOGIN_URL == "account_login"
    assert Client().get(reverse("admin:index"))["Location"].startswith(reverse("admin:login"))
