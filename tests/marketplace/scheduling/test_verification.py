"""Published timetables are checked by code that knows nothing of the solver."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import verification
from marketplace.scheduling import measure
from marketplace.scheduling.document import (
    certificate_of,
    certificate_told,
    document,
    plan_of,
    problem_of,
    problem_told,
)
from marketplace.scheduling.problem import (
    Cause,
    Certificate,
    Place,
    Plan,
    Problem,
    Status,
    Unplaced,
)
from marketplace.verification import UnreadableError, digest, verify, verify_file


def small_world(seed):
    """A random plan and a problem that it solves: two days, long meetings, interpreters."""
    dice = random.Random(seed)
    people, interpreters, days = 6, 2, ((0, 1, 2, 3), (4, 5, 6))
    helper_of = range(people, people + interpreters)
    busy, screened, load = set(), [0] * 7, [set() for _ in range(7)]
    rows = []
    for _ in range(12):
        pair = tuple(sorted(dice.sample(range(people), 2)))
        length, place = dice.choice((1, 1, 2)), dice.choice(list(Place))
        start = dice.choice([day[0] + at for day in days for at in range(len(day) - length + 1)])
        slots = range(start, start + length)
        helper = dice.choice((None, None, *helper_of))
        present = pair if helper is None else (*pair, helper)
        table = None if place == Place.NONE else dice.randrange(2 if place == Place.SCREEN else 4)
        taken = {(one, slot) for one in present for slot in slots}
        if taken & busy or any(table in load[slot] for slot in slots if table is not None):
            continue
        busy |= taken
        for slot in slots:
            load[slot] |= {table} - {None}
            screened[slot] += place == Place.SCREEN
        rows.append((pair, start, length, place, helper, table))
    absent = [
        frozenset(slot for slot in range(7) if (one, slot) not in busy and dice.random() < 0.1)
        for one in range(people + interpreters)
    ]
    domains = tuple(
        tuple(
            slot
            for day in days
            for slot in day
            if slot + length - 1 <= day[-1]
            and not any(absent[one] & set(range(slot, slot + length)) for one in pair)
        )
        for pair, _, length, *_ in rows
    )
    problem = Problem(
        participants=people + interpreters,
        slots=7,
        days=days,
        tables=(4,) * 7,
        screens=(2,) * 7,
        meetings=tuple(row[0] for row in rows),
        domains=domains,
        lengths=tuple(row[2] for row in rows),
        places=tuple(row[3] for row in rows),
        helpers=tuple(tuple(helper_of) if row[4] is not None else () for row in rows),
        forbidden=tuple(absent),
        counted=(True,) * people + (False,) * interpreters,
        burden=tuple(tuple(dice.randrange(60) for _ in range(7)) for _ in absent),
        optional=True,
    )
    plan = Plan(*(tuple(row[at] for row in rows) for at in (1, 5, 4)))
    return problem, plan


def certified(problem, plan, **other):
    """The document of a plan with figures as the solver counts them."""
    figures = measure.measure(problem, plan)
    unplaced = [m for m, slot in enumerate(plan.slot) if slot is None]
    values = {
        "status": Status.FEASIBLE,
        "placed": figures.placed,
        "meetings": len(problem.meetings),
        "most_placed": len(problem.meetings),
        "breaks": figures.breaks,
        "lower_bound": 0,
        "idle_slots": figures.idle_slots,
        "table_changes": figures.table_changes,
        "most_breaks": figures.most_breaks,
        "most_burden": figures.most_burden,
        "seed": 1,
        "input_hash": problem.hash(),
        "plan_hash": plan.hash(),
        "unplaced": tuple(Unplaced(m, Cause.CROWDED) for m in unplaced),
    }
    told = document(problem, plan, Certificate(**{**values, **other}))
    return json.loads(json.dumps(told))


def rehashed(told):
    told["certificate"]["plan_hash"] = digest(told["plan"])
    told["certificate"]["input_hash"] = digest(told["problem"])
    return told


seeds = st.integers(0, 10_000)


@given(seeds)
def test_a_plan_with_its_own_certificate_is_accepted(seed):
    verdict = verify(certified(*small_world(seed)))

    assert verdict.faults == []


@given(seeds)
def test_what_is_told_is_read_back_as_it_was(seed):
    problem, plan = small_world(seed)

    told = certified(problem, plan, unplaced=(Unplaced(0, Cause.TABLES, (1,), (2,), (3,)),))

    assert problem_of(told["problem"]) == problem
    assert plan_of(told["plan"]) == plan
    assert certificate_told(certificate_of(told["certificate"])) == told["certificate"]
    assert digest(problem_told(problem)) == problem.hash()


@settings(max_examples=20)
@given(seeds)
def test_every_single_altered_cell_is_rejected(seed):
    problem, plan = small_world(seed)
    told = certified(problem, plan)
    for name, cells in told["plan"].items():
        for at, was in enumerate(cells):
            for now in {None, *range(9)} - {was}:
                cells[at] = now
                assert not verify(told).accepted, (name, at, was, now)
            cells[at] = was


@settings(max_examples=20)
@given(seeds, st.data())
def test_an_altered_cell_under_a_new_hash_is_accepted_only_as_another_good_plan(seed, data):
    problem, plan = small_world(seed)
    told = certified(problem, plan)
    name = data.draw(st.sampled_from(sorted(told["plan"])))
    at = data.draw(st.integers(0, len(plan.slot) - 1))
    told["plan"][name][at] = data.draw(st.sampled_from([None, *range(9)]))

    verdict = verify(rehashed(told))

    other = plan_of(told["plan"])
    if verdict.accepted:
        assert keeps_the_rules(problem, other)
        figures = measure.measure(problem, other)
        assert figures.breaks == told["certificate"]["breaks"]
        assert figures.placed == len(plan.slot)


def keeps_the_rules(problem, plan):
    """The rules once more, by brute force over slots."""
    for slot in range(problem.slots):
        here = [
            m
            for m, start in enumerate(plan.slot)
            if start is not None and start <= slot < start + problem.lengths[m]
        ]
        people = [one for m in here for one in measure.attendees(problem, plan, m)]
        tables = [plan.table[m] for m in here if problem.places[m] != Place.NONE]
        away = any(slot in problem.forbidden[one] for one in people)
        if away or len(set(people)) != len(people) or len(set(tables)) != len(tables):
            return False
        if None in tables or any(table >= problem.tables[slot] for table in tables):
            return False
    return all(
        start in problem.domains[m] and (plan.helper[m] in (problem.helpers[m] or (None,)))
        for m, start in enumerate(plan.slot)
    )


BASE = Problem(
    participants=4,
    slots=4,
    days=((0, 1), (2, 3)),
    tables=(2, 2, 1, 1),
    screens=(1, 1, 0, 0),
    meetings=((0, 1), (2, 3), (0, 2)),
    domains=((0, 1, 2, 3), (0, 1, 2), (1, 3)),
    lengths=(1, 1, 1),
    places=(Place.SCREEN, Place.TABLE, Place.TABLE),
    helpers=((), (), ()),
    forbidden=(frozenset(), frozenset({3}), frozenset(), frozenset({3})),
    precedences=((0, 2),),
)
GOOD = Plan((0, 0, 1), (0, 1, 0), (None, None, None))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"slot": (0, 0, None)}, "meeting 2 has no slot"),
        ({"slot": (0, 3, 1)}, "may not start in slot 3"),
        ({"slot": (1, 0, 1)}, "participant 0 has meetings 0 and 2 in slot 1"),
        ({"slot": (3, 0, 1)}, "meeting 0 must be over before meeting 2"),
        ({"slot": (3, 0, 1)}, "participant 1 is away in slot 3"),
        ({"slot": (2, 2, 3)}, "slot 2 has 2 meetings, 1 tables"),
        ({"slot": (2, 0, 3)}, "slot 2 has 1 meetings that need one of 0 screens"),
        ({"table": (0, 0, 0)}, "table 0 has meetings 0 and 1 in slot 0"),
        ({"table": (1, 0, 0)}, "meeting 0 has table 1, it may have one of 1"),
        ({"table": (0, 1, None)}, "meeting 2 has no table"),
        ({"helper": (None, 3, None)}, "meeting 1 has interpreter 3"),
        ({"helper": (None, 4, None)}, "there are 4 participants"),
        ({"slot": (0, 0)}, "slot: 2 entries for 3 meetings"),
        ({"slot": (0, 0, True)}, "True is not a number"),
    ],
)
def test_a_broken_rule_is_named(cells, words):
    told = certified(BASE, GOOD)
    assert verify(told).accepted
    told["plan"].update({name: list(values) for name, values in cells.items()})

    verdict = verify(rehashed(told))

    assert any(words in fault for fault in verdict.faults), verdict.faults


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("breaks", 3, "breaks: stated 3, counted 0"),
        ("placed", 2, "placed: stated 2, counted 3"),
        ("idle_slots", 1, "idle_slots: stated 1"),
        ("table_changes", 0, "table_changes: stated 0, counted 1"),
        ("most_breaks", 1, "most_breaks: stated 1"),
        ("most_burden", 9, "most_burden: stated 9"),
        ("lower_bound", 1, "lower_bound: 1, yet there are 0 breaks"),
        ("most_placed", 2, "most_placed: 2"),
        ("input_hash", "0" * 64, "the question is not the one"),
        ("plan_hash", "0" * 64, "the plan is not the one"),
        ("unplaced", [{"meeting": 1}], "unplaced: not the meetings"),
        ("status", "infeasible", "yet meetings are placed"),
    ],
)
def test_a_wrong_figure_is_named(name, value, words):
    told = certified(BASE, Plan(GOOD.slot, (0, 1, 1), GOOD.helper), breaks=0)
    told["certificate"][name] = value

    assert any(words in fault for fault in verify(told).faults)


def test_a_meeting_fixed_while_somebody_is_away_stands():
    away = replace(BASE, forbidden=(frozenset({0}), *BASE.forbidden[1:]))

    assert not verify(certified(away, GOOD)).accepted
    assert verify(certified(replace(away, fixed=(0, -1, -1)), GOOD)).accepted


def test_optimal_is_not_believed_while_the_bound_leaves_room():
    problem = Problem(
        participants=3,
        slots=3,
        days=((0, 1, 2),),
        tables=(1, 1, 1),
        screens=(1, 1, 1),
        meetings=((0, 1), (0, 2)),
        domains=((0, 1, 2), (0, 1, 2)),
        lengths=(1, 1),
        places=(Place.TABLE, Place.TABLE),
        helpers=((), ()),
        forbidden=(frozenset(),) * 3,
    )
    told = certified(problem, Plan((0, 2), (0, 0)), status=Status.OPTIMAL)

    assert verify(told).faults == ["status: optimal, yet the bounds leave room for a better plan"]


def test_breaks_that_absences_force_are_proved_anew():
    problem = Problem(
        participants=3,
        slots=3,
        days=((0, 1, 2),),
        tables=(1, 1, 1),
        screens=(1, 1, 1),
        meetings=((0, 1), (0, 2)),
        domains=((0, 2), (0, 2)),
        lengths=(1, 1),
        places=(Place.TABLE, Place.TABLE),
        helpers=((), ()),
        forbidden=(frozenset({1}), frozenset(), frozenset()),
    )
    told = certified(problem, Plan((0, 2), (0, 0)), status=Status.OPTIMAL, lower_bound=1)

    verdict = verify(told)

    assert verdict.faults == []
    assert "So no timetable has fewer: proved here, too." in verdict.facts


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "timetable.json"
    path.write_text(json.dumps(certified(BASE, GOOD)))
    return path


def test_the_command_accepts_a_good_file(published, capsys):
    call_command("verify_timetable", published)

    assert "keeps all rules" in capsys.readouterr().out


def test_the_command_rejects_an_altered_file_with_exit_code_1(published):
    told = json.loads(published.read_text())
    told["plan"]["table"][2] = 1
    published.write_text(json.dumps(told))

    with pytest.raises(CommandError, match="not the one that was certified") as caught:
        call_command("verify_timetable", published)

    assert caught.value.returncode == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "business-market/timetable/1"}'])
def test_the_command_says_what_it_cannot_read_with_exit_code_2(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text)

    with pytest.raises(CommandError, match="cannot be checked") as caught:
        call_command("verify_timetable", path)

    assert caught.value.returncode == 2


def test_an_instance_and_its_answer_are_checked_without_a_solver(tmp_path):
    instance, answer = tmp_path / "instance.json", tmp_path / "answer.json"
    instance.write_text(
        json.dumps({"participants": 3, "slots": 2, "tables": 1, "meetings": [[0, 1, 0], [1, 2, 0]]})
    )
    told = {"slot": [0, 1], "table": [0, 0], "status": "optimal", "breaks": 0, "lower_bound": 0}
    hashes = {
        "input_hash": digest(verification.instances.instance(instance)),
        "plan_hash": digest({"slot": [0, 1], "table": [0, 0], "helper": []}),
    }
    answer.write_text(json.dumps(told | hashes))
    assert verify_file(instance, answer).accepted

    answer.write_text(json.dumps(told | hashes | {"slot": [0, 0]}))
    assert not verify_file(instance, answer).accepted


def test_an_instance_that_is_not_there_is_unreadable(tmp_path):
    with pytest.raises(UnreadableError, match="cannot be read"):
        verify_file(tmp_path / "nothing.dzn", tmp_path / "nothing.json")


def test_the_checker_runs_alone(published):
    loaded = "import sys, marketplace.verification.__main__ as m; m.main(sys.argv[1:]); "
    loaded += "assert not {'django', 'numpy', 'marketplace.scheduling'} & set(sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", loaded, published], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "keeps all rules" in ran.stdout


def test_an_impossible_instance_has_no_plan_to_check(tmp_path, capsys):
    instance, answer = tmp_path / "impossible.json", tmp_path / "answer.json"
    meetings = [[0, 1, 0], [0, 2, 0]]
    instance.write_text(
        json.dumps({"participants": 3, "slots": 1, "tables": 2, "meetings": meetings})
    )
    with pytest.raises(SystemExit) as impossible:
        call_command("timetable", str(instance), out=answer)

    call_command("verify_timetable", str(instance), str(answer))

    assert impossible.value.code == 3
    assert "There is no plan to check" in capsys.readouterr().out
