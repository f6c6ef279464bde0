"""Brings the services up once per test run; every process of it has its own databases."""

import atexit
import os
import shutil
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from config.stack import CHECKOUT
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.progress import Silence
from config.stack.services import services
from config.stack.translations import compile_translations

MIGRATED = "MIGRATED_DATABASE"
"""Names the database that the first process migrates and the others copy: see tests/database.py."""

_until_the_end = ExitStack()
atexit.register(_until_the_end.close)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Name the services in the environment before the settings are read.

    The PostgreSQL database of each parallel process is pytest-django's doing; here each
    gets its own Redis database.
    """
    # Importing `config` named the settings of the service; these tests have their own.
    os.environ["DJANGO_SETTINGS_MODULE"] = early_config.getini("DJANGO_SETTINGS_MODULE")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None:
        server, _, _ = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw')) + 1}"
    elif not {"-h", "--help", "-V", "--version"} & set(sys.argv):
        # A time limit ends a run by SIGTERM: let it tidy up as after Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        compile_translations()
        brought = "DATABASE_URL" not in os.environ
        home = Home(temporary_folder(postgres_identity(CHECKOUT) if brought else None))
        _until_the_end.callback(shutil.rmtree, home.path, ignore_errors=True)
        found = _until_the_end.enter_context(services(home, Silence(sys.stderr), durable=False))
        os.environ.update(found.environment)
        if brought:
            # A server that goes when the run ends may keep a database of the run's own.
            os.environ[MIGRATED] = "migrated"
        # Compiled once for all processes of this run and the next, services they start included.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(CHECKOUT / ".pytest_cache" / "numba"))
    return (yield)
