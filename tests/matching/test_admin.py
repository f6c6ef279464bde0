"""Histories, holds and versions of the rules in the administration."""

import pytest
from django.urls import reverse

from chambers.models import Company, Job
from chambers.services import jobs
from matching.engine import Weights
from matching.models import PairHistory, WeightSet
from matching.services.weights import draft_weights, weights_in_force
from tests.factories import (
    CompanyFactory,
    PairHistoryFactory,
    RunFactory,
    StaffFactory,
    UserFactory,
    WeightSetFactory,
)
from tests.forms import sent_back
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory()


@pytest.fixture
def member(manager):
    return CompanyFactory(member=True, membership__chamber=manager.chamber, legal_name="Ours")


@pytest.fixture
def boss():
    return UserFactory(superuser=True)


def decide(client, model, action, *rows, **fields):
    """Send an action as its own page does."""
    return client.post(
        reverse(f"admin:{model}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], "decided": "1", **fields},
        follow=True,
    )


def test_a_manager_holds_and_releases_a_member_with_a_reason(client, manager, member):
    client.force_login(manager.person)
    page = reverse("admin:chambers_company_change", args=[member.pk])
    assert b"Keep companies out of the matching" in client.get(page).content

    refused = decide(client, "chambers_company", "hold", member, reason="")
    assert b"Nothing was changed yet" in refused.content
    decide(client, "chambers_company", "hold", member, reason="On a list of 2026")

    member.refresh_from_db()
    assert (member.held_reason, member.held_by) == ("On a list of 2026", manager.person)
    shown = client.get(page).content.decode()
    assert "On a list of 2026" in shown
    assert "Let companies be matched again" in shown
    decide(client, "chambers_company", "release", member)
    member.refresh_from_db()
    assert member.held_on is None


def test_a_hold_is_not_known_to_staff_who_only_read_nor_to_other_chambers(client, manager, member):
    Company.objects.filter(pk=member.pk).update(held_on="2026-01-01", held_reason="On a list")
    page = reverse("admin:chambers_company_change", args=[member.pk])
    held = reverse("admin:chambers_company_changelist") + "?held=yes"
    client.force_login(manager.person)
    assert b"Ours" in client.get(held).content

    client.force_login(StaffFactory(chamber=manager.chamber, role="viewer").person)
    shown = client.get(page).content.decode()
    assert "On a list" not in shown
    assert reverse("admin:chambers_company_history", args=[member.pk]) not in shown
    assert ">Ours<" not in client.get(held).content.decode()
    other = StaffFactory()
    client.force_login(other.person)
    assert client.get(page).status_code == 404


def test_staff_read_what_a_member_asks_of_partners_and_do_not_change_it(client, manager, member):
    Company.objects.filter(pk=member.pk).update(
        corporate_group="Asahi Holdings",
        required_certificates=["iso9001"],
        accepted_sizes=["small"],
    )
    client.force_login(manager.person)

    shown = client.get(reverse("admin:chambers_company_change", args=[member.pk]))

    text = shown.content.decode()
    assert "Asahi Holdings" in text
    assert "ISO 9001 (quality)" in text
    assert "10 to 49 people" in text
    assert "corporate_group" not in sent_back(shown, "company_form")


def test_a_manager_records_and_withdraws_what_happened(client, manager, member):
    client.force_login(manager.person)
    other = CompanyFactory(member=True, legal_name="Theirs")
    sent = {"one": member.pk, "other": other.pk, "kind": "declined", "stated_by": member.pk}

    client.post(reverse("admin:matching_pairhistory_add"), {**sent, "note": "No interest"})

    history = PairHistory.objects.get()
    assert (history.kind, history.stated_by, history.recorded_by) == (
        "declined",
        member,
        manager.person,
    )
    again = client.post(reverse("admin:matching_pairhistory_add"), sent)
    assert b"This is already recorded for the two companies." in again.content
    decide(client, "matching_pairhistory", "withdraw", history)
    assert not PairHistory.objects.exists()


def test_staff_of_the_other_side_neither_see_nor_state_that_a_side_declined(
    client, manager, member
):
    client.force_login(manager.person)
    other = CompanyFactory(member=True, legal_name="Theirs")
    history = PairHistoryFactory(one=member, other=other, kind="declined", stated_by=other)
    sent = {"one": member.pk, "other": other.pk, "kind": "declined", "stated_by": other.pk}

    listed = client.get(reverse("admin:matching_pairhistory_changelist"))
    shown = client.get(reverse("admin:matching_pairhistory_change", args=[history.pk]))
    answer = client.post(reverse("admin:matching_pairhistory_add"), sent)

    assert not listed.context["cl"].result_list
    assert shown.status_code == 404
    assert b"already recorded" not in answer.content
    assert list(PairHistory.objects.all()) == [history]


def test_a_manager_records_nothing_between_two_strangers(client, manager, member):
    client.force_login(manager.person)
    strangers = CompanyFactory(member=True), CompanyFactory(member=True)

    answer = client.post(
        reverse("admin:matching_pairhistory_add"),
        {"one": strangers[0].pk, "other": strangers[1].pk, "kind": "met"},
    )

    assert answer.status_code == 200
    assert not PairHistory.objects.exists()


def test_a_note_is_for_the_chamber_of_the_side_that_wrote_it(client, manager, member):
    other = StaffFactory(role="viewer")
    theirs = CompanyFactory(member=True, membership__chamber=other.chamber)
    history = PairHistoryFactory(one=member, other=theirs, stated_by=theirs, note="Too expensive")
    page = reverse("admin:matching_pairhistory_change", args=[history.pk])

    client.force_login(other.person)
    assert b"Too expensive" in client.get(page).content
    client.force_login(manager.person)
    shown = client.get(page)
    assert shown.status_code == 200
    assert b"Too expensive" not in shown.content


def test_histories_are_found_by_either_company(client, manager, member):
    PairHistoryFactory(one=member, other=CompanyFactory(legal_name="Асахи", indexed=True))
    PairHistoryFactory(one=member, other=CompanyFactory(legal_name="Rhein Pumpen", indexed=True))
    client.force_login(manager.person)

    found = client.get(reverse("admin:matching_pairhistory_changelist"), {"q": "Асахи"})

    assert [one.other.legal_name for one in found.context["cl"].result_list] == ["Асахи"]


def test_a_superuser_drafts_by_a_form_with_a_field_for_each_constant(client, boss):
    client.force_login(boss)
    page = client.get(reverse("admin:matching_weightset_add"))
    sent = sent_back(page, "weightset_form")
    assert float(sent["c_levels__hs6"][0]) == pytest.approx(Weights().levels["hs6"], abs=1e-6)

    client.post(
        reverse("admin:matching_weightset_add"),
        {**sent, "version": "2027-01", "note": "Less of the same", "c_met_before": "0.5"},
    )

    draft = WeightSet.objects.get()
    assert (draft.version, draft.created_by, draft.state) == ("2027-01", boss, "draft")
    values = draft.weights()
    assert values.met_before == 0.5
    assert values.levels == Weights().levels  # untouched ones keep all their digits
    assert weights_in_force() == Weights()


def test_a_draft_is_changed_by_the_same_form_and_keeps_what_was_typed_when_refused(client, boss):
    draft = draft_weights(version="a", by=boss)
    client.force_login(boss)
    page = reverse("admin:matching_weightset_change", args=[draft.pk])
    sent = sent_back(client.get(page), "weightset_form")

    too_high = client.post(page, {**sent, "c_better": "1.5"})
    impossible = client.post(page, {**sent, "c_met_floor": "0.9", "c_met": "0.3"})
    assert b"less than or equal to 0.99" in too_high.content
    assert b"the score must stay within" in impossible.content
    assert sent_back(impossible, "weightset_form")["c_met"] == ["0.3"]
    assert WeightSet.objects.get().weights().met == Weights().met
    client.post(page, {**sent, "c_levels__hs6": "2", "note": "why"})

    stored = WeightSet.objects.get()
    assert stored.weights().levels == {**Weights().levels, "hs6": 2.0}
    assert stored.note == "why"


def test_a_set_is_compared_put_in_force_and_retired(client, boss):
    draft = draft_weights(version="a", by=boss, values={"better": 0.8})
    client.force_login(boss)
    shown = client.get(reverse("admin:matching_weightset_change", args=[draft.pk])).content.decode()
    assert f"<td>{Weights().better}</td><td><b>0.8</b></td>" in shown
    Job.objects.all().delete()

    decide(client, "matching_weightset", "put_in_force", draft)
    assert weights_in_force().better == 0.8
    assert Job.objects.filter(kind="matching.anew").exists()
    fixed = client.get(reverse("admin:matching_weightset_change", args=[draft.pk]))
    assert "c_better" not in sent_back(fixed, "weightset_form")
    decide(client, "matching_weightset", "retire", draft)

    assert weights_in_force() == Weights()


def test_the_rules_of_the_program_are_named_where_no_set_is_in_force(client, manager):
    client.force_login(manager.person)
    page, own = reverse("admin:matching_weightset_changelist"), Weights().version

    before = client.get(page).content.decode()
    WeightSetFactory(in_force=True)
    after = client.get(page).content.decode()

    assert f"In force: rules {own}, those that came with the program." in before
    assert "In force: rules" not in after
    assert f"The program came with rules {own}" in after


def test_the_page_of_a_run_tells_its_stage_until_it_is_done(client, manager):
    client.force_login(manager.person)
    done = RunFactory(state="done", stage="swap")
    failed = RunFactory(state="failed", stage="index")

    pages = [
        client.get(reverse("admin:matching_run_change", args=[one.pk])).content.decode()
        for one in (done, failed)
    ]

    assert ["swapping in" in pages[0], "building the index" in pages[1]] == [False, True]
    assert (done.stage_told, failed.stage_told) == ("", "building the index")


@pytest.mark.parametrize("action", ["put_in_force", "retire", "preview"])
def test_managers_of_chambers_read_the_rules_and_decide_nothing(client, manager, action):
    draft = WeightSetFactory(note="Readable")
    client.force_login(manager.person)

    shown = client.get(reverse("admin:matching_weightset_change", args=[draft.pk]))
    decide(client, "matching_weightset", action, draft)

    assert b"Readable" in shown.content
    assert b"c_better" not in shown.content
    assert WeightSet.objects.get().state == "draft"
    assert not Job.objects.exists()


def test_a_preview_is_computed_by_a_worker_and_stands_on_the_page(client, boss, manager):
    ours, theirs = company("RU", "Ours of long ago"), company("JP", "Met of long ago")
    other = company("BY", "Other partner")
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    for one, code in ((theirs, CHIPS), (other, "848640")):
        offers(one, code)
        seeks(one, SENSORS)
    PairHistoryFactory(one=ours, other=theirs)
    match()
    draft = draft_weights(version="a", by=boss, values={"met_before": 0.0})
    page = reverse("admin:matching_weightset_change", args=[draft.pk])
    client.force_login(boss)

    decide(client, "matching_weightset", "preview", draft)
    waiting = client.get(page).content.decode()
    jobs.work_off()
    shown = client.get(page).content.decode()

    assert "It is being computed." in waiting
    assert '<meta http-equiv="refresh"' in waiting
    assert '<meta http-equiv="refresh"' not in shown
    assert "Lists in another order" in shown
    assert "Met of long ago" in shown
    assert "848620" in shown
    client.force_login(manager.person)  # other chambers' lists are not theirs to read
    assert "Met of long ago" not in client.get(page).content.decode()


def test_a_word_is_told_as_the_companies_wrote_it(client, boss):
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(ours, title={"en": "Scaffoldings"})
    offers(theirs, title={"en": "Scaffolding"})
    match()
    draft = draft_weights(version="a", by=boss, values={"met": 0.97, "strong": 0.98})
    client.force_login(boss)

    decide(client, "matching_weightset", "preview", draft)
    jobs.work_off()
    shown = client.get(reverse("admin:matching_weightset_change", args=[draft.pk]))

    (first, second) = shown.context["preview"]["examples"]
    assert first["parts"][0]["term"] == second["parts"][0]["term"] == "w:scaffold"
    assert first["reasons"][0] == "Scaffoldings · Scaffolding"
    assert second["reasons"][0] == "Scaffolding · Scaffoldings"


def test_what_was_measured_stands_beside_a_learnt_set(client, boss):
    RunFactory(current=True)
    figures = {"auc": 0.6, "upper": 0.5}
    draft = draft_weights(
        version="learnt",
        evaluation={
            "accepted": 60,
            "declined": 50,
            "held_accepted": 40,
            "held_declined": 30,
            "before": figures,
            "after": {**figures, "auc": 0.72},
            "gain": 0.12,
            "interval": [0.05, 0.2],
            "reached": [0.6, 0.8],
            "against": "2",
        },
    )
    client.force_login(boss)

    shown = client.get(reverse("admin:matching_weightset_change", args=[draft.pk])).content.decode()

    assert "60 accepted and 50 declined" in shown
    assert "60.0 % of cases by rules 2 and in 72.0 %" in shown


def test_a_superuser_asks_to_learn_and_reads_what_came_of_it(client, boss, manager):
    RunFactory(current=True)
    learn, where = reverse("admin:matching_weightset_learn"), "admin:matching_weightset_changelist"
    client.force_login(boss)
    assert learn in client.get(reverse(where)).content.decode()

    asked = client.post(learn, follow=True)
    jobs.work_off()
    told = client.get(reverse(where)).content.decode()

    assert b"A worker studies what happened." in asked.content
    assert "Nothing can be learnt yet: 0 partners were accepted and 0 declined" in told
    client.force_login(manager.person)
    assert learn not in client.get(reverse(where)).content.decode()
    assert client.post(learn).status_code == 403
