"""Staff settles contradictions and approves papers, of its own events and members alone."""

import pytest
from django.urls import reverse

from marketplace.models import Dispute, Feedback, Outcome
from marketplace.services import outcomes
from tests import factories
from tests.chambers.pictures import pdf, upload
from tests.forms import decide
from tests.marketplace.test_outcomes import Signed


@pytest.fixture
def signed(db):
    return Signed()


def test_a_contradiction_waits_in_a_queue_until_the_organiser_settles_it(client, signed):
    signed.says("host", Feedback.Said.THEY_MISSED)
    signed.says("guest", Feedback.Said.HELD)
    client.force_login(signed.manager)
    first = client.get(reverse("admin:index")).content.decode()
    assert "Meetings of which the sides say different things" in first
    address = reverse("admin:marketplace_dispute_changelist")
    listed = client.get(address + "?open=1").content.decode()
    assert "They did not come" in listed
    assert "It took place" in listed

    dispute = Dispute.objects.get()
    decide(client, "marketplace_dispute", "settle", dispute, host="came", guest="late")

    assert signed.marks() == ("came", "late", "held")
    assert Dispute.objects.get().settled_by == signed.manager


def test_another_organiser_finds_no_contradiction_of_ours(client, signed):
    signed.says("host", Feedback.Said.THEY_MISSED)
    signed.says("guest", Feedback.Said.HELD)
    client.force_login(factories.StaffFactory().person)

    listed = client.get(reverse("admin:marketplace_dispute_changelist")).content.decode()

    assert signed.ours.legal_name not in listed


def test_a_paper_is_approved_with_its_evidence_or_returned_with_a_reason(client, signed):
    first = signed.report(evidence=upload(pdf(), "contract.pdf"))
    second = signed.report(subject="Second", another=True)
    for one in (first, second):
        outcomes.confirm_outcome(one, by=signed.they)
    client.force_login(signed.chamber)
    page = client.get(reverse("admin:marketplace_outcome_change", args=[first.pk]))
    assert "contract.pdf" in page.content.decode()
    assert "1250000.00" in page.content.decode()
    paper = reverse("admin:marketplace_outcome_evidence", args=[first.pk])
    assert client.get(paper).status_code == 200

    decide(client, "marketplace_outcome", "approve", first, decided="1")
    decide(client, "marketplace_outcome", "send_back", second, reason="The date is missing.")

    states = dict(Outcome.objects.values_list("pk", "state"))
    assert states == {first.pk: "confirmed", second.pk: "returned"}
    client.force_login(factories.StaffFactory().person)
    assert client.get(paper).status_code == 404
