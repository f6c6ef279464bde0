"""What an event stresses in the administration, on its page, on "How we score", in a preview."""

import re

import pytest
from django.urls import reverse

from chambers.services import jobs
from matching.models import EventEmphasis
from matching.services.emphases import change_emphasis, draft_emphasis, put_emphasis_in_force
from matching.services.previews import ask_for_emphasis_preview
from tests.event_factories import (
    EventFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import (
    CompanyFactory,
    EventEmphasisFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.forms import sent_back
from tests.matching.test_admin import decide
from tests.matching.world import goods_and_services

pytestmark = pytest.mark.django_db
MODEL = "matching_eventemphasis"


@pytest.fixture
def event():
    return EventFactory(name={"en": "Northern Forum"})


@pytest.fixture
def manager(event):
    return StaffFactory(chamber=event.chamber).person


def page(name, *args):
    return reverse(f"admin:{MODEL}_{name}", args=args)


def read(client, person, address):
    client.logout()
    if person is not None:
        client.force_login(person)
    return re.sub(r"\s+", " ", client.get(address).content.decode())


def test_a_manager_goes_from_the_event_to_a_draft_and_puts_it_in_force(client, event, manager):
    EventEmphasisFactory(event=event, in_force=True, research=1.7, number=1)
    client.force_login(manager)
    from_event = reverse("admin:marketplace_event_change", args=[event.pk])
    listed = f"{page('changelist')}?event__id__exact={event.pk}"
    assert listed in client.get(from_event).content.decode()
    assert "version 1" in client.get(listed).content.decode()
    add = f"{page('add')}?_changelist_filters=event__id__exact%3D{event.pk}"

    begun = sent_back(client.get(add), "eventemphasis_form")
    assert (begun["event"], begun["research"]) == ([str(event.pk)], ["1.7"])
    client.post(page("add"), {**begun, "service": "2", "note": "Services first"})
    draft = EventEmphasis.objects.get(state="draft")
    assert (draft.service, draft.research, draft.created_by) == (2.0, 1.7, manager)
    shown = client.get(page("change", draft.pk))
    assert "Evidence between two companies of the event" in shown.content.decode()
    client.post(
        page("change", draft.pk), {**sent_back(shown, "eventemphasis_form"), "goods": "0.5"}
    )
    decide(client, MODEL, "put_in_force", draft)

    draft.refresh_from_db()
    assert (draft.goods, draft.state, draft.in_force_by) == (0.5, "in_force", manager)
    kept = client.get(page("change", draft.pk)).content.decode()
    assert 'name="goods"' not in kept
    assert "Draft the same again" in kept


def test_a_draft_begins_with_no_event_that_one_does_not_manage(client, event, manager):
    other = EventFactory(name={"en": "Southern Forum"})
    client.force_login(manager)

    for asked in (f"event={other.pk}", "event=x", "event=²", "event=" + "9" * 30, ""):
        answer = client.get(f"{page('add')}?{asked}")
        assert sent_back(answer, "eventemphasis_form").get("event", [""]) == [""]
        assert "Southern Forum" not in answer.content.decode()


def test_what_is_out_of_range_is_told_beside_its_field_and_kept(client, event, manager):
    client.force_login(manager)
    begun = sent_back(client.get(f"{page('add')}?event={event.pk}"), "eventemphasis_form")

    answer = client.post(page("add"), {**begun, "research": "3", "note": "Typed"})

    assert "less than or equal to 2" in answer.content.decode()
    assert "Typed<" in answer.content.decode()
    assert not EventEmphasis.objects.exists()


def test_other_chambers_see_nothing_and_who_only_reads_or_hosts_gets_no_form(
    client, event, manager
):
    draft = EventEmphasisFactory(event=event, note="Ours alone")
    stranger, host = StaffFactory(), StaffFactory()
    event.hosts.add(host.chamber)
    viewer = StaffFactory(chamber=event.chamber, role="viewer")

    client.force_login(stranger.person)
    assert client.get(page("change", draft.pk)).status_code == 404
    assert "Ours alone" not in client.get(page("changelist")).content.decode()
    for reader in (host, viewer):
        shown = read(client, reader.person, page("change", draft.pk))
        assert "Ours alone" in shown
        assert 'name="codes"' not in shown
        decide(client, MODEL, "put_in_force", draft)
    assert EventEmphasis.objects.get().state == "draft"


def test_the_page_of_an_event_tells_everybody_what_counts_more_there(client, event):
    address = reverse("event", args=[event.public_id])
    assert "What counts more here" not in read(client, None, address)
    draft = draft_emphasis(event, service=2.0, note="Services <b>first</b>")
    assert "What counts more here" not in read(client, None, address)

    put_emphasis_in_force(draft, by=UserFactory(superuser=True))

    shown = read(client, None, address)
    assert "<dt>More</dt><dd>Service ×&nbsp;1.74</dd>" in shown  # the fifth root of 2**4
    assert "Goods ×&nbsp;0.87" in shown
    assert "Words ×" not in shown
    assert "Services &lt;b&gt;first&lt;/b&gt;" in shown
    other = reverse("event", args=[EventFactory().public_id])
    assert "What counts more here" not in read(client, None, other)


def test_an_event_that_raises_all_alike_is_not_said_to_stress_anything(client, event):
    EventEmphasisFactory(event=event, in_force=True, codes=2.0, words=2.0)

    shown = read(client, None, reverse("event", args=[event.public_id]))

    assert "What counts more here" not in shown


def test_how_we_score_tells_those_who_come_and_who_organise(client, event, manager):
    ours = CompanyFactory(member=True)
    RegistrationFactory(event=event, company=ours)
    EventEmphasisFactory(event=event, in_force=True, goods=0.5, note="Few goods here")
    speaker, address = RepresentativeFactory(company=ours).person, reverse("scoring")

    for person in (speaker, manager):
        shown = read(client, person, address)
        assert "What counts more or less at Northern Forum" in shown
        assert "Few goods here" in shown
    for person in (None, RepresentativeFactory().person, StaffFactory().person):
        assert "Northern Forum" not in read(client, person, address)


def test_the_preview_stands_on_the_page_of_the_draft_with_pairs_and_reasons(client, event, manager):
    SlotFactory(event=event)
    TableFactory(event=event)
    for one in goods_and_services():
        ParticipantFactory(registration__event=event, registration__company=one)
    boss = UserFactory(superuser=True)
    put_emphasis_in_force(draft_emphasis(event, goods=2.0, service=0.5), by=boss)
    draft = draft_emphasis(event, by=manager, goods=0.5, service=2.0)
    client.force_login(manager)

    decide(client, MODEL, "preview", draft)
    assert "It is being computed" in client.get(page("change", draft.pk)).content.decode()
    jobs.work_off()

    shown = read(client, manager, page("change", draft.pk))
    assert "Against what the event stresses now, among the 3 companies" in shown
    assert re.search(r">Ours</th><td>Lends</td><td>comes in</td>", shown)
    assert re.search(r">Ours</th><td>Sells</td><td>goes out</td>", shown)
    assert "Companies with another best partner</th><td>—</td><td>1</td>" in shown
    assert "among your members" not in shown
    draft = change_emphasis(draft, by=manager, words=2.0)
    assert "ask for a new preview" in read(client, manager, page("change", draft.pk))


def test_a_preview_can_be_asked_for_again_after_a_change(client, event, manager):
    draft = draft_emphasis(event, by=manager, words=2.0)
    first = ask_for_emphasis_preview(draft, by=manager)
    jobs.work_off()

    second = ask_for_emphasis_preview(draft, by=manager)

    assert first != second
    shown = read(client, manager, page("change", draft.pk))
    assert "It is being computed" in shown
