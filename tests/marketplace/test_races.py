"""Many people want the same thing at once: one gets it, the others are told, nothing breaks.

``RACE_ROUNDS`` and ``RACE_CLIENTS`` make the races longer: 50 rounds of 32 clients are meant.
"""

import datetime as dt
import itertools
import os
import threading
from collections import Counter
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from marketplace.models import Booking, Meeting, MeetingRequest, Registration
from marketplace.scheduling.document import plan_told
from marketplace.scheduling.problem import Plan
from marketplace.services import meetings, registrations, requests
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import start_timetable
from tests import event_factories as make
from tests import factories

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
CLIENTS = int(os.environ.get("RACE_CLIENTS", "8"))

pytestmark = pytest.mark.django_db(transaction=True)


def connect():
    """Give this thread a connection of its own, not one of a pool of eight."""
    options = {**connection.settings_dict["OPTIONS"], "pool": False}
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}


def race(*calls):
    """Call all at the same moment: how often each answer came; anything unforeseen is raised.

    An answer is "won", or the code of the refusal.
    """
    start, answers, unforeseen = threading.Barrier(len(calls)), [], []

    def run(call):
        connect()
        start.wait()
        try:
            call()
        except ValidationError as refusal:
            fields = (
                refusal.error_dict if hasattr(refusal, "error_dict") else {"": refusal.error_list}
            )
            answers.append(next(iter(fields.values()))[0].code)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            unforeseen.append(error)
        else:
            answers.append("won")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if unforeseen:
        raise unforeseen[0]
    return Counter(answers)


def overlaps():
    """Pairs of bookings that hold the same thing at the same time; there are never any."""
    same = {
        kind: Booking.objects.filter(**{f"{kind}__isnull": False})
        for kind in ("participant", "person", "table", "interpreter")
    }
    found = 0
    for kind, bookings in same.items():
        for one in bookings:
            found += (
                bookings.filter(pk__gt=one.pk, during__overlap=one.during)
                .filter(**{kind: getattr(one, kind)})
                .count()
            )
    return found


class Scene:
    """An event with one slot, its organiser's manager, and as many companies as a race needs.

    ``crowd`` are representatives who come to one event after the other, each on days of its own.
    """

    days = itertools.count(30, 3)

    def __init__(self, crowd):
        first = timezone.now().date() + dt.timedelta(days=next(self.days))
        self.event = make.EventFactory(starts_on=first)
        self.slot = make.SlotFactory(event=self.event)
        self.manager = factories.StaffFactory(chamber=self.event.chamber).person
        self.crowd, self.here = crowd, 0

    def company(self):
        if self.here == len(self.crowd):
            self.crowd.append(factories.RepresentativeFactory(company__member=True))
        who = self.crowd[self.here]
        self.here += 1
        return make.ParticipantFactory(
            registration__event=self.event, registration__company=who.company, person=who.person
        )

    def request(self, asker, asked):
        return make.MeetingRequestFactory(
            event=self.event, requester=asker.registration, partner=asked.registration
        )

    def agreed(self, count, host=None, **fields):
        """Meetings of different companies that have no time yet."""
        return [
            make.MeetingFactory(
                event=self.event, host=host or self.company(), guest=self.company(), **fields
            )
            for _meeting in range(count)
        ]


@pytest.fixture
def scenes():
    """As many as there are rounds, each made when its turn comes."""
    crowd = []
    return (Scene(crowd) for _ in range(ROUNDS))


def test_a_request_accepted_by_many_makes_one_meeting(scenes):
    for scene in scenes:
        asked = scene.company()
        request = scene.request(scene.company(), asked)

        answers = race(*[partial(requests.accept_request, request, by=asked.person)] * CLIENTS)

        assert answers == {"won": 1, "not_waiting": CLIENTS - 1}
        assert Meeting.objects.filter(request=request).count() == 1


def test_a_request_is_accepted_or_withdrawn_never_both(scenes):
    for scene in scenes:
        asker, asked = scene.company(), scene.company()
        request = scene.request(asker, asked)

        answers = race(
            *[partial(requests.accept_request, request, by=asked.person)] * (CLIENTS // 2),
            *[partial(requests.withdraw_request, request, by=asker.person)] * (CLIENTS // 2),
        )

        assert answers["won"] == 1
        assert set(answers) == {"won", "not_waiting"}
        request.refresh_from_db()
        accepted = request.status == MeetingRequest.Status.ACCEPTED
        assert Meeting.objects.filter(request=request).exists() == accepted


def take_one_slot(scene):
    """As many partners as there are clients, all accepted for the one slot of one person."""
    asked = scene.company()
    asks = [scene.request(scene.company(), asked) for _ in range(CLIENTS)]

    accept = partial(requests.accept_request, by=asked.person, slot=scene.slot)
    return race(*[partial(accept, request) for request in asks])


def test_one_slot_of_a_person_goes_to_one_of_many_partners(scenes):
    for scene in scenes:
        answers = take_one_slot(scene)

        assert answers == {"won": 1, "taken": CLIENTS - 1}
        assert MeetingRequest.objects.open().filter(event=scene.event).count() == CLIENTS - 1
        assert Meeting.objects.filter(event=scene.event).count() == 1
    assert overlaps() == 0


def place(scene, meeting, table):
    return partial(meetings.move_meeting, meeting, scene.slot, table=table, by=scene.manager)


def test_one_table_goes_to_one_of_many_meetings(scenes):
    for scene in scenes:
        table = make.TableFactory(event=scene.event)

        answers = race(*[place(scene, one, table) for one in scene.agreed(CLIENTS)])

        assert answers == {"won": 1, "taken": CLIENTS - 1}
        assert Meeting.objects.filter(event=scene.event).placed().count() == 1
    assert overlaps() == 0


def test_the_last_free_tables_go_to_as_many_meetings(scenes):
    for scene in scenes:
        make.TableFactory.create_batch(2, event=scene.event)

        answers = race(*[place(scene, one, None) for one in scene.agreed(CLIENTS)])

        assert answers == {"won": 2, "no_table": CLIENTS - 2}
    assert overlaps() == 0


def test_one_interpreter_goes_to_one_of_many_meetings(scenes):
    for scene in scenes:
        interpreter = make.InterpreterFactory(event=scene.event)
        waiting = scene.agreed(CLIENTS, placed=True, slot=scene.slot)
        assign = partial(meetings.assign_interpreter, interpreter=interpreter, by=scene.manager)

        answers = race(*[partial(assign, one) for one in waiting])

        assert answers == {"won": 1, "interpreter_away": CLIENTS - 1}
        assert Booking.objects.filter(interpreter=interpreter).count() == 1
    assert overlaps() == 0


def test_one_person_is_not_at_two_tables(scenes):
    for scene in scenes:
        busy = scene.company()
        agreed = scene.agreed(CLIENTS, host=busy)
        tables = make.TableFactory.create_batch(CLIENTS, event=scene.event)

        answers = race(*[place(scene, *one) for one in zip(agreed, tables, strict=True)])

        assert answers == {"won": 1, "taken": CLIENTS - 1}
        assert Booking.objects.filter(participant=busy).count() == 1
        assert Booking.objects.filter(table__in=tables).count() == 1
    assert overlaps() == 0


def test_two_companies_asking_each_other_have_one_request(scenes):
    for scene in scenes:
        one, other = scene.company(), scene.company()
        sides = one.registration, other.registration
        there = partial(requests.request_meeting, *sides, by=one.person)
        back = partial(requests.request_meeting, *sides[::-1], by=other.person)

        answers = race(*[there, back] * (CLIENTS // 2))

        assert answers == {"won": 1, "already_requested": CLIENTS - 1}
        assert MeetingRequest.objects.filter(event=scene.event).count() == 1


def test_a_withdrawal_leaves_nothing_of_what_is_accepted_meanwhile(scenes):
    for scene in scenes:
        leaving = scene.company()
        asks = [scene.request(scene.company(), leaving) for _ in range(CLIENTS - 1)]
        by = leaving.person

        answers = race(
            partial(registrations.withdraw_registration, leaving.registration, by=by),
            *[partial(requests.accept_request, request, by=by) for request in asks],
        )

        assert answers["won"] >= 1
        assert set(answers) <= {"won", "not_waiting", "not_admitted", "taken", "no_common_time"}
        leaving.registration.refresh_from_db()
        assert leaving.registration.status == Registration.Status.WITHDRAWN
        assert orphans(leaving.registration) == 0


def test_the_last_seat_of_a_delegation_goes_to_one_of_many():
    event = make.EventFactory()
    manager = factories.StaffFactory(chamber=event.chamber).person
    delegation = make.DelegationFactory(event=event, seats=1)
    rows = make.RegistrationFactory.create_batch(CLIENTS, event=event)
    join = registrations.change_registration

    answers = race(*(partial(join, row, by=manager, delegation=delegation) for row in rows))

    assert answers == {"won": 1, "delegation_full": CLIENTS - 1}
    assert delegation.registrations.count() == 1


def planned(scene):
    """A version with all meetings in the one slot, as a worker would leave it."""
    timetable = start_timetable(scene.event, by=scene.manager)
    nowhere = [None] * len(timetable.problem["meetings"])
    timetable.plan = plan_told(Plan(slot=(0,) * len(nowhere), table=nowhere, helper=nowhere))
    timetable.finished_at = timezone.now()
    timetable.save()
    return timetable


def test_a_timetable_and_people_do_not_share_a_slot(scenes):
    for scene in scenes:
        busy = scene.company()
        agreed = scene.agreed(1, host=busy)[0]
        timetable = planned(scene)
        asks = [scene.request(scene.company(), busy) for _ in range(CLIENTS - 1)]
        accept = partial(requests.accept_request, by=busy.person, slot=scene.slot)

        answers = race(
            partial(publish_timetable, timetable, by=scene.manager),
            *[partial(accept, request) for request in asks],
        )

        late = 0 if Meeting.objects.get(pk=agreed.pk).is_placed else 1
        assert answers == Counter(won=1, taken=CLIENTS - 1 - late, changed_meanwhile=late)
        assert Booking.objects.filter(participant=busy).count() == 1
    assert overlaps() == 0


def test_one_timetable_is_made_at_a_time(scenes):
    for scene in scenes:
        scene.agreed(1)

        answers = race(*[partial(start_timetable, scene.event, by=scene.manager)] * CLIENTS)

        assert answers == {"won": 1, "being_made": CLIENTS - 1}
        assert scene.event.timetables.count() == 1


def test_of_two_versions_published_at_once_one_is_in_force(scenes):
    for scene in scenes:
        scene.agreed(2)
        versions = [planned(scene), planned(scene)]

        answers = race(
            *[partial(publish_timetable, one, by=scene.manager) for one in versions]
            * (CLIENTS // 2)
        )

        assert answers["won"] >= 1
        assert set(answers) <= {"won", "superseded", "already_published"}
        assert scene.event.timetables.in_force().count() == 1
        assert Meeting.objects.filter(event=scene.event).placed().count() == 2
    assert overlaps() == 0


def orphans(registration):
    """What is left of a company that does not come."""
    return (
        Meeting.objects.of(registration).ahead().count()
        + Booking.objects.filter(participant__registration=registration).count()
        + MeetingRequest.objects.open().of(registration).count()
    )


def test_without_the_constraint_a_race_ends_in_a_double_booking():
    """The negative control: what the races above rest upon is the constraint, not luck."""
    names = ("participant_meets_one_at_a_time", "person_meets_one_at_a_time")
    constraints = [one for one in Booking._meta.constraints if one.name in names]
    with connection.schema_editor() as editor:
        for constraint in constraints:
            editor.remove_constraint(Booking, constraint)
    try:
        answers = take_one_slot(Scene([]))

        assert answers["won"] > 1
        assert overlaps() > 0
    finally:
        Booking.objects.all().delete()
        with connection.schema_editor() as editor:
            for constraint in constraints:
                editor.add_constraint(Booking, constraint)
