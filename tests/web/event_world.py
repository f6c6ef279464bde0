"""An event worth looking at: people of many places, a programme, requests and meetings."""

import datetime as dt
from types import SimpleNamespace

from django.utils import timezone

from marketplace.models import MeetingRequest
from marketplace.services.meetings import arrange_meeting
from marketplace.services.moves import propose_move
from marketplace.services.requests import propose_times, request_meeting
from tests.event_factories import (
    DelegationFactory,
    EventFactory,
    GroupFactory,
    HallFactory,
    ParticipantFactory,
    RegistrationFactory,
    SessionFactory,
    SlotFactory,
    TableFactory,
    clock_time,
)
from tests.factories import (
    ChamberFactory,
    CountryFactory,
    OpportunityFactory,
    RepresentativeFactory,
    UserFactory,
)
from tests.matching.world import company

DAY = dt.timedelta(days=1)
PARTNERS = [
    ("JP", "株式会社アサヒ計装", "Asahi Co., Ltd."),
    ("JP", "Hokuto Cold Chain KK", ""),
    ("BY", "ОАО «Минский приборостроительный завод имени Ленина»", "Minsk Instruments"),
    ("IN", "Kolkata Pumps Pvt Ltd", ""),
    ("BR", "São Paulo Máquinas", ""),
    ("KZ", "ТОО «Алатау Мунай»", "Alatau Munai"),
]


def build_event():
    """A forum in Minsk read from Tokyo, two days with tables, and what a company has there."""
    event = _forum()
    slots = _programme(event)
    world = SimpleNamespace(event=event, slots=slots, **_own_company(event, slots))
    world.others, world.people = _partners(event)
    world.hidden = RegistrationFactory(
        event=event, company__legal_name="Unseen Works", consent="not_listed"
    )
    world.meetings, world.waiting = _meetings(world)
    world.incoming, world.sent = _requests(world)
    world.draft = request_meeting(
        world.own, world.others[2], by=world.owner, message="Half a thought", draft=True
    )
    world.closed = EventFactory(
        chamber=event.chamber,
        name={"en": "Mission whose registration is over"},
        registration_closes_at=timezone.now() - DAY,
    )
    propose_move(
        world.meetings[0], slots[9:11], by=world.people[0].person, message="Our flight is late"
    )
    return world


def _forum():
    """In the middle of its requests, with a provisional timetable since yesterday."""
    for code, name in (("JP", "Japan"), ("BY", "Belarus"), ("IN", "India"), ("BR", "Brazil")):
        CountryFactory(code=code, name_en=name)
    now = timezone.now()
    event = EventFactory(
        chamber=ChamberFactory(name_en="Minsk Chamber", slug="minsk"),
        name={"en": "Forum of Regions", "ru": "Форум", "ja": "地域フォーラム"},
        theme={"en": "Water, cold chains and instruments for the regions"}, place="Minsk, Victoria",
        registration_opens_at=now - 20 * DAY, requests_open_at=now - 9 * DAY,
        requests_close_at=now + 9 * DAY, provisional_at=now - DAY, final_at=now + 12 * DAY,
    )  # fmt: skip
    event.hosts.add(ChamberFactory(name_en="Sapporo Chamber", slug="sapporo"))
    return event


def _programme(event):
    """Two halls with eight tables; an opening, a break and twelve slots on each of two days."""
    halls = [HallFactory(event=event, name=name) for name in ("Hall A", "Hall B")]
    for number in range(1, 9):
        TableFactory(event=event, number=number, hall=halls[number > 4], has_screen=number > 6)
    slots = []
    for day in (0, 1):
        SessionFactory(
            event=event, kind="plenary", title={"en": "Opening"}, chair="Vera Vasil",
            hall=halls[0], starts_at=clock_time(event, 9, day=day),
            ends_at=clock_time(event, 10, day=day),
        )  # fmt: skip
        SessionFactory(
            event=event, kind="break", title={"en": "Lunch, foyer"},
            starts_at=clock_time(event, 12, day=day), ends_at=clock_time(event, 13, day=day),
        )  # fmt: skip
        for hour, minute in [(h, m) for h in (10, 11, 13, 14) for m in (0, 20, 40)]:
            starts = clock_time(event, hour, minute, day=day)
            slots.append(
                SlotFactory(
                    event=event, starts_at=starts, ends_at=starts + dt.timedelta(minutes=20)
                )
            )
    return slots


def _own_company(event, slots):
    """``own`` registration of ``owner``, with ``anna`` who signs in and Boris, once away."""
    own_company = company("JP", "Romashka Sensor LLC", languages=["ru", "en"])
    owner = RepresentativeFactory(
        company=own_company, person=UserFactory(name="Anna Ivanova", time_zone="Asia/Tokyo")
    ).person
    group = GroupFactory(event=event, name={"en": "Suppliers"})
    own = RegistrationFactory(event=event, company=own_company, group=group)
    anna = ParticipantFactory(registration=own, person=owner, name="Anna Ivanova", position="CEO")
    boris = ParticipantFactory(registration=own, person=None, name="Boris", presence="remote")
    boris.away.create(slot=slots[0])
    return {"own": own, "owner": owner, "anna": anna}


def _partners(event):
    """A registration and a person of each of ``PARTNERS``, who came together."""
    delegation = DelegationFactory(event=event, chamber=event.chamber, leader="Ken Sato", seats=9)
    others, people = [], []
    for code, name, latin in PARTNERS:
        made = company(code, name, legal_name_latin=latin, languages=["en"])
        speaker = RepresentativeFactory(company=made).person
        others.append(
            RegistrationFactory(
                event=event, company=made, consent="listed_with_contact", delegation=delegation
            )
        )
        people.append(ParticipantFactory(registration=others[-1], person=speaker, name="Ken Sato"))
    return others, people


def _meetings(world):
    """Three of one's own with a time and one that waits for it; beside them those of others."""
    organiser, slots, people = UserFactory(superuser=True), world.slots, world.people
    unseen = ParticipantFactory(registration=world.hidden, name="Unseen Person")
    own = [
        arrange_meeting(world.anna, people[0], slot=slots[0], by=organiser),
        arrange_meeting(world.anna, people[2], slot=slots[4], by=organiser, status="provisional"),
        arrange_meeting(people[3], world.anna, slot=slots[14], by=organiser),
    ]
    arrange_meeting(people[1], people[3], slot=slots[0], by=organiser)
    arrange_meeting(people[4], people[5], slot=slots[1], by=organiser, status="provisional")
    arrange_meeting(people[1], unseen, slot=slots[2], by=organiser)
    waiting = arrange_meeting(world.anna, people[5], by=organiser)
    return own, waiting


def _requests(world):
    """One that waits for one's own company, and one that was answered with other times."""
    incoming = request_meeting(
        world.others[1], world.own, by=world.people[1].person, slots=world.slots[5:8],
        message="We need pressure sensors for cold stores.", wish=MeetingRequest.Wish.MUST,
    )  # fmt: skip
    offer = OpportunityFactory(published=True, company=world.own.company)
    sent = request_meeting(
        world.own, world.others[4], by=world.owner, message="Pumps?", opportunity=offer
    )
    propose_times(sent, world.slots[8:10], by=world.people[4].person, message="Better after lunch")
    return incoming, sent


def addresses(world):
    """Addresses of the pages of one's company at the event, without their language."""
    event = f"/events/{world.event.public_id}/"
    return [
        "/events/",
        event,
        *(
            f"{event}{name}/"
            for name in ("registration", "person", "withdraw", "people", "timetable", "tables")
        ),
        *(f"{event}requests/?tab={tab}" for tab in ("incoming", "sent", "scheduled", "past")),
        f"/participants/{world.anna.public_id}/availability/",
        f"/registrations/{world.others[3].public_id}/ask/",
        *(
            f"/requests/{world.incoming.public_id}/{name}"
            for name in ("", "accept/", "decline/", "propose/")
        ),
        *(f"/requests/{world.draft.public_id}/{name}" for name in ("", "draft/", "withdraw/")),
        f"/events/{world.closed.public_id}/",
        f"/events/{world.closed.public_id}/register/",
        f"/companies/{world.others[3].company.public_id}/",
        *(f"/meetings/{world.meetings[0].public_id}/{name}" for name in ("", "cancel/", "move/")),
        f"/meetings/{world.waiting.public_id}/",
    ]
