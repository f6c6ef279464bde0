"""Expressions of interest as one viewer may read them: page, list, endpoint and admin alike.

An anonymous owner is absent until it accepted: its company comes from ``ShownOpportunity`` alone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chambers.acting import Acting
from chambers.models import Chamber, Company, Staff
from chambers.selectors.contacts import Person, people_to_reach
from marketplace.models import Interest, InterestEntry, InterestHop, Opportunity
from marketplace.selectors.shown import ShownOpportunity, shown_opportunities

if TYPE_CHECKING:
    from chambers.models import User

Status = Interest.Status
TABS = {
    "received": gettext_lazy("Received"),
    "sent": gettext_lazy("Sent"),
    "past": gettext_lazy("Closed"),
}
ICONS = {
    Status.WITH_OWN_CHAMBER: "landmark",
    Status.WITH_PARTNER_CHAMBER: "landmark",
    Status.WITH_OWNER: "clock",
    Status.QUESTION: "circle-question-mark",
    Status.ACCEPTED: "circle-check",
    Status.DECLINED: "circle-x",
    Status.WITHDRAWN: "undo-2",
    Status.EXPIRED: "clock-alert",
}


@dataclass(frozen=True)
class Station:
    """Somebody on the way of an interest: who sent it, a chamber, or who published the item."""

    name: str
    state: str  # done, here, ahead
    since: dt.datetime | None
    passed_at: dt.datetime | None
    due_on: dt.date | None
    is_late: bool
    chamber: Chamber | None = None


@dataclass(frozen=True)
class Line:
    """What happened, on whose side, in their words."""

    kind: InterestEntry.Kind
    author: InterestEntry.Author
    who: str  # "" for what came by date
    text: str
    at: dt.datetime
    commission: str = ""

    @property
    def label(self) -> str:
        """What happened, in the reader's language."""
        if self.kind == InterestEntry.Kind.EXPIRED and self.author != InterestEntry.Author.CLOCK:
            return _("Ended: taken out of the market")
        return str(self.kind.label)


@dataclass(frozen=True)
class ShownInterest:
    """An interest as one viewer may see it; it holds no way to the row or a hidden owner."""

    public_id: uuid.UUID
    item: ShownOpportunity
    asking: Company
    side: str  # asker, owner, chamber: on which side the viewer stands
    status: Interest.Status
    status_label: str  # in the language of the moment
    holder: str  # who has it now; "" once it is decided
    cooperation: str
    missing: str
    about: str
    due_on: dt.date | None
    is_late: bool
    is_routed: bool
    stations: Sequence[Station]
    lines: Sequence[Line]
    reason: str
    reason_code: str
    reason_label: str  # in the language of the moment
    created_at: dt.datetime
    decided_at: dt.datetime | None
    people: Sequence[Person]  # whom to reach on the other side, once it is accepted
    asked_by_owner: bool  # whether an open question is the owner's

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.status in Interest.OPEN

    @property
    def icon(self) -> str:
        """The name of the icon that says its state."""
        return ICONS[self.status]

    @property
    def tone(self) -> str:
        """The tag that says its state."""
        return tone_of(self.status)

    @property
    def with_owner(self) -> bool:
        """Whether the owner may decide now."""
        return self.status == Status.WITH_OWNER or (
            self.status == Status.QUESTION and self.asked_by_owner
        )

    @property
    def waits_for_viewer(self) -> bool:
        """Whether one of the two companies that the viewer stands for has to answer now."""
        if self.side == "asker":
            return self.status == Status.QUESTION
        return self.side == "owner" and self.status == Status.WITH_OWNER

    @property
    def question(self) -> Line | None:
        """The question that is open."""
        asked = [line for line in self.lines if line.kind == InterestEntry.Kind.QUESTION]
        return asked[-1] if asked and self.status == Status.QUESTION else None

    @property
    def other(self) -> Company | None:
        """The company on the other side of the viewer's, where they may know it."""
        return self.item.company if self.side == "asker" else self.asking


@dataclass(frozen=True)
class Standing:
    """How a company stands to an item: its own interest, those it got, or what it may do."""

    public_id: uuid.UUID | None = None  # of its own interest
    status: Interest.Status | None = None
    received: int | None = None  # how many have reached it; None where the item is not its own
    may: bool = False  # express interest

    @property
    def icon(self) -> str:
        """The name of the icon that says the state of its own interest."""
        return ICONS[self.status] if self.status else ""

    @property
    def tone(self) -> str:
        """The tag that says the state of its own interest."""
        return tone_of(self.status) if self.status else ""


@dataclass(frozen=True)
class InterestBox:
    """The rows of one tab, and how many each tab holds."""

    tab: str
    counts: dict[str, int]
    rows: QuerySet[Interest]


def joined_interests(rows: QuerySet[Interest]) -> QuerySet[Interest]:
    """The rows with all that ``shown_interests`` reads."""
    hops = InterestHop.objects.select_related("chamber__country", "agreement")
    entries = InterestEntry.objects.select_related("chamber", "commission__country")
    return rows.select_related(
        "company__country", "opportunity__company__country", "opportunity__investment"
    ).prefetch_related(
        "opportunity__codes",
        Prefetch("hops", hops.order_by("position")),
        Prefetch("entries", entries.order_by("at", "pk")),
    )


def box_of(company: Company, user: User, tab: str) -> InterestBox:
    """One tab of a company's interests; the first with rows for a tab that does not exist."""
    mine = Interest.objects.visible_to(user).of_company(company)
    waiting = Q(status__in=Interest.OPEN)
    wanted = {
        "received": waiting & Q(opportunity__company=company),
        "sent": waiting & Q(company=company),
        "past": ~waiting,
    }
    counts = mine.aggregate(**{key: Count("pk", filter=wanted[key]) for key in TABS})
    if tab not in TABS:
        tab = next((key for key in TABS if counts[key]), "received")
    return InterestBox(tab, counts, joined_interests(mine.filter(wanted[tab])))


def shown_interest(
    interest: Interest, viewer: User, company: Company | None = None
) -> ShownInterest:
    """``interest``, visible to ``viewer``, as they may see it; see ``shown_interests``."""
    return shown_interests([interest], viewer, company)[0]


def shown_interests(
    interests: Sequence[Interest], viewer: User, company: Company | None = None
) -> list[ShownInterest]:
    """Each interest as ``viewer`` may see it, in the same order; a constant number of queries.

    ``company``: the one they act for, where they speak for both sides.
    """
    if not interests:
        return []
    items = shown_opportunities([one.opportunity for one in interests], viewer)
    mine = {company.pk} if company else _companies_of(viewer)
    accepted = [one for one in interests if one.status == Status.ACCEPTED]
    met = {
        other.pk: other
        for one in accepted
        for own, other in (
            (one.company_id, one.opportunity.company),
            (one.opportunity.company_id, one.company),
        )
        if own in mine
    }
    people = people_to_reach(met.values(), viewer)
    return [_shown(one, item, mine, people) for one, item in zip(interests, items, strict=True)]


def told_entry(interest: Interest, entry: InterestEntry) -> str:
    """The words of a line of its log; of a refusal with the wording that was chosen."""
    declined = entry.kind == InterestEntry.Kind.DECLINED
    return interest.told_reason if declined else entry.text


def adviser_of(chamber: Chamber) -> Staff | None:
    """Who a company turns to at its chamber: the manager longest there."""
    rows = Staff.objects.filter(chamber=chamber, role=Staff.Role.MANAGER, person__is_active=True)
    return rows.select_related("person").order_by("pk").first()


def tone_of(status: Interest.Status) -> str:
    """The tag that says a state."""
    if status == Status.ACCEPTED:
        return "ok"
    return "wait" if status in Interest.OPEN else "no"


def standing_of(item: ShownOpportunity, acting: Acting) -> Standing:
    """How the company that somebody acts for stands to an item; guests may ask, signed in then."""
    on_show = item.status == Opportunity.Status.PUBLISHED
    company = acting.company
    if company is None:
        return Standing(may=on_show and not acting.user.is_authenticated)
    got = Interest.objects.filter(
        opportunity__public_id=item.public_id, opportunity__company=company
    )
    if item.inside and item.company is not None and item.company.pk == company.pk:
        return Standing(received=got.filter(reached_at__isnull=False).count())
    mine = own_interest(item, company)
    if mine is not None:
        return Standing(mine.public_id, Status(mine.status))
    return Standing(may=on_show and acting.may_edit)


def own_interest(item: ShownOpportunity, company: Company) -> Interest | None:
    """The newest interest of ``company`` in an item, but what it took back."""
    rows = Interest.objects.filter(opportunity__public_id=item.public_id, company=company)
    return rows.exclude(status__in=[Status.WITHDRAWN, Status.EXPIRED]).first()


def _companies_of(viewer: User) -> set[int]:
    return set(Company.objects.run_by(viewer).order_by().values_list("pk", flat=True))


def _shown(
    interest: Interest, item: ShownOpportunity, mine: set[int], people: dict[int, list[Person]]
) -> ShownInterest:
    side, other = "chamber", None
    if interest.company_id in mine:
        side, other = "asker", interest.opportunity.company_id
    elif interest.opportunity.company_id in mine:
        side, other = "owner", interest.company_id
    hops = list(interest.hops.all())
    stations = _stations(interest, item, hops)
    here = next((one.name for one in stations if one.state == "here"), "")
    accepted = interest.status == Status.ACCEPTED and other is not None
    return ShownInterest(
        public_id=interest.public_id,
        item=item,
        asking=interest.company,
        side=side,
        status=Status(interest.status),
        status_label=interest.told_status,
        holder=here,
        cooperation=interest.cooperation,
        missing=interest.missing,
        about=interest.about,
        due_on=interest.due_on,
        is_late=interest.is_late,
        is_routed=bool(hops),
        stations=stations,
        lines=[_line(interest, item, one) for one in interest.entries.all()],
        reason=interest.reason,
        reason_code=interest.reason_code,
        reason_label=interest.reason_label,
        created_at=interest.created_at,
        decided_at=interest.decided_at,
        people=tuple(people.get(other, ())) if accepted and other is not None else (),
        asked_by_owner=interest.position is None,
    )


def _owner_name(item: ShownOpportunity) -> str:
    return item.company.told if item.company else _("The company that published it")


def _stations(
    interest: Interest, item: ShownOpportunity, hops: Sequence[InterestHop]
) -> list[Station]:
    """The way from the interested company to the owner; one is ``here`` while it is open."""
    asked = interest.status == Status.QUESTION
    at_hop = interest.position if interest.is_open and not asked else None
    at_owner = interest.is_open and not asked and interest.position is None
    late, due = interest.is_late, interest.due_on
    stations = [
        Station(
            interest.company.told,
            "here" if asked else "done",
            interest.created_at,
            None,
            due if asked else None,
            asked and late,
        )
    ]
    for hop in hops:
        here = hop.position == at_hop
        state = "here" if here else "done" if hop.received_at else "ahead"
        stations.append(
            Station(
                hop.chamber.name,
                state,
                hop.received_at,
                hop.passed_at,
                hop.due_on if not here else due,
                here and late,
                hop.chamber,
            )
        )
    decided = interest.reached_at is not None and not at_owner
    state = "here" if at_owner else "done" if decided else "ahead"
    owner = Station(
        _owner_name(item),
        state,
        interest.reached_at,
        None,
        due if at_owner else None,
        at_owner and late,
    )
    return [*stations, owner]


def _line(interest: Interest, item: ShownOpportunity, entry: InterestEntry) -> Line:
    author = InterestEntry.Author(entry.author)
    who = {
        InterestEntry.Author.ASKER: interest.company.told,
        InterestEntry.Author.OWNER: _owner_name(item),
    }.get(author, entry.chamber.name if entry.chamber else "")
    return Line(
        InterestEntry.Kind(entry.kind),
        author,
        who,
        told_entry(interest, entry),
        entry.at,
        entry.commission.name if entry.commission else "",
    )
