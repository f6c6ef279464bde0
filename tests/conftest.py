"""Fixtures that many tests share. The services themselves come from config.stack.pytest_plugin."""

import gc
import itertools
import os
import sys
from pathlib import Path

import pytest
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from rest_framework.test import APIClient

from config import celery_app
from config.stack.child import Child
from config.stack.pytest_plugin import MIGRATED
from tests.database import empty, migrated_database
from tests.factories import UserFactory

LONGEST = [
    "tests/seeds/test_demo.py",
    "tests/test_access.py",
    "tests/matching/test_migrations.py",
    "tests/chambers/test_import_commands.py",
    "tests/chambers/test_jobs.py",
    "tests/web/test_browser_pages.py",
    "tests/stack/test_up.py",
    "tests/api/test_contract.py",
    "tests/web/test_browser_events.py",
    "tests/marketplace/scheduling/test_planning.py",
    "tests/marketplace/test_timetable_durability.py",
    "tests/matching/test_database_crash.py",
    "tests/matching/test_durability.py",
    "tests/chambers/admin/test_browser.py",
    "tests/web/test_browser_use.py",
    "tests/chambers/test_import_fuzz.py",
    "tests/matching/engine/test_index.py",
    "tests/seeds/test_testbed.py",
    "tests/api/test_docs.py",
]
"""The files that `make test` begins with, so that no process is left alone with one at the end.

The demo world compiles the matching and the timetables for them all, once. The five after it need
nothing of what it compiles, so that no two processes compile the same at the same time.
"""


def pytest_collection_modifyitems(items):
    """Where several processes share the files out among them, the longest come first."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def settle():
    """What is there now stays to the end: it is not searched for garbage again.

    Each matching searches everything, as the product does after work on everybody: 0.15 CPU
    seconds where all that was imported and migrated is looked at, and a test matches three times.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_finish():
    """All tests are imported."""
    settle()
    gc.set_threshold(5_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """A database was migrated or copied."""
    made = yield
    if fixturedef.argname == "django_db_setup":
        settle()
    return made


_files = itertools.count(1)


def pytest_runtest_teardown(item, nextitem):
    """A file came to its end; what it was first to import stays.

    Now and then all is looked at once more: some of what had settled was not to stay.
    """
    if nextitem is not None and nextitem.path != item.path:
        if next(_files) % 25 == 0:
            gc.unfreeze()
        settle()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker):
    """Where processes share a server, one of them migrates and all copy what it made."""
    if "PYTEST_XDIST_WORKER" in os.environ and MIGRATED in os.environ:
        with django_db_blocker.unblock():
            copied = migrated_database(os.environ[MIGRATED])
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = copied


@pytest.fixture(scope="session", autouse=True)
def emptied_by_rows():
    """After a test that commits, the tables that it filled are emptied, not all there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())
        yield


@pytest.fixture(autouse=True)
def english():
    """Each test begins in English, whatever the pages of the one before it spoke."""
    with translation.override("en"):
        yield


@pytest.fixture
def user(db):
    """A person without any role."""
    return UserFactory()


@pytest.fixture
def api():
    """A program's client; ``api.credentials(HTTP_AUTHORIZATION=f"Token {key}")`` signs it in."""
    return APIClient()


@pytest.fixture(scope="session")
def worker_of_this_run(django_db_setup, tmp_path_factory):
    """Makes worker processes on this run's own database and broker; ``env`` adds variables."""

    def make(name="worker", *options, **env):
        base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        database = connections["default"].settings_dict["NAME"]
        argv = [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "solo"]
        argv += ["-l", "INFO", "-n", f"{name}@%h", "--without-gossip", "--without-mingle", *options]
        return Child(
            name,
            argv,
            tmp_path_factory.mktemp("celery") / f"{name}.log",
            env={
                **os.environ,
                "DATABASE_URL": f"{base}/{database}",
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                **env,
            },
        )

    return make


@pytest.fixture(scope="session")
def celery_worker_process(worker_of_this_run):
    """A real worker process that consumes; use with ``django_db(transaction=True)``."""
    child = worker_of_this_run()
    child.start()
    try:
        child.wait_until(lambda: bool(celery_app.control.ping(timeout=0.2)))
        yield child
    finally:
        child.stop()


CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def skip_here(reason):
    """Skip where a tool is missing; on the machine that decides, a missing tool is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; nothing may be skipped where CI is set")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """Debian's browser, without a window, one per process; skipped where it is not installed."""
    if not CHROMIUM.exists():
        skip_here(f"no {CHROMIUM}: install Debian's chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; the ORM is still used from this thread alone.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
        # What was opened beside that loop is out of sight after it: the database could not go.
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browse(chromium, live_server, client, settings):
    """Opens browser pages as somebody: ``browse(person)`` gives a page; options as Playwright's.

    ``page.complaints`` collects what the console reports, script errors and requests that leave
    this host; a test asserts that it stays empty.
    """
    contexts = []

    def open_page(person=None, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if person is not None:
            client.force_login(person)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda said: (
                page.complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((live_server.url, "data:"))
                else page.complaints.append(f"left this host: {asked.url}")
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
