"""Papers: reported by one company, confirmed by the other, approved by a chamber, and recorded."""

import datetime as dt
import re
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from chambers.forms.money import MoneyField
from chambers.models import Document, Mail, User, today
from marketplace.models import Meeting, Outcome, OutcomeAmount, OutcomeEntry
from marketplace.selectors.outcomes import (
    broken_lines,
    public_part,
    public_totals,
    published_outcomes,
)
from marketplace.services import outcomes
from tests import factories
from tests.chambers.pictures import pdf, upload
from tests.marketplace.refusals import refused
from tests.marketplace.test_feedback import Past

State, Stage, Publicity = Outcome.State, Outcome.Stage, Outcome.Publicity


class Signed(Past):
    """Two companies that have met, each with its main contact, and the partner's chamber."""

    def __init__(self):
        super().__init__()
        self.ours, self.theirs = self.host.registration.company, self.guest.registration.company
        self.we, self.they = self.host.person, self.guest.person
        chamber = self.theirs.memberships.get().chamber
        self.chamber = factories.StaffFactory(chamber=chamber).person

    def report(self, **stated):
        """A contract of 1,250,000 roubles, as the host's company reports it."""
        given = {
            "kind": "contract",
            "subject": "400 level sensors",
            "claimed": Stage.SIGNED,
            "signed_on": today(),
            "amount": Decimal("1250000"),
            "currency": "RUB",
            **stated,
        }
        return outcomes.report_outcome(
            self.ours, self.theirs, meeting=self.meeting, by=self.we, **given
        )

    def confirmed(self, **stated):
        """A paper that all have confirmed."""
        outcome = self.report(**stated)
        outcomes.confirm_outcome(outcome, by=self.they)
        return outcomes.approve_outcome(outcome, by=self.chamber)


@pytest.fixture
def signed(db):
    return Signed()


def test_a_paper_counts_once_both_companies_and_a_chamber_have_said_so(signed):
    outcome = signed.report(evidence=upload(pdf(), "contract.pdf"))

    assert (outcome.state, outcome.stage) == (State.WITH_PARTNER, Stage.ANNOUNCED)
    assert outcome.evidence.kind == Document.Kind.EVIDENCE
    asked = Mail.objects.get(kind="outcome_asked")
    assert asked.to == signed.they.email
    assert "1,250,000.00 RUB" in asked.text
    outcome = outcomes.confirm_outcome(outcome, by=signed.they)
    assert (outcome.state, outcome.stage) == (State.WITH_CHAMBER, Stage.ANNOUNCED)
    outcome = outcomes.approve_outcome(outcome, by=signed.chamber)

    assert (outcome.state, outcome.stage) == (State.CONFIRMED, Stage.SIGNED)
    assert outcome.event == signed.event
    told = Mail.objects.filter(kind="outcome_approved").values_list("to", flat=True)
    assert set(told) == {signed.we.email, signed.they.email}
    steps = OutcomeEntry.objects.values_list("step", flat=True)
    assert list(steps) == ["reported", "confirmed", "approved"]


@pytest.mark.parametrize(
    ("language", "amount"),
    [
        ("en", "1,250,000.00 RUB"),
        ("ru", "1\xa0250\xa0000,00 RUB"),
        ("ja", "1,250,000.00 RUB"),
    ],
)
def test_an_amount_is_written_as_its_reader_writes_it(signed, language, amount):
    User.objects.filter(pk=signed.they.pk).update(language=language)

    signed.report()

    mail = Mail.objects.get(kind="outcome_asked")
    assert amount in mail.text
    assert amount in mail.html.replace("<wbr>", "")


def test_mails_of_a_paper_are_read_by_the_chambers_of_the_two_once_they_agree(signed):
    organiser = factories.StaffFactory(chamber=signed.event.chamber).person
    pair = (
        signed.chamber,
        factories.StaffFactory(chamber=signed.ours.memberships.get().chamber).person,
    )

    def read(by):
        return set(Mail.objects.served_by(by).values_list("kind", "to"))

    outcome = signed.report(publicity=Publicity.PRIVATE)
    assert [read(one) for one in pair] == [set(), set()]
    outcomes.confirm_outcome(outcome, by=signed.they)
    outcomes.approve_outcome(outcome, by=signed.chamber)

    assert read(pair[0]) == {
        ("outcome_approved", signed.they.email),
        ("chamber_outcome", pair[0].email),
    }
    assert read(pair[1]) == {
        ("outcome_confirmed", signed.we.email),
        ("outcome_approved", signed.we.email),
        ("chamber_outcome", pair[1].email),
    }
    assert read(organiser) == set()


def test_a_chamber_reads_of_a_paper_once_the_partner_agreed_and_of_no_withdrawn_one(signed):
    def read():
        return [
            list(rows(signed.chamber))
            for rows in (Outcome.objects.served_by, Outcome.objects.managed_by)
        ]

    outcome = signed.report()
    assert read() == [[], []]
    outcomes.refuse_outcome(outcome, by=signed.they, reason="The amount is in yen.")
    assert read() == [[], []]
    outcomes.withdraw_outcome(outcome, by=signed.we)
    assert read() == [[], []]

    agreed = signed.report(subject="Valves")
    outcomes.confirm_outcome(agreed, by=signed.they)

    assert read() == [[agreed], [agreed]]


def test_every_line_of_a_reason_stands_in_the_mail_as_somebodys_words(signed):
    outcome, told = signed.report(), "The amount is wrong.\nSign in again: https://evil.example"
    outcomes.refuse_outcome(outcome, by=signed.they, reason=told)

    text = Mail.objects.get(kind="outcome_refused").text
    assert "\n    Sign in again: https://evil.example\n" in text


def test_each_step_is_for_its_side_alone(signed):
    outcome = signed.report()
    both = factories.StaffFactory(chamber=signed.ours.memberships.get().chamber).person
    factories.RepresentativeFactory(company=signed.theirs, person=both)
    viewer = factories.RepresentativeFactory(company=signed.theirs, role="viewer").person
    stranger = factories.StaffFactory().person

    for call, by, more in (
        (outcomes.confirm_outcome, signed.we, {}),
        (outcomes.confirm_outcome, viewer, {}),
        (outcomes.refuse_outcome, signed.we, {"reason": "no"}),
        (outcomes.withdraw_outcome, signed.they, {}),
        (outcomes.change_outcome, signed.they, {}),
        (outcomes.approve_outcome, signed.we, {}),
        (outcomes.approve_outcome, stranger, {}),
        (outcomes.approve_outcome, both, {}),
    ):
        with pytest.raises(PermissionDenied):
            call(outcome, by=by, **more)
    refused("bad_transition", outcomes.approve_outcome, outcome, by=signed.chamber)
    assert OutcomeEntry.objects.count() == 1


def test_what_the_partner_refuses_is_corrected_and_asked_again(signed):
    outcome = signed.report()
    refused("no_reason", outcomes.refuse_outcome, outcome, by=signed.they, reason=" ")
    outcomes.refuse_outcome(outcome, by=signed.they, reason="The amount is in yen.")
    assert "in yen" in Mail.objects.get(kind="outcome_refused").text

    again = outcomes.change_outcome(
        outcome,
        by=signed.we,
        kind="contract",
        subject="400 level sensors",
        claimed=Stage.SIGNED,
        signed_on=today(),
        publicity=Publicity.PRIVATE,
        amount=Decimal("2000000"),
        currency="JPY",
    )

    assert (again.state, again.reason) == (State.WITH_PARTNER, "")
    assert str(OutcomeAmount.objects.get()) == "2000000.00 JPY"
    assert Mail.objects.filter(kind="outcome_asked").count() == 2


def test_a_next_stage_is_confirmed_again_and_the_one_before_stays_until_then(signed):
    outcome = signed.confirmed()

    changed = outcomes.change_outcome(
        outcome,
        by=signed.we,
        kind="contract",
        subject="400 level sensors",
        claimed=Stage.PERFORMED,
        signed_on=today(),
        publicity=Publicity.PRIVATE,
    )
    assert (changed.state, changed.stage) == (State.WITH_PARTNER, Stage.SIGNED)
    outcomes.confirm_outcome(changed, by=signed.they)
    done = outcomes.approve_outcome(changed, by=signed.chamber)

    assert (done.state, done.stage) == (State.CONFIRMED, Stage.PERFORMED)


def test_what_is_wrong_is_named_with_its_field(signed):
    refused("no_date", signed.report, signed_on=None)
    refused("future", signed.report, signed_on=today() + dt.timedelta(days=3))
    refused("no_currency", signed.report, currency="")
    refused("no_currency", signed.report, currency="XXQ")
    refused("no_amount", signed.report, amount=None)
    refused("bad_file", signed.report, evidence=upload(b"<html>", "contract.pdf"))
    before = signed.meeting.slot.starts_at - dt.timedelta(minutes=1)
    refused("not_met", signed.report, at=before)
    third = factories.CompanyFactory(member=True)
    with pytest.raises(PermissionDenied):
        outcomes.report_outcome(
            signed.theirs,
            signed.ours,
            meeting=signed.meeting,
            by=signed.we,
            kind="contract",
            subject="x",
            claimed="announced",
        )
    refused(
        "not_met",
        outcomes.report_outcome,
        signed.ours,
        third,
        meeting=signed.meeting,
        by=signed.we,
        kind="contract",
        subject="x",
        claimed="announced",
    )
    assert not Outcome.objects.exists()


@pytest.mark.parametrize("fields", [{"status": Meeting.Status.CANCELLED}, {"is_told": False}])
def test_no_paper_comes_of_a_meeting_that_was_cancelled_or_never_told(signed, fields):
    Meeting.objects.filter(pk=signed.meeting.pk).update(**fields)
    signed.meeting.refresh_from_db()

    refused("not_met", signed.report)


def test_the_same_paper_is_not_reported_twice_by_a_slip(signed):
    first = signed.report()
    theirs = {
        "meeting": signed.meeting,
        "by": signed.they,
        "kind": "contract",
        "subject": "Sensors",
        "claimed": Stage.ANNOUNCED,
    }

    error = refused(
        "reported_already", outcomes.report_outcome, signed.theirs, signed.ours, **theirs
    )
    assert first.reference in error.message % error.params
    other = outcomes.report_outcome(signed.theirs, signed.ours, another=True, **theirs)

    assert other.reference != first.reference


def test_the_partner_narrows_who_reads_of_it_and_never_widens(signed):
    outcome = signed.report(publicity=Publicity.WITHOUT_AMOUNT)
    wider = {"by": signed.they, "publicity": Publicity.WITH_AMOUNT}
    refused("wider", outcomes.confirm_outcome, outcome, **wider)

    done = outcomes.confirm_outcome(outcome, by=signed.they, publicity=Publicity.PRIVATE)

    assert done.publicity == Publicity.PRIVATE


def test_everyone_reads_only_what_both_and_a_chamber_confirmed_and_amounts_only_if_wished(signed):
    signed.confirmed(subject="open", publicity=Publicity.WITH_AMOUNT)
    signed.confirmed(subject="veiled", publicity=Publicity.WITHOUT_AMOUNT, another=True)
    signed.confirmed(subject="private", another=True)
    signed.report(subject="waiting", publicity=Publicity.WITH_AMOUNT, another=True)

    shown = {one.subject: one.amount for one in public_part(published_outcomes())}

    assert shown == {"open": Decimal("1250000"), "veiled": None}
    (total,) = public_totals()
    assert (total.currency, total.amount, total.count) == ("RUB", Decimal("1250000"), 1)


def test_a_withdrawn_paper_is_gone_for_the_partner_and_a_confirmed_one_stays(signed):
    outcome = signed.report()
    outcomes.withdraw_outcome(outcome, by=signed.we)
    done = signed.confirmed(another=True)

    assert list(Outcome.objects.run_by(signed.they)) == [done]
    refused("bad_transition", outcomes.withdraw_outcome, done, by=signed.we)


def test_the_link_confirms_what_was_mailed_and_nothing_that_was_changed_since(signed, client):
    outcome = signed.report()
    link = re.search(r"https?://[^/]+(\S*/links/\S+)", Mail.objects.get(kind="outcome_asked").text)[
        1
    ]

    assert client.get(link).status_code == 200
    assert Outcome.objects.get().state == State.WITH_PARTNER
    outcomes.change_outcome(
        outcome,
        by=signed.we,
        kind="contract",
        subject="Other",
        claimed=Stage.ANNOUNCED,
        publicity=Publicity.PRIVATE,
    )
    assert client.post(link).status_code == 409
    assert Outcome.objects.get().state == State.WITH_PARTNER
    newer = Mail.objects.filter(kind="outcome_asked").order_by("pk").last().text
    assert client.post(re.search(r"https?://[^/]+(\S*/links/\S+)", newer)[1]).status_code == 200

    assert Outcome.objects.get().state == State.WITH_CHAMBER


def test_one_altered_amount_breaks_the_record_at_its_line(signed):
    outcome = signed.confirmed()
    signed.confirmed(another=True)
    assert list(broken_lines()) == []
    said = StringIO()
    call_command("verify_outcomes", stdout=said)
    assert "6 lines" in said.getvalue()

    OutcomeAmount.objects.filter(outcome=outcome).update(amount=Decimal("1250000.01"))

    (broken,) = broken_lines()
    assert (broken.number, broken.reference) == (3, outcome.reference)
    assert "amount" in broken.what
    with pytest.raises(CommandError):
        call_command("verify_outcomes", stdout=StringIO())


def test_the_database_itself_keeps_the_record(signed):
    signed.report()
    for change in (
        lambda: OutcomeEntry.objects.update(step="approved"),
        lambda: OutcomeEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # Whoever switches that off is found by the hashes.
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table marketplace_outcomeentry disable trigger user")
        cursor.execute("update marketplace_outcomeentry set step = 'approved'")
        cursor.execute("alter table marketplace_outcomeentry enable trigger user")
    assert [one.what for one in broken_lines()] == ["the line was changed"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1250000", "1250000"),
        ("1 250 000,00", "1250000.00"),
        ("1,250,000.50", "1250000.50"),
        ("1.250.000", "1250000"),
        ("1,250", "1250"),
        ("12,5", "12.5"),
        ("1\u202f250", "1250"),
    ],
)
def test_amounts_are_read_as_people_group_them(typed, meant):
    assert MoneyField().clean(typed) == Decimal(meant)


def test_a_reference_number_carries_the_country_and_the_day(signed):
    outcome = signed.report()
    day = timezone.now().strftime("%Y%m%d")
    assert outcome.reference == f"P-{signed.ours.country_id}-{day}-001"
