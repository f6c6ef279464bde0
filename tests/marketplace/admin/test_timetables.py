"""A timetable is asked for, watched, read, changed by hand, compared and published."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from chambers.models import Mail
from chambers.services import jobs
from marketplace.models import Meeting, Timetable
from marketplace.selectors import timetables as read
from marketplace.selectors.repairs import tell_place
from marketplace.selectors.standing import place_held
from marketplace.services.meetings import cancel_meeting, move_meeting
from marketplace.services.timetables import start_timetable
from tests import event_factories as made
from tests.forms import decide


def page(name, *args):
    return reverse(f"admin:marketplace_timetable_{name}", args=args)


def slot_of(timetable, meeting):
    timetable.refresh_from_db()
    place = read.places_of(timetable).get(str(meeting.public_id))
    return place[0] if place else None


def test_a_manager_starts_a_timetable_and_is_led_to_where_it_is_watched(
    client, manager, event, three
):
    sent = client.post(page("add"), {"event": event.pk, "seconds": "20", "seed": "7"})

    timetable = Timetable.objects.get()
    assert sent["Location"] == page("change", timetable.pk)
    assert (timetable.seconds, timetable.seed, timetable.created_by) == (20, 7, manager)
    watched = client.get(page("change", timetable.pk))
    assert b'hx-trigger="every 2s"' in watched.content
    assert b'<noscript><meta http-equiv="refresh"' in watched.content


def test_the_list_reads_neither_problems_nor_plans(
    client, manager, timetable, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40) as captured:
        shown = client.get(page("changelist")).content.decode()

    assert "3 / 3" in shown
    read_columns = " ".join(one["sql"] for one in captured.captured_queries)
    assert '"marketplace_timetable"."certificate"' in read_columns
    for column in ("problem", "plan", "progress"):
        assert f'"marketplace_timetable"."{column}"' not in read_columns


def test_what_hinders_a_timetable_is_said_on_the_form(client, manager, event):
    sent = client.post(page("add"), {"event": event.pk, "seconds": "20", "seed": "1"})

    assert sent.status_code == 200
    assert "There are no meetings to seat" in sent.content.decode()


def test_a_timetable_of_a_foreign_event_is_not_started(client, manager):
    foreign = made.MeetingFactory().event

    sent = client.post(page("add"), {"event": foreign.pk, "seconds": "20", "seed": "1"})

    assert "event" in sent.context["adminform"].form.errors
    assert not Timetable.objects.exists()


def test_the_page_tells_what_a_timetable_is_worth_and_how_the_search_went(
    client, manager, timetable
):
    Timetable.objects.filter(pk=timetable.pk).update(progress=[[0.5, 2, 4, 0], [3.0, 3, 1, 0]])

    shown = client.get(page("change", timetable.pk)).content.decode()

    assert read.certificate_of(timetable).sentence in shown
    assert "3 of 3; no timetable places more than 3" in shown
    assert timetable.input_hash in shown
    assert "<polyline" in shown
    assert "every 2s" not in shown


def test_the_page_says_which_interpreters_are_missing_for_how_long(
    client, manager, event, three, timetable
):
    assert "Missing interpreters" not in client.get(page("change", timetable.pk)).content.decode()
    lacking = {"meeting": 0, "cause": "no_interpreter", "participants": [], "slots": []}
    timetable.certificate["unplaced"] = [{**lacking, "others": []}]
    timetable.save()
    for side, language in ((three[0].host, "ja"), (three[0].guest, "ru")):
        side.registration.languages = [language]
        side.registration.save()

    shown = client.get(page("change", timetable.pk)).content.decode()

    assert "Missing interpreters" in shown
    assert re.search(r"Japanese – Russian</th><td[^>]*>1</td><td[^>]*>20</td>", shown)


def test_a_search_that_goes_on_shows_its_best_plan_so_far(client, manager, timetable):
    Timetable.objects.filter(pk=timetable.pk).update(
        finished_at=None, progress=[[0.5, 2, 4, None], [30.0, 3, 1, 0]]
    )

    shown = client.get(page("change", timetable.pk))

    assert shown.context["percent"] == 100
    assert [line.last for line in shown.context["breaks_chart"].lines] == [1, 0]
    assert b'hx-select="#search"' in shown.content


def test_who_watches_by_script_loads_the_page_anew_when_it_is_over(client, manager, timetable):
    answer = client.get(page("change", timetable.pk), headers={"HX-Request": "true"})

    assert answer["HX-Refresh"] == "true"


def test_a_meeting_without_a_place_is_named_with_its_cause(client, manager, event, three):
    event.slots.all()[1].delete()
    for slot in list(event.slots.all())[1:]:
        slot.delete()
    timetable = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()

    shown = client.get(page("change", timetable.pk))

    causes = dict(shown.context["left"])
    assert len(causes) == 2
    for cause in causes.values():
        assert "somebody has more meetings than free slots: Zavod" in cause
        assert "; with it: Zavod" in cause


def test_a_search_is_stopped(client, manager, event, three):
    timetable = start_timetable(event, by=manager, seconds=60)

    decide(client, "marketplace_timetable", "stop", timetable, decided="1")

    timetable.refresh_from_db()
    assert timetable.stopped_at is not None
    shown = client.get(page("change", timetable.pk))
    assert "It is being stopped" in shown.content.decode()
    assert "stop" not in [name for name, _title in shown.context["decisions"]]


def test_a_picked_meeting_shows_where_it_could_be_and_why_not_elsewhere(
    client, manager, timetable, three
):
    shown = client.get(page("grid", timetable.pk), {"pick": three[0].public_id})

    cells = [free for _line, free in shown.context["lines"]]
    assert [cell.is_present for cell in cells].count(True) == 1
    busy = [cell for cell in cells if cell.reasons]
    assert len(busy) == 2
    assert all("Zavod" in reason for cell in busy for reason in cell.reasons)
    assert shown.content.count(b"Move here") == 1


def test_each_free_time_tells_its_price_in_breaks_and_its_button_the_day_in_words(
    client, manager, event, timetable, three
):
    """Three meetings of three people in four slots: one person waits, whatever is free."""
    before = read.certificate_of(timetable).breaks
    for language, day, price in (("en", "{d.day} {d:%B} {d.year}", "breaks: "), ("ja", "年", "")):
        manager.language = language
        manager.save()
        shown = client.get(page("grid", timetable.pk), {"pick": three[0].public_id})
        (free,) = [
            cell for _line, cell in shown.context["lines"] if cell.is_free and not cell.is_present
        ]
        told = shown.content.decode()
        label = next(
            part.partition('"')[0] for part in told.split('aria-label="') if free.when in part
        )
        assert free.price_told in label
        assert f"{price}{free.price_told}</span>" in told
        assert day.format(d=event.starts_on) in label
        assert f"{event.starts_on:%Y-%m-%d}" not in label

    client.post(
        page("grid", timetable.pk), {"meeting": three[0].public_id, "to": free.slot.public_id}
    )

    timetable.refresh_from_db()
    assert read.certificate_of(timetable).breaks == before + free.price


def test_after_a_move_the_page_says_where_to_in_the_words_of_its_reader(
    client, manager, timetable, three
):
    (free,) = [
        cell
        for cell in read.free_cells(timetable, three[0])
        if cell.is_free and not cell.is_present
    ]

    moved = client.post(
        page("grid", timetable.pk),
        {"meeting": three[0].public_id, "to": free.slot.public_id},
        follow=True,
    )
    out = client.post(
        page("grid", timetable.pk), {"meeting": three[1].public_id, "to": "out"}, follow=True
    )

    assert f"{three[0].told}: Moved to {free.when}." in moved.content.decode()
    assert f"{three[1].told}: Taken out of the plan." in out.content.decode()


def test_a_meeting_is_moved_by_a_button_and_the_certificate_says_by_hand(
    client, manager, timetable, three
):
    cells = read.free_cells(timetable, three[0])
    (free,) = [cell.slot for cell in cells if cell.is_free and not cell.is_present]

    sent = client.post(
        page("grid", timetable.pk), {"meeting": three[0].public_id, "to": free.public_id}
    )

    assert sent.status_code == 302
    assert slot_of(timetable, three[0]) == free
    assert timetable.changed_by_hand
    assert b"Changed by hand after the search" in client.get(page("change", timetable.pk)).content


def test_a_move_that_conflicts_is_refused_with_the_name_of_who_is_busy(
    client, manager, timetable, three
):
    before = slot_of(timetable, three[0])
    taken = next(cell.slot for cell in read.free_cells(timetable, three[0]) if cell.reasons)

    sent = client.post(
        page("grid", timetable.pk), {"meeting": three[0].public_id, "to": taken.public_id}
    )

    assert sent.status_code == 422
    assert "The meeting cannot be then: another meeting: Zavod" in sent.content.decode()
    assert slot_of(timetable, three[0]) == before


def test_who_moves_what_somebody_else_changed_meanwhile_sees_it_as_it_is_now(
    client, manager, timetable, three
):
    seen = client.get(page("grid", timetable.pk)).context["seen"]
    client.post(page("grid", timetable.pk), {"meeting": three[1].public_id, "to": "out"})
    moves = [{"to": "lock"}, {"to": "out"}]

    for move in moves:
        sent = client.post(
            page("grid", timetable.pk), {"meeting": three[0].public_id, "seen": seen, **move}
        )

        assert sent.status_code == 422
        assert "Somebody changed this version meanwhile." in sent.content.decode()
        assert "1 meeting without a place" in sent.content.decode()
        assert sent.context["seen"] != seen
    assert slot_of(timetable, three[0]) is not None
    assert timetable.problem["pinned"] == []


def test_who_moves_what_they_saw_moves_it(client, manager, timetable, three):
    seen = client.get(page("grid", timetable.pk)).context["seen"]

    client.post(
        page("grid", timetable.pk), {"meeting": three[0].public_id, "seen": seen, "to": "out"}
    )

    assert slot_of(timetable, three[0]) is None


def test_a_search_too_short_for_a_chart_shows_no_empty_box(client, manager, timetable):
    Timetable.objects.filter(pk=timetable.pk).update(progress=[[0.1, 3, 0, 0]])

    shown = client.get(page("change", timetable.pk)).content.decode()

    assert "It was over too soon for a chart." in shown
    assert "<svg viewBox" not in shown
    assert "Show as a table" in shown


def test_a_search_that_told_nothing_before_its_last_second_shows_no_empty_box(
    client, manager, timetable
):
    late = [[16.6, 3, 1, 0], [16.7, 3, 0, 0]]
    Timetable.objects.filter(pk=timetable.pk).update(progress=late)

    shown = client.get(page("change", timetable.pk)).content.decode()

    assert "<svg viewBox" not in shown
    assert "Show as a table" in shown


def test_a_search_that_goes_on_tells_what_it_has_before_there_is_a_chart(
    client, manager, event, three
):
    timetable = start_timetable(event, by=manager, seconds=30)
    waiting = client.get(page("change", timetable.pk)).content.decode()
    Timetable.objects.filter(pk=timetable.pk).update(progress=[[0.1, 3, 7, 0]])

    going_on = client.get(page("change", timetable.pk)).content.decode()

    assert "There is no plan yet." in waiting
    assert "There is no plan yet." not in going_on
    assert "It was over too soon for a chart." not in going_on
    assert "<details open><summary>Show as a table</summary>" in going_on


def test_moments_are_told_by_the_clock_of_the_event_in_list_and_page(client, manager, timetable):
    Timetable.objects.filter(pk=timetable.pk).update(
        created_at=dt.datetime(2026, 6, 26, 22, 30, tzinfo=dt.UTC)
    )

    for where in (page("changelist"), page("change", timetable.pk)):
        assert "Sat 27 June 2026, 01:30 Minsk (UTC+3)" in client.get(where).content.decode()


@pytest.mark.parametrize(
    ("days", "published", "hint"),
    [
        ({"provisional_at": -1}, "", "no version is published"),
        ({"provisional_at": -2, "final_at": -1}, "provisional", "version 1 is provisional"),
        ({"provisional_at": 1}, "provisional", "published before the date"),
        ({"provisional_at": -1}, "provisional", ""),
        ({"provisional_at": -2, "final_at": -1}, "final", ""),
        ({"provisional_at": 1}, "", ""),
        ({}, "", ""),
    ],
)
def test_dates_that_promise_another_timetable_than_is_published_are_pointed_out(
    client, manager, event, timetable, days, published, hint
):
    for name, day in days.items():
        setattr(event, name, timezone.now() + dt.timedelta(days=day))
    event.save()
    if published:
        client.post(page("publish", timetable.pk), {"kind": published})

    asked = [page(name, timetable.pk) for name in ("change", "grid", "publish")]
    for where in (*asked, reverse("admin:marketplace_event_change", args=[event.pk])):
        shown = client.get(where)
        told = shown.context["hint"]
        assert (hint in told) if hint else (told == "")
        assert told in shown.content.decode()


def test_the_grid_names_companies_in_letters_that_the_reader_knows(
    client, manager, timetable, three
):
    company = three[0].host.registration.company
    company.legal_name, company.legal_name_latin = "ОАО «Минский завод»", "Minsk Works"
    company.save()

    for language, name in (
        ("en", "ОАО «Минский завод» (Minsk Works) × Zavod 1"),
        ("ru", "ОАО «Минский завод» × Zavod 1"),
    ):
        manager.language = language
        manager.save()
        assert name in client.get(page("grid", timetable.pk)).content.decode()


def test_a_meeting_locked_in_a_draft_is_unlocked_before_it_is_taken_out(
    client, manager, timetable, three
):
    client.post(page("grid", timetable.pk), {"meeting": three[0].public_id, "to": "lock"})
    locked = client.get(page("grid", timetable.pk), {"pick": three[0].public_id})
    refused = client.post(page("grid", timetable.pk), {"meeting": three[0].public_id, "to": "out"})
    client.post(page("grid", timetable.pk), {"meeting": three[0].public_id, "to": "unlock"})
    client.post(page("grid", timetable.pk), {"meeting": three[0].public_id, "to": "out"})

    assert locked.context["is_pinned"]
    assert refused.status_code == 422
    assert slot_of(timetable, three[0]) is None
    left = client.get(page("grid", timetable.pk))
    assert "1 meeting without a place" in left.content.decode()


def test_two_versions_are_compared_meeting_by_meeting(client, manager, event, timetable, three):
    second = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()
    moved, free = next(
        (meeting, cell.slot)
        for meeting in three
        for cell in read.free_cells(timetable, meeting)
        if cell.is_free and not cell.is_present
    )
    client.post(page("grid", second.pk), {"meeting": moved.public_id, "to": free.public_id})

    shown = client.get(page("compare", second.pk), {"with": "1"})

    second.refresh_from_db()
    assert [row["meeting"] for row in shown.context["rows"]] == [
        one.meeting for one in read.differences(timetable, second)
    ]
    assert moved in [row["meeting"] for row in shown.context["rows"]]


def test_meetings_that_an_earlier_version_was_not_asked_for_read_so(
    client, manager, event, timetable, three
):
    late = made.MeetingFactory(
        event=event,
        host=made.ParticipantFactory(registration__event=event),
        guest=made.ParticipantFactory(registration__event=event),
    )
    second = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()

    def places(one, other):
        shown = client.get(page("compare", one.pk), {"with": other.number})
        return {row["meeting"]: row["places"] for row in shown.context["rows"]}[late]

    before, after = places(second, timetable)
    assert before == "not yet asked for"
    assert f"{event.starts_on:%Y-%m-%d}" not in after  # its day is told in words
    assert str(event.starts_on.year) in after
    assert places(timetable, second) == (after, before)


def test_a_new_version_is_made_from_the_one_in_force_unless_chosen_otherwise(
    client, manager, event, timetable
):
    asked = {"event": event.pk}
    assert client.get(page("add"), asked).context["adminform"].form["base"].value() is None
    client.post(page("publish", timetable.pk), {"kind": "provisional"})

    assert client.get(page("add"), asked).context["adminform"].form["base"].value() == timetable.pk


def test_a_new_version_moves_as_few_as_possible_unless_asked_for_a_search_anew(
    client, manager, event, timetable
):
    client.post(page("publish", timetable.pk), {"kind": "provisional"})
    form = client.get(page("add"), {"event": event.pk}).content.decode()
    asked = {"event": event.pk, "seconds": "20", "seed": "7", "base": timetable.pk}
    for anew in ("", "1"):
        assert client.post(page("add"), {**asked, "anew": anew}).status_code == 302
        jobs.work_off()

    second, third = Timetable.objects.exclude(pk=timetable.pk).order_by("number")
    assert "Move as few people as possible" in form
    kept = client.get(page("change", second.pk)).content.decode()
    assert "People with another hour than in version 1" in kept
    assert "0; proved: at least 0" in kept
    assert "What keeping costs" in kept
    assert read.certificate_of(third).kept is None
    assert "What keeping costs" not in client.get(page("change", third.pk)).content.decode()


def test_a_lone_version_has_nothing_to_be_compared_with(client, manager, timetable):
    shown = client.get(page("compare", timetable.pk))

    assert "There is no other version" in shown.content.decode()
    assert f'add/?event={timetable.event_id}">Make a timetable' in shown.content.decode()


def test_publishing_first_tells_whom_it_mails_and_then_does_it(client, manager, timetable, three):
    shown = client.get(page("publish", timetable.pk))
    assert not Meeting.objects.exclude(slot=None).exists()
    sent = client.post(page("publish", timetable.pk), {"kind": "provisional"}, follow=True)
    jobs.work_off()

    (_name, _title, told), _final = shown.context["ways"]
    assert told.everybody
    assert told.readers == Mail.objects.filter(kind="timetable_provisional").count() == 3
    assert "Published: 3 people get a mail." in sent.content.decode()
    assert [(one.company, one.meetings) for one in told.companies] == [
        (f"Zavod {number}", 2) for number in range(3)
    ]
    timetable.refresh_from_db()
    assert timetable.status == "provisional"
    assert set(Meeting.objects.values_list("status", flat=True)) == {"provisional"}


def test_publishing_again_mails_only_whom_it_changes(client, manager, event, timetable, three):
    client.post(page("publish", timetable.pk), {"kind": "provisional"})
    second = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()

    shown = client.get(page("publish", second.pk))

    (_name, _title, again), (_final, _title, final) = shown.context["ways"]
    changed = {one.meeting for one in read.differences(timetable, Timetable.objects.get(number=2))}
    assert (again.everybody, again.changes) == (False, len(changed))
    assert (final.everybody, final.changes) == (True, 3)


def test_publishing_what_changes_nothing_promises_no_mail(client, manager, event, timetable):
    client.post(page("publish", timetable.pk), {"kind": "final"})
    second = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()

    asked = client.get(page("publish", second.pk)).content.decode()
    sent = client.post(page("publish", second.pk), {"kind": "final"}, follow=True)

    assert "Nobody gets a mail" in asked
    assert "Published. Nobody gets a mail" in sent.content.decode()
    bound = read.certificate_of(Timetable.objects.get(pk=second.pk)).sentence
    assert "3 of them fixed where they are" in bound


def test_a_published_version_says_what_was_changed_since_and_shows_what_holds_now(
    client, manager, timetable, three
):
    client.post(page("publish", timetable.pk), {"kind": "final"})
    assert "since this version" not in client.get(page("grid", timetable.pk)).content.decode()
    moved = Meeting.objects.get(pk=three[0].pk)
    busy = Meeting.objects.values("slot")
    free = timetable.event.slots.exclude(pk__in=busy).first()
    move_meeting(moved, slot=free, by=manager)

    for name in ("change", "grid"):
        shown = client.get(page(name, timetable.pk)).content.decode()
        assert "1 meeting was changed since this version was published." in shown
    kept = client.get(page("grid", timetable.pk), {"held": "1"})
    cells = {
        cell.meeting: line.slot
        for line, _free in kept.context["lines"]
        for cell in (*line.cells, *line.elsewhere)
        if cell is not None
    }
    assert cells[moved] == free
    assert len(cells) == 3
    assert "Proved best" not in kept.content.decode()  # that was the plan as published
    for meeting in three:  # whose own page moves it now
        own = reverse("admin:marketplace_meeting_change", args=[meeting.pk])
        assert f'href="{own}"' in kept.content.decode()
    assert "Move here" not in kept.content.decode()


def test_what_was_changed_since_is_listed_with_both_times(client, manager, timetable, three):
    client.post(page("publish", timetable.pk), {"kind": "final"})
    moved, off, stays = (Meeting.objects.get(pk=one.pk) for one in three)
    before = tell_place(place_held(moved))
    busy = Meeting.objects.values("slot")
    move_meeting(moved, slot=timetable.event.slots.exclude(pk__in=busy).first(), by=manager)
    cancel_meeting(off, by=manager, reason="Fire alarm")

    shown = client.get(page("change", timetable.pk))

    moved.refresh_from_db()
    changes = {meeting: places for meeting, *places in shown.context["changes"]}
    assert set(changes) == {moved, off}
    assert changes[moved] == [before, tell_place(place_held(moved))]
    assert changes[off][1] == "no time"
    told = shown.content.decode()
    assert "What was changed" in told
    for place in changes[moved]:
        assert place in told
    kept = client.get(page("grid", timetable.pk), {"held": "1"}).content.decode()
    assert (stays.told in kept, off.told in kept) == (True, False)


def test_a_draft_has_no_grid_of_what_is_kept_now(client, manager, timetable, three):
    shown = client.get(page("grid", timetable.pk), {"held": "1", "pick": three[0].public_id})

    assert "As it is kept now" not in shown.content.decode()
    assert shown.context["picked"] == three[0]


def test_a_timetable_published_before_its_date_is_the_stage_of_the_event_in_list_and_api(
    client, manager, event, timetable
):
    now, day = timezone.now(), dt.timedelta(days=1)
    event.registration_opens_at, event.requests_open_at = now - 2 * day, now - day
    event.provisional_at, event.final_at = now + day, now + 2 * day
    event.save()

    def stages():
        listed = client.get(reverse("admin:marketplace_event_changelist")).content.decode()
        (column,) = re.findall(r'class="field-stage[^>]*>([^<]+)<', listed)
        each = [
            client.get(reverse("api-event-detail", args=[event.public_id])).json(),
            *client.get(reverse("api-event-list")).json()["results"],
        ]
        return column, {(one["stage"], one["stage_label"]) for one in each}

    before = stages()
    client.post(page("publish", timetable.pk), {"kind": "provisional"})
    provisional = stages()
    client.post(page("publish", timetable.pk), {"kind": "final"})

    assert before == ("Requests for meetings", {("requests", "Requests for meetings")})
    assert provisional == ("Provisional timetable", {("provisional", "Provisional timetable")})
    assert stages() == ("Final timetable", {("final", "Final timetable")})


def test_an_unknown_way_of_publishing_publishes_nothing(client, manager, timetable):
    sent = client.post(page("publish", timetable.pk), {"kind": "loudly"})

    timetable.refresh_from_db()
    assert (sent.status_code, timetable.status) == (404, "draft")


def test_a_published_timetable_is_taken_back(client, manager, timetable):
    client.post(page("publish", timetable.pk), {"kind": "provisional"})

    decide(client, "marketplace_timetable", "unpublish", timetable, decided="1")

    timetable.refresh_from_db()
    assert timetable.status == "draft"
    assert set(Meeting.objects.values_list("status", flat=True)) == {"unscheduled"}


@pytest.mark.parametrize("beneath", ["change", "grid", "compare", "publish"])
def test_a_timetable_of_another_chamber_is_a_missing_page(client, manager, beneath):
    foreign = made.TimetableFactory()

    answers = [
        client.get(page(beneath, foreign.pk)),
        client.post(page(beneath, foreign.pk), {"kind": "final"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    foreign.refresh_from_db()
    assert foreign.status == "draft"


def test_a_viewer_reads_a_timetable_and_changes_nothing(client, viewer, event, three):
    timetable = made.TimetableFactory(event=event)

    answers = [client.get(page(name, timetable.pk)) for name in ("change", "grid", "publish")]
    refused = [
        client.post(page("grid", timetable.pk), {"meeting": three[0].public_id, "to": "out"}),
        client.post(page("publish", timetable.pk), {"kind": "final"}),
        client.get(page("add")),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.status_code for answer in refused] == [403, 403, 403]


@pytest.mark.parametrize("name", ["grid", "publish", "compare"])
def test_a_page_takes_the_same_queries_for_any_number_of_meetings(
    client, manager, event, three, name, django_assert_max_num_queries
):
    taken = []
    for more in (0, 2):
        for _ in range(more):
            made.MeetingFactory(event=event)
        for _version in range(2):
            timetable = start_timetable(event, by=manager, seconds=30)
            jobs.work_off()
        client.get(page(name, timetable.pk))
        with django_assert_max_num_queries(40) as queries:
            assert client.get(page(name, timetable.pk)).status_code == 200
        taken.append(len(queries))
        Timetable.objects.all().delete()

    assert taken[0] == taken[1]
