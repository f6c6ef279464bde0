"""The demo world as a whole: built once for all tests here, and rolled back."""

import datetime as dt

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    Guild,
    Mail,
    Membership,
    Representative,
    Staff,
    User,
)
from chambers.services import jobs
from marketplace.models import (
    Event,
    Hall,
    Meeting,
    MeetingRequest,
    Opportunity,
    Participant,
    Registration,
    Session,
    Timetable,
)
from marketplace.selectors.desk import desk_of
from matching.models import EventEmphasis, PairHistory, Run, SuggestionList
from seeds import demo, people, reference

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """What was said while the demo world was made; each test sees it as it was made."""
    said = []
    with django_db_blocker.unblock(), transaction.atomic():
        reference.load_reference()
        demo.build(said.append)
        yield said
        transaction.set_rollback(True)


def company(name):
    return Company.objects.get(legal_name=name)


def chamber(slug):
    return Chamber.objects.get(slug=slug)


@pytest.mark.parametrize(
    ("name", "home", "offers", "seeks"),
    [
        ("ООО «Ромашка Сенсор»", "moscow", {"9026"}, {"8486"}),
        ("株式会社アサヒ計装", "tokyo", {"8486"}, {"9026"}),
        ("ОАО «Гомель Агромаш»", "belarus", {"8433"}, {"9026"}),
        ("АО «Василёк Прибор»", "moscow", {"9026"}, set()),
        ("ТОО «Степь Трейд»", "almaty", set(), {"8433", "9026"}),
    ],
)
def test_the_companies_of_the_acceptance_scripts_offer_and_seek_what_is_written(
    world, name, home, offers, seeks
):
    found = company(name)

    assert Membership.objects.in_force().filter(company=found, chamber__slug=home).exists()
    shown = Opportunity.objects.on_show().filter(company=found)
    for side, expected in (("offer", offers), ("demand", seeks)):
        codes = shown.filter(side=side, codes__level=4, codes__scheme="hs")
        assert set(codes.values_list("codes__code", flat=True)) == expected


def test_the_agreements_of_the_acceptance_scripts_stand_as_written(world):
    def status(first, second):
        return Agreement.objects.get(first=chamber(first), second=chamber(second)).status

    assert status("moscow", "tokyo") == Agreement.Status.IN_FORCE
    assert status("moscow", "belarus") == Agreement.Status.IN_FORCE
    assert status("belarus", "almaty") == Agreement.Status.IN_FORCE
    ended = Agreement.objects.get(first=chamber("moscow"), second=chamber("almaty"))
    assert ended.status == Agreement.Status.ENDED
    assert ended.ends_on == timezone.localdate().replace(day=1) - dt.timedelta(days=1)


def test_moscow_has_its_two_guilds_and_no_commission_on_japan(world):
    guilds = Guild.objects.filter(chamber=chamber("moscow"))
    commissions = Commission.objects.filter(chamber=chamber("moscow"))

    assert {"high-technology", "digital-economy"} <= set(guilds.values_list("slug", flat=True))
    assert all(guild.members.count() >= 3 for guild in guilds)
    assert commissions.count() == 40
    assert not commissions.filter(country="JP").exists()


def test_there_is_something_in_every_state_for_people_to_see(world):
    memberships = Membership.objects.with_status()
    opportunities = Opportunity.objects.values_list("status", flat=True)

    assert set(memberships.values_list("status_now", flat=True)) == set(Membership.Status.values)
    assert set(opportunities) == set(Opportunity.Status.values) - {"expired"}
    assert {one.status for one in Agreement.objects.all()} == set(Agreement.Status)
    assert Company.objects.listed().count() > 280
    assert Opportunity.objects.on_show().count() > 480


def test_events_of_four_kinds_lie_ahead_and_one_is_on_today(world):
    ahead = Event.objects.published().ahead()

    kinds = list(ahead.filter(starts_on__gt=timezone.localdate()).values_list("kind", flat=True))
    assert sorted(kinds) == ["exhibition", "forum", "mission", "online"]
    forum, today = ahead.get(kind="forum"), ahead.get(kind="training")
    assert set(forum.sessions.values_list("kind", flat=True)) == set(Session.Kind.values)
    assert forum.sessions.exclude(chair="").filter(kind="section").count() == 4
    # By its own clock: in the evening of London it is tomorrow there.
    assert today.starts_on < timezone.localdate(timezone=today.clock) <= today.ends_on
    assert {event.stage_at() for event in ahead} == {
        Event.Stage.EVENT,
        Event.Stage.FINAL,
        Event.Stage.PROVISIONAL,
        Event.Stage.REQUESTS,
    }


def test_companies_take_part_ask_each_other_and_meet_in_every_state(world):
    registered = Registration.objects.all()

    assert set(registered.values_list("status", flat=True)) == set(Registration.Status.values)
    assert set(registered.values_list("consent", flat=True)) == set(Registration.Consent.values)
    asked = set(MeetingRequest.objects.values_list("status", flat=True))
    assert asked == set(MeetingRequest.Status.values)
    held = set(Meeting.objects.values_list("status", flat=True))
    assert held >= {"unscheduled", "confirmed", "held", "no_show", "cancelled"}
    assert Participant.objects.filter(presence="remote").exists()
    exhibition = Event.objects.get(kind="exhibition")
    assert exhibition.tables.filter(owner__company__country="JP").count() > 8
    assert Meeting.objects.filter(event=exhibition, table__owner__isnull=False).exists()
    mission = Event.objects.get(kind="mission")
    assert mission.delegations.get().registrations.count() > 5
    for one in MeetingRequest.objects.filter(event=mission).select_related("requester", "partner"):
        assert one.requester.group_id != one.partner.group_id


def test_events_have_a_published_timetable_and_the_exhibition_sets_its_times_itself(world):
    waiting = Event.objects.filter(meetings__status="unscheduled").distinct()
    seated = Event.objects.filter(timetables__in=Timetable.objects.in_force())

    assert "mission" in set(waiting.values_list("kind", flat=True))  # for its next version
    seated_kinds = {"forum", "mission", "online", "training"}
    assert set(seated.values_list("kind", flat=True)) == seated_kinds
    for event in Event.objects.of_chambers().filter(starts_on__gt=timezone.localdate()):
        meetings = event.meetings.placed()
        assert event.registrations.taking_part().count() > 10, event
        assert event.requests.open().exists() or event.kind == "online", event
        assert meetings.exclude(table=None).count() > 4 or event.kind == "online", event
        assert meetings.count() > 4, event
    cities = Participant.objects.filter(registration__event__kind="online", hosted__isnull=False)
    countries = set(cities.values_list("registration__company__country", flat=True))
    assert countries <= {"JP", "BY", "BR"}
    guests = Meeting.objects.filter(event__kind="online", guest__registration__status="admitted")
    assert guests.filter(guest__registration__company__country="BR").exists()


def test_a_draft_made_from_the_published_forum_moves_nobody_in_vain(world):
    draft = Timetable.objects.get(event__kind="forum", status="draft")

    kept, group = draft.certificate["kept"], Meeting.objects.get(event=draft.event, others__gt=0)
    assert draft.base.status == "provisional"
    assert kept["people"] == kept["people_bound"]
    assert draft.plan["slot"][draft.problem["meetings"].index(str(group.public_id))] is not None


def test_an_online_round_has_links_and_two_events_stress_what_they_are_about(world):
    online = Meeting.objects.filter(event__kind="online").placed()
    stressed = EventEmphasis.objects.in_force().values_list("event__kind", flat=True)

    assert online.exclude(link="").count() > online.filter(link="").count() > 0
    assert set(stressed) == {"forum", "mission"}
    places = Event.objects.exclude(place="").exclude(kind="direct")
    named = [*Hall.objects.values_list("names", flat=True)]
    named += places.values_list("place_names", flat=True)
    assert {tuple(sorted(one)) for one in named} == {("en", "ja"), ("en", "ru")}


def test_open_requests_are_to_be_answered_by_the_timetable_to_come(world):
    open_ = MeetingRequest.objects.open().filter(event__final_at__gt=timezone.now())

    assert open_.exists()
    assert not open_.filter(expires_at__gt=F("event__final_at")).exists()


def test_the_desk_of_the_event_that_goes_on_has_something_of_everything(world):
    event = Event.objects.get(kind="training")

    then = Meeting.objects.get(event=event, status="cancelled").cancelled_at
    seen = desk_of(event, then)

    assert (seen.days_until, seen.is_over) == (0, False)
    assert seen.late
    assert seen.waiting
    assert seen.next
    assert 0 < seen.here < seen.expected
    assert seen.missing_count == 2
    offers = [one for freed in seen.freed for one in freed.offers]
    assert any(one.is_open for one in offers)
    attended = Meeting.objects.filter(event=event).exclude(guest_attendance="unknown")
    assert set(attended.values_list("status", flat=True)) >= {"held", "no_show"}
    told = Mail.objects.filter(kind__in=["meeting_standby", "meeting_cancelled"])
    assert set(told.values_list("state", flat=True)) == {"sent"}


def test_who_signs_in_has_a_request_to_answer_and_a_meeting(world):
    for name in ("ООО «Ромашка Сенсор»", "株式会社アサヒ計装", "ОАО «Гомель Агромаш»"):
        own = Registration.objects.filter(company=company(name))
        assert MeetingRequest.objects.open().filter(answer_from__in=own).exists(), name
        people = Participant.objects.filter(registration__in=own, person__isnull=False)
        assert Meeting.objects.filter(Q(host__in=people) | Q(guest__in=people)).exists(), name


def test_nobody_is_mailed_about_the_past(world):
    assert Mail.objects.filter(kind="meeting_accepted").count() > 50
    assert not Mail.objects.filter(kind="meeting_accepted").exclude(state="sent").exists()


def test_some_ask_something_of_partners_some_know_each_other_and_one_is_on_hold(world):
    companies = Company.objects.all()

    assert companies.exclude(certificates=[]).count() > 80
    for asked in (
        {"required_certificates__len__gt": 0},
        {"accepted_sizes__len__gt": 0},
        {"accepts_interpreter": False},
        {"avoids_competitors": True},
    ):
        assert 5 < companies.filter(**asked).count() < 40, asked
    groups = companies.exclude(corporate_group="").values_list("corporate_group", flat=True)
    assert len(set(groups)) < len(groups)
    assert set(PairHistory.objects.values_list("kind", flat=True)) == set(PairHistory.Kind.values)
    for one in PairHistory.objects.select_related("one", "other"):
        assert one.one.country_id != one.other.country_id
    assert companies.filter(held_on__isnull=False).count() == 1
    for found in [*companies.exclude(certificates=[]), *companies.exclude(accepted_sizes=[])]:
        found.full_clean()


def test_everybody_signs_in_with_the_password_that_is_printed(world, capsys):
    call_command("demo_logins")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    for line in lines:
        email, password, _who = line.split(maxsplit=2)
        assert authenticate(None, email=email, password=password).email == email
    assert "Ромашка Сенсор» (main contact)" in lines[0]


def test_nobody_else_can_sign_in(world):
    logins = {email for email, _password, _who in people.demo_logins()}

    others = User.objects.exclude(email__in=logins)

    assert others.count() > 20
    assert not any(person.has_usable_password() for person in others)


def test_people_act_for_those_they_belong_to(world):
    boris = User.objects.get(email__startswith="boris@")
    pavel = User.objects.get(email__startswith="pavel@")

    roles = Representative.objects.filter(person=boris).order_by("pk")
    assert [(one.company.country_id, one.role) for one in roles] == [
        ("RU", "editor"),
        ("RU", "viewer"),
    ]
    staff = dict(Staff.objects.filter(person=pavel).values_list("chamber__slug", "role"))
    assert staff == {"belarus": "manager", "minsk": "manager", "gomel": "viewer"}


def test_the_newest_opportunities_are_those_of_the_acceptance_scripts(world):
    newest = Opportunity.objects.on_show().order_by("-pk")[:5]

    names = {one.company.legal_name for one in newest}
    assert names <= {
        "ООО «Ромашка Сенсор»",
        "株式会社アサヒ計装",
        "ОАО «Гомель Агромаш»",
        "АО «Василёк Прибор»",
        "ТОО «Степь Трейд»",
    }


def test_what_is_done_meanwhile_is_said(world):
    assert world[0] == "Chambers, councils and agreements"
    assert "Companies: 300 of 305" in world


def test_a_second_seeding_adds_nothing(world, capsys):
    before = (Company.objects.count(), Opportunity.objects.count(), User.objects.count())

    call_command("seed")

    assert "there already" in capsys.readouterr().out
    assert (Company.objects.count(), Opportunity.objects.count(), User.objects.count()) == before


def test_matching_proposes_the_two_who_need_each_other_first(world):
    jobs.work_off()

    run = Run.objects.get()
    assert run.state == Run.State.DONE, run.error
    ours, theirs = company("ООО «Ромашка Сенсор»"), company("株式会社アサヒ計装")
    best = dict(SuggestionList.objects.current().values_list("company", "partners"))
    assert best[ours.pk][0] == theirs.pk
    assert best[theirs.pk][0] == ours.pk
    assert company("АО «Василёк Прибор»").pk not in best[ours.pk]
    listed = Company.objects.listed().count()
    assert sum(bool(partners) for partners in best.values()) > 0.95 * listed
