"""Files of timetables: what is read, what is refused and in which words."""

import json

import pytest

from marketplace.scheduling import formats
from marketplace.scheduling.problem import Place

DZN = """
nBusiness = 3;  % people
nMeetings = 3;
nTables = 1;
nTotalSlots = 4;
nMorningSlots = 2;
requested = [|1, 2, 1, |1, 3, 2, |2, 3, 3|];
meetingsxBusiness = [{2,3},{2,4},{3,4}];
forbidden = [{0},{1},{0}];
fixed = [0, 4, 0];
precedences = [{0},{0},{1}];
"""
JSON = {
    "participants": 3,
    "slots": 4,
    "tables": [1, 1, 0, 2],
    "sessions": [[0, 1]],
    "days": [[0, 1], [2, 3]],
    "meetings": [[0, 1, 1], [0, 2, 0]],
    "forbidden": [[], [0], []],
}


@pytest.fixture
def write(tmp_path):
    def _write(told, name="forum.json"):
        path = tmp_path / name
        path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
        return path

    return _write


def test_a_dzn_file_counts_from_one_and_we_from_zero(write):
    problem = formats.read(write(DZN, "forum.dzn"))

    assert (problem.participants, problem.slots, problem.tables) == (3, 4, (1, 1, 1, 1))
    assert problem.meetings == ((0, 1), (0, 2), (1, 2))
    assert problem.sessions == (1, 2, 0)
    assert problem.fixed == (-1, 3, -1)
    assert problem.forbidden == (frozenset(), frozenset({0}), frozenset())
    assert problem.domains == ((1,), (3,), (1, 2, 3))
    assert problem.precedences == ((0, 2),)
    assert problem.days == ((0, 1, 2, 3),)
    assert problem.fairness == 2
    assert not problem.optional


def test_fairness_can_be_told_beside_the_file(write):
    assert formats.read(write(DZN, "forum.dzn"), fairness=0).fairness == 0


def test_a_json_file_says_what_differs_from_the_usual(write):
    more = {
        **JSON,
        "lengths": [1, 2],
        "places": [2, 1],
        "helpers": [[], [2]],
        "attendees": [[2], []],
        "screens": 0,
        "counted": [True, True, False],
        "fairness": 1,
        "optional_meetings": True,
    }

    problem = formats.read(write(more))

    assert problem.tables == (1, 1, 0, 2)
    assert problem.screens == (0, 0, 0, 0)
    assert problem.meetings == ((0, 1, 2), (0, 2))
    assert problem.domains == ((1,), (0, 2))  # two slots of one day
    assert problem.places == (Place.NONE, Place.SCREEN)
    assert problem.helpers == ((), (2,))
    assert problem.counted == (True, True, False)
    assert (problem.fairness, problem.optional) == (1, True)


def test_the_usual_is_a_table_for_two_in_one_slot(write):
    problem = formats.read(write(JSON))

    assert problem.lengths == (1, 1)
    assert problem.places == (Place.TABLE, Place.TABLE)
    assert problem.screens == problem.tables
    assert problem.domains == ((1,), (0, 1, 2, 3))
    assert problem.fairness is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"participants": None}, "participants: is missing"),
        ({"slots": 0}, "slots: 0, must be 1 or more"),
        ({"tables": "many"}, "tables: 'many' is not a whole number"),
        ({"tables": [1, 1]}, "tables: 2 values, must be 4"),
        ({"meetings": [[0, 1]]}, r"meetings\[0\]: must be \[one, other, session\]"),
        ({"meetings": [[0, 3, 0]]}, r"meetings\[0\]: 3, must be 0 to 2"),
        ({"meetings": [[0, 0, 0]]}, r"meetings\[0\]: joins a participant with itself"),
        ({"meetings": [[0, 1, 2]]}, r"meetings\[0\] session: 2, must be 0 to 1"),
        ({"days": [[0, 1], [3]]}, "days: each slot belongs to one day"),
        ({"days": [[0, 2], [1, 3]]}, r"days\[0\]: slots of a day follow one another"),
        ({"forbidden": [[], []]}, "forbidden: 2 rows, must be 3"),
        ({"forbidden": [[], [9], []]}, r"forbidden\[1\]: 9, must be 0 to 3"),
        ({"fixed": [4, -1]}, r"fixed\[0\]: 4, must be -1 to 3"),
        ({"precedences": [[0, 2]]}, r"precedences\[0\]: 2, must be 0 to 1"),
        ({"fairness": -1}, "fairness: -1, must be 0 or more"),
    ],
)
def test_a_json_file_that_breaks_a_rule_is_refused_by_field_and_rule(write, change, words):
    with pytest.raises(formats.FormatError, match=rf"^forum\.json: {words}"):
        formats.read(write({**JSON, **change}))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("nTables = 1;", "", "nTables: is missing"),
        ("nTables = 1;", "nTables = x;", "nTables: 'x' is not a whole number"),
        ("nMorningSlots = 2", "nMorningSlots = 9", "nMorningSlots: 9 of 4 slots"),
        ("|2, 3, 3|", "|2, 3|", "requested: 8 numbers for 3 meetings of three"),
        ("|2, 3, 3|", "|2, 3, 4|", "requested: session 4, must be 1, 2 or 3"),
        ("|2, 3, 3|", "|2, 4, 3|", r"meetings\[2\]: 3, must be 0 to 2"),
        ("{0},{1},{0}];\nfixed", "{0},{1}];\nfixed", "forbidden: 2 rows, must be 3"),
        ("[0, 4, 0]", "[0, 4]", "fixed: 2 values, must be 3"),
        ("[{0},{0},{1}]", "[{0},{1}]", "precedences: 2 sets for 3 meetings"),
    ],
)
def test_a_dzn_file_that_breaks_a_rule_is_refused_by_field_and_rule(write, old, new, words):
    assert old in DZN

    with pytest.raises(formats.FormatError, match=rf"^forum\.dzn: {words}"):
        formats.read(write(DZN.replace(old, new), "forum.dzn"))


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is not JSON"), ("[]", "holds no object"), ("", "is not JSON")]
)
def test_what_is_no_json_object_is_refused(write, text, words):
    with pytest.raises(formats.FormatError, match=words):
        formats.read(write(text))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(formats.FormatError, match=r"^gone\.dzn: cannot be read"):
        formats.read(tmp_path / "gone.dzn")
