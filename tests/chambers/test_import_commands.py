"""``manage.py import_companies`` as a process: told, stopped, killed, run again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chambers.models import Chamber, Company, Country, Job, Membership
from chambers.services import imports
from tests.chambers.import_files import company_file, digest, read_report
from tests.factories import CountryFactory

CHECKOUT = Path(__file__).parents[2]
ROWS = [{"id": f"x:{n}", "name": f"Werk {n}", "country": "DE"} for n in range(3)]


@pytest.fixture
def germany(db):
    return CountryFactory(code="DE")


def test_the_command_tells_what_became_of_the_rows_and_what_is_next(germany, tmp_path, capsys):
    path = company_file(tmp_path, *ROWS, {"name": "", "country": "DE", "phone": "1"})

    call_command("import_companies", str(path), "--report", str(tmp_path / "report.csv"))

    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert told[:5] == [
        ["3", "accepted"],
        ["0", "updated"],
        ["0", "unchanged"],
        ["0", "duplicate"],
        ["1", "refused"],
    ]
    assert told[5][1:] == ["refused:", "name:", "The", "name", "is", "missing."]
    assert told[6] == ["Not", "used:", "phone"]
    assert told[7][:7] == ["1", "countries", "had", "no", "national", "chamber;", "a"]
    assert told[8] == ["Row", "report:", str(tmp_path / "report.csv")]
    assert told[9][:3] == ["Next:", "manage.py", "match,"]


def test_the_report_goes_among_the_own_data_of_the_checkout(germany, tmp_path, settings):
    settings.BASE_DIR = tmp_path

    call_command("import_companies", str(company_file(tmp_path, *ROWS)), "--limit", "2")

    report = read_report(tmp_path / "var" / "imports" / "companies.jsonl.report.csv")
    assert [row["line"] for row in report] == ["1", "2"]


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_a_limit_is_a_positive_number(tmp_path, limit):
    with pytest.raises(CommandError, match="--limit"):
        call_command("import_companies", str(tmp_path / "a"), "--limit", limit)


def test_a_broken_file_names_line_reason_and_next_step(germany, tmp_path):
    path = tmp_path / "companies.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n{\n")

    with pytest.raises(CommandError) as caught:
        call_command("import_companies", str(path), "--report", str(tmp_path / "report.csv"))

    first, second = str(caught.value).split("\n")
    assert first.startswith("Line 2: This is no JSON")
    assert second == "Nothing was changed. Mend the file and run the command again."
    assert not Company.objects.exists()


def test_a_missing_file_and_an_unseeded_database_are_named(tmp_path, db):
    with pytest.raises(CommandError, match=r"manage\.py seed"):
        call_command("import_companies", str(tmp_path / "nothing.csv"))

    CountryFactory(code="DE")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_companies", str(tmp_path / "nothing.csv"))


def test_a_second_command_waits_for_the_first_and_takes_over_when_it_is_silent(germany, tmp_path):
    path = company_file(tmp_path, *ROWS)
    report = tmp_path / "report.csv"
    job, _ = imports.order_import(path, report=report)
    Job.objects.update(lease_until=timezone.now() + timedelta(seconds=1))

    call_command("import_companies", str(path), "--report", str(report))

    job.refresh_from_db()
    assert (job.state, job.tries, Company.objects.count()) == (Job.State.DONE, 2, 3)


class Process:
    """The command on this test's database."""

    def __init__(self, path, report):
        base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "import_companies", str(path)),
                *("--report", str(report), "--skip-checks"),
            ],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "JOB_LEASE_SECONDS": "2",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_it_works(self):
        while not Job.objects.filter(state=Job.State.RUNNING, total__gt=0).exists():
            assert self._process.poll() is None, self._process.stdout.read()
            time.sleep(0.005)
        return time.monotonic()

    def send(self, number):
        self._process.send_signal(number)

    def finish(self):
        """(Exit code, all it said)."""
        said, _ = self._process.communicate(timeout=120)
        return self._process.returncode, said


@pytest.fixture
def large_file(tmp_path, transactional_db):
    """Enough rows that a process can be met while it works, some known, some to be updated."""
    CountryFactory(code="DE")
    rows = [
        {
            "id": f"x:{n}",
            "name": f"Werk {n} für Ventile",
            "country": "DE",
            "city": "Bonn",
            "description": f"Ventil {n} und Pumpen. " * 40,
            "language": "de",
        }
        for n in range(4_000)
    ]
    return company_file(tmp_path, *rows, name="large.jsonl.gz")


def forget_all():
    Job.objects.all().delete()
    Membership.objects.all().delete()
    Company.objects.all().delete()
    Chamber.objects.all().delete()


def test_a_killed_import_has_done_all_or_nothing_and_the_next_finishes(large_file, tmp_path):
    report = tmp_path / "report.csv"
    chance = random.Random(7)
    undisturbed = Process(large_file, report)
    begun = undisturbed.wait_until_it_works()
    code, said = undisturbed.finish()
    lasted = time.monotonic() - begun
    assert (code, Company.objects.count()) == (0, 4_000), said
    whole = set(Company.objects.values_list("external_id", "legal_name", "names"))
    forget_all()
    nothing = digest()
    outcomes = []

    for _ in range(8):
        process = Process(large_file, report)
        process.wait_until_it_works()
        time.sleep(chance.uniform(0, lasted))
        process.send(signal.SIGKILL)
        process.finish()
        outcomes.append(settled(nothing, whole))
        if outcomes[-1] == "all":
            forget_all()

    code, said = Process(large_file, report).finish()
    found = set(Company.objects.values_list("external_id", "legal_name", "names"))
    assert code == 0, said
    assert found == whole
    assert Membership.objects.in_force().count() == 4_000
    assert Job.objects.filter(state=Job.State.DONE).count() >= 1
    assert "nothing" in outcomes
    assert {row["verdict"] for row in read_report(report)} == {"accepted"}


def settled(nothing, whole):
    """What a killed process left: nothing or all, never a part."""
    found = set(Company.objects.values_list("external_id", "legal_name", "names"))
    if not found:
        assert digest() == nothing
        return "nothing"
    assert found == whole
    assert Membership.objects.count() == len(whole)
    return "all"


def test_an_import_stopped_by_its_user_changes_nothing_and_is_over(large_file, tmp_path):
    before = digest()
    process = Process(large_file, tmp_path / "report.csv")
    process.wait_until_it_works()

    process.send(signal.SIGINT)
    code, said = process.finish()

    assert code == 1
    assert "Stopped. Nothing was changed." in said
    assert digest() == before
    assert Job.objects.get().state == Job.State.CANCELLED
    assert Country.objects.count() == 1
