"""What was marked on paper is typed in later and gives the state that marking online gives."""

import datetime as dt
import io

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from chambers.gates.files import BrokenFileError
from chambers.gates.tables import read_table, write_table
from marketplace.models import Meeting, Participant
from marketplace.services import desk
from marketplace.services.kit import make_kit
from marketplace.services.marks import (
    Typed,
    Verdict,
    compare_marks,
    read_marks,
    save_arrivals,
    save_marks,
)
from marketplace.services.meetings import cancel_meeting, mark_further, record_attendance
from tests import event_factories as made
from tests import factories
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db

ALL = [
    (host, guest)
    for host in ("unknown", "came", "late", "no_show")
    for guest in ("unknown", "came", "late", "no_show")
]


@pytest.fixture
def by():
    return factories.UserFactory(superuser=True)


@pytest.fixture
def event():
    return made.EventFactory()


def evening(event):
    """After the meetings of the first day."""
    return made.clock_time(event, 23)


def meetings(event, count):
    return [made.MeetingFactory(event=event, placed=True) for _number in range(count)]


def typed(meeting, host="", guest="", **known):
    return Typed(str(meeting.public_id), host, guest, **known)


def group(event):
    """A meeting of three, and the third of them."""
    person = made.ParticipantFactory(registration__event=event)
    return made.MeetingFactory(event=event, placed=True, others=[person]), person


def joins(meeting, person, said, known="unknown"):
    return Typed(str(meeting.public_id), "", said, guest_known=known, further=str(person.public_id))


def state(rows):
    """Everything that attendance is told by."""
    found = Meeting.objects.filter(pk__in=[one.pk for one in rows]).order_by("pk")
    return list(
        found.values_list("host_attendance", "guest_attendance", "status", "sequence", "moves")
    )


def test_typed_marks_give_the_same_state_as_marking_online(event, by):
    online, paper = meetings(event, len(ALL)), meetings(event, len(ALL))
    at = evening(event)
    people = [one.host for one in (*online[:2], *paper[:2])]

    for one, (host, guest) in zip(online, ALL, strict=True):
        record_attendance(one, by=by, host=host, guest=guest, at=at)
    for one in people[:2]:
        desk.check_in(one, by=by, at=at)
    marks = [typed(one, *pair) for one, pair in zip(paper, ALL, strict=True)]
    save_marks(event, marks, by=by, at=at)
    save_arrivals(people[2:], by=by, at=at)

    assert state(paper) == state(online)
    assert {one[2] for one in state(paper)} == {"confirmed", "held", "no_show"}
    there = Participant.objects.filter(pk__in=[one.pk for one in people])
    assert set(there.values_list("checked_in_at", "checked_in_by")) == {(at, by.pk)}


def test_whoever_joins_two_is_marked_on_paper_as_online(event, by):
    """A mark of theirs changes nothing of the meeting; "unknown" takes it back."""
    at = evening(event)
    online, paper = ([group(event) for _mark in "abc"] for _way in "ab")
    for (one, person), mark in zip(online, ("came", "late", "unknown"), strict=True):
        mark_further(one, person, "no_show", by=by, at=at)
        mark_further(one, person, mark, by=by, at=at)
    for (one, person), mark in zip(paper, ("came", "late", "unknown"), strict=True):
        for said, known in (("no_show", "unknown"), (mark, "no_show")):
            save_marks(event, [joins(one, person, said, known)], by=by, at=at)

    def marks(rows):
        return [list(one.further_marks.values_list("attendance", flat=True)) for one, _ in rows]

    assert marks(paper) == marks(online) == [["came"], ["late"], []]
    assert state([one for one, _ in paper]) == state([one for one, _ in online])


def test_a_mark_of_one_who_joins_is_compared_and_nobody_else_is_marked_so(event, by):
    at = evening(event)
    (one, person), (other, stranger) = group(event), group(event)
    mark_further(one, person, "late", by=by, at=at)

    found = compare_marks(
        event,
        [joins(one, person, "came"), joins(one, stranger, "came"), joins(other, stranger, "")],
        at=at,
    )

    assert [each.verdict for each in found] == ["conflict", "refused", "same"]
    assert found[0].online == ("", "late")
    refused("conflict", save_marks, event, [joins(one, person, "came")], by=by, at=at)
    save_marks(event, [joins(one, person, "came")], by=by, overwrite=True, at=at)
    assert one.further_marks.get().attendance == "came"


def test_a_table_of_the_kit_has_a_row_for_whoever_joins(event, by):
    one, person = group(event)
    record_attendance(one, by=by, host="came", guest="came", at=evening(event))
    mark_further(one, person, "late", by=by, at=evening(event))

    files = dict(make_kit(event, ["en"], at=evening(event)))
    table = read_table(io.BytesIO(files["marks.csv"]), "utf-8-sig")
    form = files["marks.html"].decode()

    row = next(cells for _line, cells in table.rows if cells["further"])
    assert (row["guest_person"], row["guest_mark"], row["guest_known"]) == (
        person.name,
        "late",
        "late",
    )
    assert form.count('class="ticked"') == 3
    assert form.count(person.registration.company.legal_name) >= 1
    filled = files["marks.csv"].decode("utf-8-sig").replace("late,,late", "absent,,late")
    typed_in, faults = read_marks(filled.encode())
    assert faults == []
    save_marks(event, typed_in, by=by, at=evening(event))
    assert one.further_marks.get().attendance == "no_show"
    assert state([one])[0][:3] == ("came", "came", "held")


def test_a_faulty_row_of_one_who_joins_says_what_to_do(event):
    one, person = group(event)
    target = io.BytesIO()
    key, who = str(one.public_id), str(person.public_id)
    rows = [
        [key, "", "came", who],
        [key, "", "came", who],
        [key, "", "came", "Anna"],
        [str(one.host.public_id), "came", "came", who],
    ]
    write_table(target, ("meeting", "host_mark", "guest_mark", "further"), rows)

    typed_in, faults = read_marks(target.getvalue())

    assert [(each.meeting, each.further) for each in typed_in] == [(key, who)]
    assert [(each.line, each.column) for each in faults] == [
        (3, "meeting"),
        (4, "further"),
        (5, "host_mark"),
    ]


def test_what_a_paper_does_not_say_stays(event, by):
    (one,) = meetings(event, 1)
    record_attendance(one, by=by, host="late", at=evening(event))

    outcomes = save_marks(event, [typed(one, guest="came")], by=by, at=evening(event))

    assert [found.verdict for found in outcomes] == [Verdict.NEW]
    assert state([one])[0][:3] == ("late", "came", "held")


@pytest.mark.parametrize(
    ("known", "present", "said", "verdict"),
    [
        ("unknown", "unknown", "came", "new"),
        ("unknown", "came", "came", "same"),
        ("unknown", "late", "came", "conflict"),
        ("came", "came", "late", "new"),
        ("came", "no_show", "late", "conflict"),
        ("came", "no_show", "came", "same"),  # the paper says what it was printed with
        ("came", "no_show", "", "same"),
        ("came", "came", "unknown", "new"),
    ],
)
def test_a_mark_is_compared_with_what_was_known_and_with_what_is_there(
    event, known, present, said, verdict
):
    one = made.MeetingFactory(event=event, placed=True, host_attendance=present)

    (outcome,) = compare_marks(event, [typed(one, said, host_known=known)], at=evening(event))

    assert outcome.verdict == verdict


def test_what_was_marked_online_since_is_not_overwritten_silently(event, by):
    contested, plain = meetings(event, 2)
    record_attendance(contested, by=by, host="no_show", at=evening(event))
    marks = [typed(contested, "came", "late"), typed(plain, "came", "came")]

    refused("conflict", save_marks, event, marks, by=by, at=evening(event))

    assert [one[:2] for one in state([contested, plain])] == [
        ("no_show", "unknown"),
        ("unknown", "unknown"),
    ]


@pytest.mark.parametrize(
    ("overwrite", "left"),
    [(True, ("came", "late", "held")), (False, ("no_show", "late", "no_show"))],
)
def test_who_saves_decides_whose_mark_stays(event, by, overwrite, left):
    contested, plain = meetings(event, 2)
    record_attendance(contested, by=by, host="no_show", at=evening(event))
    marks = [typed(contested, "came", "late"), typed(plain, "came", "came")]

    save_marks(event, marks, by=by, overwrite=overwrite, at=evening(event))

    assert [one[:3] for one in state([contested, plain])] == [left, ("came", "came", "held")]


def test_one_meeting_that_cannot_be_marked_keeps_all_others_unmarked(event, by):
    good, off = meetings(event, 2)
    cancel_meeting(off, by=by, reason="Ill")
    foreign = made.MeetingFactory(placed=True)
    tomorrow = made.clock_time(event, 10, day=1)
    slot = made.SlotFactory(event=event, starts_at=tomorrow)
    later = made.MeetingFactory(event=event, slot=slot, status="confirmed")
    bad = [off, foreign, later]

    outcomes = compare_marks(event, [typed(one, "came") for one in bad], at=evening(event))
    for one in bad:
        marks = [typed(good, "came"), typed(one, "came")]
        refused("refused", save_marks, event, marks, by=by, overwrite=True, at=evening(event))

    assert [one.reason for one in outcomes] == [
        "Only a meeting with a time takes place or not.",
        "The event has no such meeting.",
        "This meeting has not begun yet.",
    ]
    assert state([good])[0][0] == "unknown"
    assert state([foreign])[0][0] == "unknown"


def test_a_paper_that_says_nothing_of_a_cancelled_meeting_is_no_reason_to_refuse(event, by):
    (off,) = meetings(event, 1)
    cancel_meeting(off, by=by, reason="Ill")

    (outcome,) = save_marks(event, [typed(off)], by=by, at=evening(event))

    assert outcome.verdict == Verdict.SAME


def test_only_managers_of_the_organiser_type_marks_in(event):
    (one,) = meetings(event, 1)
    viewer = factories.StaffFactory(chamber=event.chamber, role="viewer").person

    with pytest.raises(PermissionDenied):
        save_marks(event, [typed(one, "came")], by=viewer, at=evening(event))
    with pytest.raises(PermissionDenied):
        save_marks(event, [typed(one, "came")], by=one.host.person, at=evening(event))

    assert state([one])[0][0] == "unknown"


def test_nobody_is_checked_in_when_one_of_them_cannot_be(event, by):
    here = made.ParticipantFactory(registration__event=event)
    gone = made.ParticipantFactory(registration__event=event, registration__status="withdrawn")

    refused("not_admitted", save_arrivals, [here, gone], by=by)

    here.refresh_from_db()
    assert here.checked_in_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_a_comparison_takes_the_same_queries_for_any_number_of_marks(event, count):
    marks = [typed(one, "came") for one in meetings(event, count)]

    with CaptureQueriesContext(connection) as asked:
        compare_marks(event, marks, at=evening(event))

    assert len(asked) == 1


# ---------------------------------------------------------------- the table
def table(rows, header=("meeting", "host_mark", "guest_mark")):
    target = io.BytesIO()
    write_table(target, header, rows)
    return target.getvalue()


def filled(content, marks):
    """The kit's table with (host, guest) written into its rows."""
    lines = content.decode("utf-8-sig").splitlines()
    at = lines[0].split(",").index("host_mark")
    for number, (host, guest) in enumerate(marks, start=1):
        cells = lines[number].split(",")
        cells[at : at + 2] = [host, guest]
        lines[number] = ",".join(cells)
    return "\r\n".join(lines).encode()


def test_a_filled_table_of_the_kit_gives_the_state_of_marking_online(event, by):
    online, paper = meetings(event, 3), meetings(event, 3)
    pairs = [("came", "came"), ("late", "no_show"), ("came", None)]
    at = evening(event)
    for one, (host, guest) in zip(online, pairs, strict=True):
        record_attendance(one, by=by, host=host, guest=guest, at=at)
    kit = dict(make_kit(event, ["en"]))
    blank = [("", "")] * len(online)
    words = [("came", "Came"), ("late", "absent"), ("came", "")]

    marks, faults = read_marks(filled(kit["marks.csv"], [*blank, *words]))
    save_marks(event, marks, by=by, at=at)

    assert faults == []
    assert state(paper) == state(online)


def test_a_table_that_nobody_filled_in_changes_nothing(event, by):
    one, _other = meetings(event, 2)
    at = evening(event)
    record_attendance(one, by=by, host="late", guest="came", at=at)
    kit = dict(make_kit(event, ["en"]))
    record_attendance(one, by=by, guest="no_show", at=at)

    marks, faults = read_marks(kit["marks.csv"])
    outcomes = save_marks(event, marks, by=by, at=at)

    assert faults == []
    assert {found.verdict for found in outcomes} == {Verdict.SAME}
    assert state([one])[0][:2] == ("late", "no_show")


def test_marks_are_read_in_the_languages_of_the_site(event):
    rows = meetings(event, 4)
    with translation.override("ru"):
        late = str(Meeting.Attendance.LATE.label)
    words = [("came", "CAME"), (late, "late"), ("absent", "no_show"), ("", " Came late ")]

    marks, faults = read_marks(
        table([[str(one.public_id), *pair] for one, pair in zip(rows, words, strict=True)])
    )

    assert not late.isascii()
    assert faults == []
    assert [(one.host, one.guest) for one in marks] == [
        ("came", "came"),
        ("late", "late"),
        ("no_show", "no_show"),
        ("", "late"),
    ]


def test_every_faulty_row_is_named_with_its_column_and_a_way_out(event):
    one, other = meetings(event, 2)
    content = table(
        [
            [str(one.public_id), "came", "perhaps"],
            ["=1+1", "came", "came"],
            [str(other.public_id), "late", ""],
            [str(other.public_id), "came", ""],
        ]
    )

    marks, faults = read_marks(content)

    assert [(found.line, found.column) for found in faults] == [
        (2, "guest_mark"),
        (3, "meeting"),
        (5, "meeting"),
    ]
    assert "“perhaps” is no mark: write came, late, absent" in faults[0].reason
    assert "line 4" in faults[2].reason
    assert [found.line for found in marks] == [4]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not name the columns"),
        (b"PK\x03\x04rest", "ZIP or Excel"),
        (b"meeting,host_mark\r\n", "guest_mark is missing"),
        (b"meeting,host_mark,guest_mark\r\nx,y\r\n", "Line 2"),
        (b'meeting,host_mark,guest_mark\r\n"x\r\n', "Line 2"),
        ("\ufeffmeeting".encode("utf-16"), "UTF-16"),
        (b"x" * (4 * 1024 * 1024 + 1), "larger than 4 MiB"),
    ],
)
def test_a_file_that_is_no_table_of_marks_says_why(content, reason):
    with pytest.raises(BrokenFileError, match=reason):
        read_marks(content)


def test_time_is_passed_in(event, by):
    (one,) = meetings(event, 1)
    before = made.clock_time(event, 9) - dt.timedelta(days=1)

    (outcome,) = compare_marks(event, [typed(one, "came")], at=before)

    assert outcome.verdict == Verdict.REFUSED
