"""Where the tables of an event stand: in the mail of a timetable, and as a picture."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.utils import translation

from chambers.models import Mail
from chambers.services import jobs
from marketplace.selectors.plan import drawn, halls_of
from tests import event_factories as make
from tests import factories
from tests.marketplace.timetable_world import meet, people, published, small_event

pytestmark = pytest.mark.django_db


def tables(event, hall, *numbers, **fields):
    return [make.TableFactory(event=event, hall=hall, number=one, **fields) for one in numbers]


@pytest.fixture
def fair():
    event = make.EventFactory()
    north = make.HallFactory(event=event, name="North <b>")
    tables(event, north, 1, 2, 3, 5)
    booth = make.RegistrationFactory(event=event)
    tables(event, north, 9, owner=booth)
    tables(event, make.HallFactory(event=event, name="Annex"), *range(20, 31))
    return event


def test_a_line_tells_each_hall_with_its_tables(fair):
    assert [str(one) for one in halls_of(fair)] == [
        "Annex: tables 20–30",
        "North <b>: tables 1–3, 5; booths 9",
    ]


def test_a_hall_is_called_as_the_reader_of_the_line_calls_it(fair):
    fair.halls.filter(name="Annex").update(names={"ja": "別館"})
    annex = halls_of(fair)[0]

    with translation.override("ja"):
        told = str(annex)

    assert told.startswith("別館")
    assert str(annex).startswith("Annex: ")


def test_the_drawing_keeps_tables_apart_and_inside(fair):
    drawing = drawn(halls_of(fair), set())

    corners = [(spot.x, spot.y) for hall in drawing.halls for spot in hall.spots]
    assert len(set(corners)) == len(corners) == 16
    assert all(x + 64 <= drawing.width and y + 48 <= drawing.height for x, y in corners)


def test_who_takes_part_sees_the_plan_with_their_own_tables_marked(client, fair):
    own = make.RegistrationFactory(event=fair, people=1)
    meeting = make.MeetingFactory(event=fair, host=own.participants.get(), placed=True)
    meeting.table = fair.tables.get(number=5)
    meeting.save()
    person = factories.RepresentativeFactory(company=own.company).person
    client.force_login(person)

    answer = client.get(f"/en/events/{fair.public_id}/plan.svg")

    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    text = answer.content.decode()
    root = ET.fromstring(text)
    marked = [
        one
        for one in root.iter("{http://www.w3.org/2000/svg}g")
        if "yours" in "".join(one.itertext())
    ]
    assert len(marked) == 1
    assert "5" in "".join(marked[0].itertext())
    assert "North &lt;b&gt;" in text
    assert " style=" not in text
    page = client.get(f"/en/events/{fair.public_id}/tables/").content.decode()
    assert f"/en/events/{fair.public_id}/plan.svg" in page


def test_an_event_without_tables_has_no_plan(client):
    own = make.RegistrationFactory()
    client.force_login(factories.RepresentativeFactory(company=own.company).person)

    assert client.get(f"/en/events/{own.event.public_id}/plan.svg").status_code == 404


def test_the_mail_of_a_timetable_tells_the_halls_and_leads_to_the_plan():
    event = small_event()
    staff = factories.StaffFactory(chamber=event.chamber, role="manager").person
    meet(event, *people(event, 2))
    published(event, staff)
    jobs.work_off()

    mail = Mail.objects.filter(kind="timetable_provisional").first()

    assert "Where the tables stand:\n" in mail.text
    assert re.search(r"\btables 1–\d", mail.text)
    assert f"/events/{event.public_id}/plan.svg" in mail.text
    assert f'/events/{event.public_id}/plan.svg"' in mail.html


@pytest.mark.parametrize("count", [1, 30])
def test_the_plan_takes_the_same_queries_for_any_number_of_tables(count, django_assert_num_queries):
    event = make.EventFactory()
    tables(event, make.HallFactory(event=event), *range(1, count + 1))

    with django_assert_num_queries(1):
        assert len(halls_of(event)[0].tables) == count
