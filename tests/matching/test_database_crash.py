"""PostgreSQL itself is killed in the middle of a run, and the run ends as if nothing had happened.

With servers of its own, since the others of a test run share theirs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import psycopg
import pytest

from config.stack import CHECKOUT
from config.stack.child import Child, StackError
from config.stack.home import Home, temporary_folder
from config.stack.postgres import Postgres
from config.stack.processes import WORKER, beat
from config.stack.valkey import Valkey

MATCH = """
import json, sys
from tests.matching.test_durability import build_world
from tests.matching.world import lists, match
build_world()
match(seed=9)
json.dump(lists(), sys.stdout)
"""
START = """
from chambers.models import Job
from matching.services import runs
Job.objects.all().delete()
runs.start_run(seed=9)
"""
LISTS = """
import json, sys
from tests.matching.world import lists
json.dump(lists(), sys.stdout)
"""


@pytest.fixture
def servers(tmp_path):
    """A PostgreSQL that keeps its data, a Valkey, and the environment that names them."""
    home = Home(temporary_folder(None))
    identity = home.postgres_identity()
    sockets = temporary_folder(identity)
    database = Postgres(home.path, sockets, identity=identity, durable=True)
    broker = Valkey(home.path, durable=True)
    with ExitStack() as stack:
        stack.callback(broker.stop)
        stack.callback(database.stop)
        database.start()
        broker.start()
        yield (
            database,
            {
                **os.environ,
                "DATABASE_URL": database.url(),
                "REDIS_URL": broker.url(),
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "MATCH_PART": "2",
                "JOB_LEASE_SECONDS": "2",
            },
        )


def python(environment, script):
    """What a Python of its own prints that runs a script with Django set up."""
    code = f"import django; django.setup()\n{script}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, check=True, capture_output=True
    )
    return done.stdout.decode()


def asked(database, query):
    """One value from the database; None while it is away."""
    try:
        with psycopg.connect(database.url(), connect_timeout=2) as connection:
            return connection.execute(query).fetchone()[0]
    except psycopg.OperationalError:
        return None


def wait_for(done, seconds=120):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start_again(database):
    """The killed server's children need a moment to notice."""
    for _attempt in range(20):
        try:
            database.start()
        except StackError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("PostgreSQL did not start again")


def test_a_run_survives_a_killed_database(servers, tmp_path):
    database, environment = servers
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"],
        cwd=CHECKOUT,
        env=environment,
        check=True,
    )
    expected = json.loads(python(environment, MATCH))
    processes = [
        Child(name, [sys.executable, *words], tmp_path / f"{name}.log", env=environment)
        for name, words in (("worker", WORKER), ("beat", beat(tmp_path / "schedule")))
    ]
    parts = "select count(*) from chambers_job where kind = 'matching.run.match' and state = 'done'"
    ended = "select state from matching_run order by id desc limit 1"
    try:
        python(environment, START)
        for process in processes:
            process.start()
        wait_for(lambda: asked(database, parts))
        os.kill(database.child.pid, signal.SIGKILL)
        database.child.stop()

        start_again(database)

        wait_for(lambda: asked(database, ended) == "done")
    finally:
        for process in processes:
            process.stop()

    assert asked(database, "select count(*) from chambers_job where state = 'parked'") == 0
    assert json.loads(python(environment, LISTS)) == expected
