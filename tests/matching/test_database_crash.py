"""PostgreSQL and Redis themselves are killed in the middle of a run; it ends as if nothing was.

With servers of its own, since the others of a test run share theirs.
"""

import json

import pytest

from tests.database_crash import servers, wait_for

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
def crash(tmp_path):
    with servers(tmp_path, MATCH_PART="2") as one:
        yield one


@pytest.mark.django_db  # whose tables are copied
def test_a_run_survives_a_killed_database_and_a_killed_broker(crash):
    crash.make_tables()
    expected = json.loads(crash.python(MATCH))
    parts = "select count(*) from chambers_job where kind = 'matching.run.match' and state = 'done'"
    ended = "select state from matching_run order by id desc limit 1"
    crash.python(START)

    with crash.at_work():
        wait_for(lambda: crash.asked(parts))
        crash.kill_broker()
        crash.kill_database()
        crash.start_database_again()
        assert crash.asked(ended) == "running"
        crash.start_broker_again()
        wait_for(lambda: crash.asked(ended) == "done")

    assert crash.asked("select count(*) from chambers_job where state = 'parked'") == 0
    assert json.loads(crash.python(LISTS)) == expected
