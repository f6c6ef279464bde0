"""What a chamber stresses in the administration, on "How we score", and in its preview."""

import re

import pytest
from django.urls import reverse

from chambers.models import Job
from chambers.services import jobs
from matching.models import ChamberEmphasis, Run
from matching.services.emphases import change_emphasis, draft_emphasis, put_emphasis_in_force
from matching.services.previews import (
    ask_for_emphasis_preview,
    draw,
    last_preview,
    preview_emphasis,
    preview_holds,
)
from tests.factories import (
    ChamberEmphasisFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    UserFactory,
)
from tests.forms import sent_back
from tests.matching.test_admin import decide
from tests.matching.world import company, goods_and_services, match, partners_of

pytestmark = pytest.mark.django_db
MODEL = "matching_chamberemphasis"


@pytest.fixture
def manager():
    return StaffFactory(chamber__name_en="Chamber of the North")


@pytest.fixture
def world(manager):
    """A member that seeks goods and services, one partner for each, and one who is nobody's."""
    return goods_and_services(membership__chamber=manager.chamber)


def lifting(second):
    """The parts that bring the other kind of opportunity to the top of a list."""
    if second == "Lends":
        return {"goods": 0.5, "service": 2.0}
    return {"goods": 2.0, "service": 0.5}


def page(name, *args):
    return reverse(f"admin:{MODEL}_{name}", args=args)


def test_a_manager_drafts_changes_and_puts_it_in_force(client, manager, world):
    member, *_others = world
    client.force_login(manager.person)
    asked = client.get(page("add"))
    assert "Only proportions count" in asked.content.decode()
    parts = dict.fromkeys(sent_back(asked, "chamberemphasis_form"), "1")

    client.post(
        page("add"), {**parts, "chamber": manager.chamber.pk, "service": "2", "note": "Try"}
    )
    draft = ChamberEmphasis.objects.get()
    assert (draft.service, draft.goods, draft.created_by) == (2.0, 1.0, manager.person)
    shown = client.get(page("change", draft.pk))
    assert "1.32" in shown.content.decode()  # of services: the fifth root of 2**4, its square root
    client.post(
        page("change", draft.pk), {**sent_back(shown, "chamberemphasis_form"), "goods": "0.5"}
    )
    decide(client, MODEL, "put_in_force", draft)
    jobs.work_off()

    draft.refresh_from_db()
    assert (draft.goods, draft.state, draft.in_force_by) == (0.5, "in_force", manager.person)
    assert partners_of(member) == ["Lends", "Sells"]
    kept = client.get(page("change", draft.pk)).content.decode()
    assert 'name="goods"' not in kept
    assert "Draft the same again" in kept


def test_a_new_draft_begins_with_the_one_chamber_and_what_it_stresses_now(client, manager):
    ChamberEmphasisFactory(chamber=manager.chamber, in_force=True, research=1.7)
    client.force_login(manager.person)

    begun = sent_back(client.get(page("add")), "chamberemphasis_form")

    assert (begun["chamber"], begun["research"]) == ([str(manager.chamber.pk)], ["1.7"])
    boss = UserFactory(superuser=True)
    client.force_login(boss)
    ChamberEmphasisFactory()  # of a second chamber
    assert sent_back(client.get(page("add")), "chamberemphasis_form")["research"] == ["1.0"]


def test_what_is_out_of_range_is_told_beside_its_field(client, manager):
    client.force_login(manager.person)
    parts = dict.fromkeys(("codes", "words", "goods", "service", "technology"), "1")
    sent = {"chamber": manager.chamber.pk, **parts, "research": "3", "investment": "1"}

    answer = client.post(page("add"), sent)

    assert "less than or equal to 2" in answer.content.decode()
    assert not ChamberEmphasis.objects.exists()


def test_another_chamber_neither_sees_nor_offers_it(client, manager):
    draft = ChamberEmphasisFactory(chamber=manager.chamber, note="Ours alone")
    other = StaffFactory()
    client.force_login(other.person)

    assert client.get(page("change", draft.pk)).status_code == 404
    assert "Ours alone" not in client.get(page("changelist")).content.decode()
    parts = dict.fromkeys(("codes", "words", "goods", "service", "technology"), "1")
    sent = {"chamber": manager.chamber.pk, **parts, "research": "1", "investment": "1"}
    client.post(page("add"), sent)
    decide(client, MODEL, "put_in_force", draft)

    assert ChamberEmphasis.objects.get().state == "draft"


def test_who_only_reads_gets_no_form(client, manager):
    draft = ChamberEmphasisFactory(chamber=manager.chamber)
    client.force_login(StaffFactory(chamber=manager.chamber, role="viewer").person)

    shown = client.get(page("change", draft.pk)).content.decode()

    assert 'name="codes"' not in shown
    assert client.get(page("add")).status_code == 403


def test_a_preview_tells_which_members_gain_and_which_lose(manager, world):
    member, *_others = world
    first, second = partners_of(member)
    draft = draft_emphasis(manager.chamber, **lifting(second))

    found = preview_emphasis(draft)

    groups = found["groups"]
    assert (groups["members:"]["companies"], groups["others:"]["companies"]) == (1, 2)
    assert groups["members:"]["best"][1] > groups["members:"]["best"][0]
    assert (found["companies"], found["reordered"]) == (3, 1)
    assert {one["company"] for one in found["examples"]} == {member.pk}
    assert partners_of(member) == [first, second]
    put_emphasis_in_force(draft, by=UserFactory(superuser=True))
    jobs.work_off()
    assert partners_of(member) == [second, first]


def test_the_lists_of_a_preview_are_those_of_the_run_that_follows(manager, world):
    draft = draft_emphasis(manager.chamber, goods=0.5, service=2.0)

    found = preview_emphasis(draft)
    put_emphasis_in_force(draft, by=UserFactory(superuser=True))
    match()

    again = preview_emphasis(draft)
    assert found["best"][1] == again["best"][0] == again["best"][1]
    assert again["examples"] == []


def test_all_members_are_drawn_with_a_part_of_the_others(manager, world):
    member, *_others = world
    for n in range(6):
        company("JP", f"More {n}")
    match()

    drawn = [{one.id for one in draw(2, seed, {member.pk}).companies} for seed in range(5)]

    assert all(member.pk in one and len(one) == 2 for one in drawn)
    assert len(set(map(frozenset, drawn))) > 1


def test_a_worker_computes_the_preview_and_a_later_change_outdates_it(client, manager, world):
    member, *_others = world
    parts = lifting(partners_of(member)[1])
    draft = draft_emphasis(manager.chamber, by=manager.person, **parts)
    client.force_login(manager.person)

    decide(client, MODEL, "preview", draft)
    job = last_preview(draft)
    assert (job.chamber, job.state) == (manager.chamber, Job.State.QUEUED)
    assert ask_for_emphasis_preview(draft, by=manager.person) == job
    assert "It is being computed" in client.get(page("change", draft.pk)).content.decode()
    jobs.work_off()

    shown = client.get(page("change", draft.pk)).content.decode()
    assert "Members of the chamber" in shown
    assert shown.count(">Ours<") == 2  # one partner moves up, one down
    assert "ask for a new preview" not in shown
    draft = change_emphasis(draft, by=manager.person, words=2.0)
    assert not preview_holds(last_preview(draft), draft)
    assert "ask for a new preview" in client.get(page("change", draft.pk)).content.decode()


def test_of_a_preview_from_before_an_upgrade_nobody_says_that_the_draft_has_changed(
    client, manager, world
):
    draft = draft_emphasis(manager.chamber, by=manager.person, codes=2.0)
    ask_for_emphasis_preview(draft, by=manager.person)
    jobs.work_off()
    client.force_login(manager.person)
    job = last_preview(draft)
    whole = job.result["of"]

    for said in ({"of": {"codes": whole["codes"]}}, {}):
        del job.result["of"]
        job.result |= said
        job.save()
        shown = client.get(page("change", draft.pk)).content.decode()
        assert preview_holds(job, draft) is None
        assert "Members of the chamber" in shown
        assert "The draft has been changed since" not in shown
        assert "it is not known whether the draft has been changed" in shown
        job.result |= {"of": whole}


def test_members_read_what_their_chamber_stresses_and_others_do_not(client, manager, world):
    member, sells, _lends = world
    draft = draft_emphasis(manager.chamber, goods=0.5, note="Services are our strength")
    ours = RepresentativeFactory(company=member).person
    client.force_login(ours)
    assert "Yours stresses nothing now" in client.get(reverse("scoring")).content.decode()

    put_emphasis_in_force(draft, by=manager.person)

    shown = client.get(reverse("scoring")).content.decode()
    assert "What Chamber of the North stresses: version 1" in shown
    assert "Services are our strength" in shown
    for other in (RepresentativeFactory(company=sells).person, None):
        client.logout()
        if other is not None:
            client.force_login(other)
        assert "Chamber of the North" not in client.get(reverse("scoring")).content.decode()


def test_the_page_of_a_run_names_its_tables_and_what_chambers_stressed(client, manager, world):
    before = Run.objects.current()
    chosen = put_emphasis_in_force(draft_emphasis(manager.chamber, words=2.0), by=manager.person)
    after = match()
    client.force_login(manager.person)

    texts = [
        client.get(reverse("admin:matching_run_change", args=[run.pk])).content.decode()
        for run in (before, after)
    ]

    assert [str(chosen) in text for text in texts] == [False, True]
    assert all(after.tables in text for text in texts)
    history = client.get(reverse("admin:matching_run_history_report")).content.decode()
    assert len(re.findall(re.escape(after.tables), history)) == 2


def test_staff_read_of_a_run_what_their_own_chamber_stressed_and_how_many_others_did(
    client, manager, world
):
    own = draft_emphasis(manager.chamber, words=2.0)
    put_emphasis_in_force(own, by=manager.person)
    stranger, boss = StaffFactory(chamber__name_en="Other Chamber"), UserFactory(superuser=True)
    other = draft_emphasis(stranger.chamber, codes=2.0)
    put_emphasis_in_force(other, by=boss)
    run = match()

    def told(person):
        client.force_login(person)
        return client.get(reverse("admin:matching_run_change", args=[run.pk])).content.decode()

    assert f"{own}; 1 other chamber<" in told(manager.person)
    assert str(other) not in told(manager.person)
    assert f"{other}; 1 other chamber<" in told(stranger.person)
    assert "2 other chambers<" in told(StaffFactory().person)
    assert f"{own}; {other}<" in told(boss)


def test_a_run_of_other_tables_is_said_so_to_everybody(client):
    run = RunFactory(current=True)
    assert (
        "Other tables hold from the next lists on"
        in client.get(reverse("scoring")).content.decode()
    )

    match()

    shown = client.get(reverse("scoring")).content.decode()
    assert Run.objects.current() != run
    assert f"Tables {Run.objects.current().tables}" in shown
    assert "Other tables hold" not in shown
