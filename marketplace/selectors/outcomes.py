"""Papers that came of meetings: a company's, those of everyone; whether the record holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from chambers.models import Company
from marketplace.models import Meeting, Outcome, OutcomeAmount, OutcomeEntry, OutcomeQuerySet
from marketplace.record import FIRST, digest_of
from marketplace.selectors.agenda import with_people
from marketplace.selectors.feedback import past_meetings
from marketplace.selectors.times import day_of

if TYPE_CHECKING:
    from chambers.models import User

MET = 200  # meetings to choose from, the newest


def joined(rows: OutcomeQuerySet) -> OutcomeQuerySet:
    """The rows with all that a card or an answer about them reads."""
    return rows.select_related(
        "reporter__country", "partner__country", "event", "meeting", "money", "evidence", "chamber"
    )


def amount_of(outcome: Outcome) -> OutcomeAmount | None:
    """The value of a paper; None where none was stated. Who may read the outcome may read it."""
    return getattr(outcome, "money", None)


# ---------------------------------------------------------------- of a company
@dataclass(frozen=True, slots=True)
class Met:
    """A company that one has met, and when: what a paper may have come of."""

    meeting: Meeting
    partner: Company

    @property
    def key(self) -> str:
        """What a form sends for it."""
        return f"{self.meeting.public_id}:{self.partner.public_id}"

    def __str__(self) -> str:
        slot = self.meeting.slot
        day = day_of(slot.starts_at.astimezone(self.meeting.event.clock).date()) if slot else ""
        told = self.meeting.event.named()[0]
        return " · ".join(filter(None, [self.partner.told, day, told]))


def met_by(company: Company, user: User) -> list[Met]:
    """Whom a company has met, the newest meeting first; a missed meeting counts, too.

    A paper may be signed although the desk noted something else.
    """
    rows = with_people(past_meetings(company, user))[:MET]
    found = []
    for one in rows:
        sides = {row.registration.company_id: row.registration.company for row in one.people()}
        found += [Met(one, other) for key, other in sides.items() if key != company.pk]
    return found


def outcomes_of(company: Company, user: User) -> OutcomeQuerySet:
    """The papers of a company that ``user`` speaks for, the newest first."""
    return joined(Outcome.objects.run_by(user).of(company)).order_by("-reported_at", "-pk")


def to_confirm(company: Company, user: User) -> int:
    """How many papers wait for a company's word."""
    rows = Outcome.objects.run_by(user).filter(partner=company)
    return rows.filter(state=Outcome.State.WITH_PARTNER).count()


# ---------------------------------------------------------------- of everyone
@dataclass(frozen=True, slots=True)
class PublicOutcome:
    """What everyone may read of a confirmed paper. It holds no way to what is not shown."""

    reference: str
    kind: str
    subject: str
    reporter: Company
    partner: Company
    stage: str
    signed_on: object
    event: str
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of the amounts that everyone may read, of one stage in one currency."""

    stage: str
    currency: str
    amount: Decimal
    count: int


def published_outcomes() -> OutcomeQuerySet:
    """Confirmed papers that both companies let everyone read of, the newest first."""
    return joined(Outcome.objects.published()).order_by("-signed_on", "-pk")


def public_part(rows: Iterable[Outcome]) -> list[PublicOutcome]:
    """What everyone may read of each."""
    shown = []
    for one in rows:
        money = amount_of(one) if one.publicity == Outcome.Publicity.WITH_AMOUNT else None
        shown.append(
            PublicOutcome(
                one.reference,
                one.get_kind_display(),
                one.subject,
                one.reporter,
                one.partner,
                one.get_stage_display(),
                one.signed_on,
                one.event.named()[0] if one.event is not None and one.event.is_published else "",
                money.amount if money else None,
                money.currency if money else "",
            )
        )
    return shown


def public_totals() -> list[Total]:
    """Totals by stage and currency, never mixed, over exactly the amounts that are shown."""
    shown = Outcome.objects.published().filter(publicity=Outcome.Publicity.WITH_AMOUNT)
    sums = (
        OutcomeAmount.objects.filter(outcome__in=shown)
        .order_by()
        .values("outcome__stage", "currency")
        .annotate(total=Sum("amount"), papers=Count("pk"))
    )
    order = list(Outcome.Stage)
    found = [
        (Outcome.Stage(one["outcome__stage"]), one["currency"], one["total"], one["papers"])
        for one in sums
    ]
    found.sort(key=lambda one: (order.index(one[0]), one[1]))
    return [Total(str(stage.label), *rest) for stage, *rest in found]


# ---------------------------------------------------------------- the record
@dataclass(frozen=True, slots=True)
class Broken:
    """Where the record does not hold: a line by its number, or a paper by its reference."""

    number: int
    reference: str
    what: str


def facts_of(outcome: Outcome) -> dict[str, str]:
    """What a line of the record states of a paper, all as text."""
    money, paper = amount_of(outcome), outcome.evidence
    return {
        "reference": outcome.reference,
        "reporter": str(outcome.reporter.public_id),
        "partner": str(outcome.partner.public_id),
        "kind": outcome.kind,
        "subject": outcome.subject,
        "claimed": outcome.claimed,
        "stage": outcome.stage,
        "state": outcome.state,
        "signed_on": outcome.signed_on.isoformat() if outcome.signed_on else "",
        "publicity": outcome.publicity,
        "amount": f"{money.amount:.2f}" if money else "",
        "currency": money.currency if money else "",
        "evidence": paper.sha256 if paper else "",
    }


def side_of_entry(entry: OutcomeEntry) -> str:
    """The public id of who took a step; "" for the installation itself."""
    if entry.company is not None:
        return str(entry.company.public_id)
    return str(entry.chamber.public_id) if entry.chamber is not None else ""


def broken_lines() -> Iterator[Broken]:
    """Every place where the record does not hold, in its order; none when all is as written."""
    previous, expected = FIRST, 1
    last: dict[int, OutcomeEntry] = {}
    rows = OutcomeEntry.objects.select_related("company", "chamber", "outcome").order_by("number")
    for entry in rows.iterator(chunk_size=2000):
        reference = entry.outcome.reference
        digest = digest_of(
            number=entry.number,
            step=entry.step,
            side=side_of_entry(entry),
            at=entry.at,
            facts=entry.facts,
            previous=entry.previous,
        )
        if entry.number != expected:
            yield Broken(entry.number, reference, "a line is missing before this one")
        elif entry.previous != previous:
            yield Broken(entry.number, reference, "the line before was changed")
        if digest != entry.digest:
            yield Broken(entry.number, reference, "the line was changed")
        previous, expected = entry.digest, entry.number + 1
        last[entry.outcome_id] = entry
    for one in joined(Outcome.objects.order_by("pk")).iterator(chunk_size=2000):
        said = last.get(one.pk)
        if said is None:
            yield Broken(0, one.reference, "no line tells of this paper")
            continue
        now = facts_of(one)
        differing = sorted(name for name in now if now[name] != said.facts.get(name))
        if differing:
            yield Broken(said.number, one.reference, f"stored otherwise: {', '.join(differing)}")


def steps_of(outcome: Outcome) -> Sequence[OutcomeEntry]:
    """The record of one paper, the oldest line first."""
    return list(
        OutcomeEntry.objects.filter(outcome=outcome)
        .select_related("company__country", "chamber")
        .order_by("number")
    )
