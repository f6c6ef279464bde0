"""Servers of a test's own, to kill PostgreSQL and Valkey themselves while workers use them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.db import connections
from redis import Redis
from redis.exceptions import RedisError

from config.stack import CHECKOUT
from config.stack.child import Child, StackError
from config.stack.home import Home, temporary_folder
from config.stack.postgres import Postgres, programs
from config.stack.processes import WORKER, beat
from config.stack.valkey import Valkey


class Crash:
    """A PostgreSQL that keeps its data and a Valkey; ``environment`` names them to processes."""

    def __init__(self, database, broker, environment, folder):
        self._database, self._broker = database, broker
        self._environment, self._folder = environment, folder

    def make_tables(self):
        """Make all tables, as in the database of the test: migrating anew takes 15 CPU seconds."""
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        migrated = f"{server}/{connections['default'].settings_dict['NAME']}"
        dump = [programs() / "pg_dump", "--no-owner", "--no-comments", "--dbname", migrated]
        restore = [programs() / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname"]
        tables = subprocess.run(dump, check=True, capture_output=True).stdout
        subprocess.run(
            [*restore, self._database.url()], check=True, input=tables, stdout=subprocess.DEVNULL
        )

    def python(self, script):
        """What a Python of its own prints that runs a script with Django set up."""
        return self._run("-c", f"import django; django.setup()\n{script}").stdout.decode()

    def asked(self, query):
        """One value from the database; None while it is away."""
        try:
            with psycopg.connect(self._database.url(), connect_timeout=2) as connection:
                return connection.execute(query).fetchone()[0]
        except psycopg.OperationalError:
            return None

    @contextmanager
    def at_work(self):
        """A worker and the clock run."""
        processes = [
            Child(
                name,
                [sys.executable, *words],
                self._folder / f"{name}.log",
                env=self._environment,
            )
            for name, words in (("worker", WORKER), ("beat", beat(self._folder / "schedule")))
        ]
        try:
            for process in processes:
                process.start()
            yield
        finally:
            for process in processes:
                process.stop()

    def kill_database(self):
        """End the server without any warning."""
        os.kill(self._database.child.pid, signal.SIGKILL)
        self._database.child.stop()

    def start_database_again(self):
        """Start it; the killed server's children need a moment to notice."""
        for _attempt in range(20):
            try:
                self._database.start()
            except StackError:
                time.sleep(0.5)
            else:
                return
        pytest.fail("PostgreSQL did not start again")

    def kill_broker(self):
        """End Valkey without any warning."""
        os.kill(self._broker.child.pid, signal.SIGKILL)
        self._broker.child.stop()

    def start_broker_again(self):
        """Start it with its data, at the address that everybody knows."""
        self._broker.child.start()
        with Redis.from_url(self._broker.url()) as client:
            wait_for(lambda: _answers(client))

    def _run(self, *words):
        return subprocess.run(
            [sys.executable, *words],
            cwd=CHECKOUT,
            env=self._environment,
            check=True,
            capture_output=True,
        )


def _answers(client):
    try:
        return client.ping()
    except RedisError:  # not yet there, or reading its data
        return False


@contextmanager
def servers(folder, **variables):
    """Both servers, new; they stop at the end."""
    home = Home(temporary_folder(None))
    identity = home.postgres_identity()
    database = Postgres(home.path, temporary_folder(identity), identity=identity, durable=True)
    broker = Valkey(home.path, durable=True)
    with ExitStack() as stack:
        stack.callback(broker.stop)
        stack.callback(database.stop)
        database.start()
        broker.start()
        environment = {
            **os.environ,
            "DATABASE_URL": database.url(),
            "REDIS_URL": broker.url(),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "JOB_LEASE_SECONDS": "2",
            **variables,
        }
        yield Crash(database, broker, environment, folder)


def wait_for(done, seconds=300):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
