"""Fixtures that many tests share. The services themselves come from config.stack.pytest_plugin."""

import os
import sys

import pytest
from django.db import connections
from rest_framework.test import APIClient

from config import celery_app
from config.stack.child import Child
from tests.factories import UserFactory


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
