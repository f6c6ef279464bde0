"""``manage.py timetable``: files in, a timetable with its proof out, no database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.stack.commands import needs_services

HERE = Path(__file__).parent
LOOK_ALIKES = {"tic-12.s1": 0, "tic-14crafa.s1": 0, "forumt-14.s1": 1}
"""Seeded files of the size of the published ones, and the fewest breaks."""

PUBLISHED = HERE.parents[3] / "shared" / "bench" / "timetable"
ORIGINALS = sorted(PUBLISHED.glob("originals/*.dzn"))
LONG = 10.0
"""Seconds the best published solver took; the bench measures those that took longer, too."""

FORUM = {
    "participants": 3,
    "slots": 3,
    "tables": 1,
    "meetings": [[0, 1, 0], [0, 2, 0]],
    "forbidden": [[1], [], []],
}


@pytest.fixture
def timetable(tmp_path, capfd):
    """Run the command; returns the exit code, what was written and what was said."""

    def run(source, *arguments):
        if isinstance(source, dict):
            path = tmp_path / "forum.json"
            path.write_text(json.dumps(source), encoding="utf-8")
            source = path
        out = tmp_path / "schedule.json"
        code = 0
        try:
            call_command("timetable", str(source), "--out", str(out), *arguments)
        except SystemExit as left:
            code = left.code
        said = capfd.readouterr()
        return code, json.loads(out.read_text(encoding="utf-8")), said

    return run


def test_the_answer_holds_the_plan_and_what_is_proved(timetable):
    code, told, said = timetable(FORUM, "--seed", "7")

    assert code == 0
    assert sorted(told["slot"]) == [0, 2]
    assert told["table"] == [0, 0]
    assert (told["status"], told["breaks"], told["lower_bound"]) == ("optimal", 1, 1)
    assert (told["placed"], told["idle_slots"], told["seed"]) == (2, 1, 7)
    assert told["seconds"] >= 0
    assert said.out == "optimal: 2 of 2 meetings, 1 breaks, at least 1\n"


def test_an_infeasible_file_leaves_with_three_and_says_why(timetable):
    code, told, said = timetable({**FORUM, "forbidden": [[1, 2], [], []]})

    assert code == 3
    assert told["status"] == "infeasible"
    assert told["slot"] == [None, None]
    assert said.err.splitlines() == [
        "infeasible",
        "Participant 0 has 2 meetings (0, 1) for which only 1 slots are free: 0.",
    ]


def test_a_dzn_file_is_answered_in_its_own_numbers_which_count_from_one(timetable, tmp_path):
    path = tmp_path / "forum.dzn"
    path.write_text(
        "nBusiness = 3; nMeetings = 2; nTables = 1; nTotalSlots = 3; nMorningSlots = 3;"
        "requested = [|1, 2, 1, |1, 3, 1|]; forbidden = [{2,3},{0},{0}];",
        encoding="utf-8",
    )

    code, told, said = timetable(path)

    assert (code, told["unplaced"][0]["participants"]) == (3, [0])
    assert said.err.splitlines()[1:] == [
        "Participant 1 has 2 meetings (1, 2) for which only 1 slots are free: 1.",
    ]


def test_the_people_of_a_meeting_without_a_slot_are_named(timetable):
    code, _, said = timetable({**FORUM, "forbidden": [[1], [0, 2], []]})

    assert code == 3
    assert said.err.splitlines()[1].startswith("Meeting 0 (participants 0, 1): there is no slot")


def test_meetings_that_may_stay_out_are_left_out_with_their_cause(timetable):
    code, told, said = timetable(
        {**FORUM, "forbidden": [[1, 2], [], []], "optional_meetings": True}
    )

    assert code == 0
    assert sorted(told["slot"], key=str) == [0, None]
    assert (told["status"], told["placed"]) == ("optimal", 1)
    assert [one["cause"] for one in told["unplaced"]] == ["full_calendar"]
    assert "only 1 slots are free" in said.err


def test_fairness_may_make_a_file_infeasible(timetable):
    code, told, said = timetable(FORUM, "--fairness", "0")

    assert code == 3
    assert told["status"] == "infeasible"
    assert "over 0 breaks more than others" in said.err


def test_a_file_that_cannot_be_read_is_named_with_the_rule(tmp_path):
    path = tmp_path / "forum.json"
    path.write_text('{"participants": 2}', encoding="utf-8")

    with pytest.raises(CommandError, match=r"forum\.json: slots: is missing"):
        call_command("timetable", str(path), "--out", str(tmp_path / "out.json"))


def test_a_timetable_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "forum.json"
    path.write_text(json.dumps(FORUM), encoding="utf-8")

    with pytest.raises(CommandError, match="cannot be written"):
        call_command("timetable", str(path), "--out", str(tmp_path / "no" / "out.json"))


def test_no_service_is_started_for_it():
    assert not needs_services(["timetable", "forum.dzn", "--out", "x"])


@pytest.mark.parametrize(("name", "breaks"), LOOK_ALIKES.items())
def test_a_look_alike_of_the_published_forums_is_proved(timetable, name, breaks):
    _, told, _ = timetable(HERE / "data" / f"{name}.json")

    assert (told["status"], told["breaks"], told["lower_bound"]) == ("optimal", breaks, breaks)


def test_the_same_file_and_seed_give_the_same_plan(timetable):
    first, again = (timetable(HERE / "data" / "forumt-14.s1.json")[1] for _ in range(2))

    assert {**first, "seconds": 0} == {**again, "seconds": 0}


@pytest.mark.skipif(not ORIGINALS, reason="The published forums are not in ../shared: no licence.")
@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.name)
def test_the_published_optimum_is_proved(timetable, tmp_path, path):
    published = json.loads((PUBLISHED / "published.json").read_text(encoding="utf-8"))
    figures = published[f"{path.stem}|d2"]
    if figures["maxsat"] > LONG:
        pytest.skip("This one takes long; the bench measures it.")

    _, told, _ = timetable(path)

    assert (told["status"], told["breaks"]) == ("optimal", figures["opt"])
    checker = [sys.executable, str(PUBLISHED / "checker.py"), str(path)]
    checked = subprocess.run(
        [*checker, str(tmp_path / "schedule.json"), "--d", "2"], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout.decode()
