"""Every change to expressions of interest: sent, passed on, asked about, answered, taken back.

Nobody's contacts are open before the owner accepts. Until then the asking side learns of an
anonymous owner nothing but its country and, where chambers pass the interest on, its chamber.
"""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, User
from chambers.services.contacts import open_contact
from chambers.services.people import demand_editor
from marketplace.models import OF_CHAMBERS, OF_INTERESTS, Interest, InterestHop, Opportunity
from marketplace.selectors.leaks import leaks_in
from marketplace.selectors.shown import shown_opportunity
from marketplace.services import interest_mail as mail
from marketplace.services.calendars import constraint_of
from marketplace.services.declines import reason_given
from marketplace.services.interest_ways import (
    Author,
    Kind,
    Status,
    day_of,
    hand_over,
    held_hop,
    hops_of,
    lay_way,
    log,
    mend_way,
    wait,
)
from marketplace.services.routing import ANSWER_DAYS, Route, ways_for
from marketplace.services.rules import REMEMBERED, SAME_TEXTS, apart, says_the_same, shuts_out

MOST_OPEN = 20  # interests of one company that wait for an answer


def quota_left(company: Company) -> int:
    """How many more interests a company may have open: answered ones count no more."""
    return max(MOST_OPEN - Interest.objects.open().filter(company=company).count(), 0)


@transaction.atomic
def express_interest(
    opportunity: Opportunity,
    company: Company,
    *,
    by: User,
    cooperation: str,
    about: str,
    missing: str = "",
    direct: bool | None = None,
    at: dt.datetime | None = None,
) -> Interest:
    """Ask about an offer or request by the three standard questions.

    ``direct``: without the chambers, where ``ways_for`` allows both; None takes the way that the
    item asks for.

    Raises ValidationError ``not_open``, ``own_item``, ``no_member``, ``not_possible``,
    ``already_interested``, ``quota``, ``same_text``, ``through_chambers``, ``no_route``;
    PermissionDenied for who may not decide for the company.
    """
    demand_editor(by, company)
    company = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    # Who archives it meanwhile ends all interests: none may come behind their back.
    Opportunity.objects.select_for_update(of=("self",), no_key=True).get(pk=opportunity.pk)
    demand_askable(opportunity, company, at)
    interest = Interest(
        opportunity=opportunity,
        company=company,
        cooperation=cooperation.strip(),
        missing=missing.strip(),
        about=about.strip(),
        created_by=by,
        created_at=at or timezone.now(),
    )
    _demand_own_words(interest)
    route = _route_for(opportunity, company, direct, at)
    interest.status = Status.WITH_OWNER if route is None else Status.WITH_OWN_CHAMBER
    interest.position = None if route is None else 0
    interest.reached_at = interest.created_at if route is None else None
    wait(interest, ANSWER_DAYS, at=at)
    _save_new(interest)
    if route is not None:
        lay_way(interest, route.stops)
    hand_over(interest, 0, at=at)
    log(interest, Kind.SENT, Author.ASKER, by=by, at=at)
    mail.tell_holder("received", interest)
    return interest


@transaction.atomic
def forward_interest(
    interest: Interest, *, by: User, note: str = "", at: dt.datetime | None = None
) -> Interest:
    """Pass it on from the chamber that has it to the next, or from the last to the owner.

    Where an agreement ahead has ended, over a new way. ``note``: words that go along; all read
    them. Raises ValidationError ``not_waiting``, ``leaks``; PermissionDenied for who does not
    manage it.
    """
    interest, hop = _held_by_chamber(interest, by)
    if interest.status == Status.QUESTION:
        raise ValidationError(
            _("A question to the interested company is open: wait for its answer."),
            code="not_waiting",
        )
    _demand_unnamed(interest, by, note, "note")
    mend_way(interest, at=at)
    hop.passed_at = at or timezone.now()
    hop.save(update_fields=["passed_at"])
    hand_over(interest, hop.position + 1, at=at)
    chamber = hop.chamber
    entry = log(interest, Kind.FORWARDED, Author.CHAMBER, by=by, chamber=chamber, text=note, at=at)
    mail.tell_holder("received", interest, entry)
    mail.tell_asker("forwarded", interest, entry)
    return interest


@transaction.atomic
def ask_question(
    interest: Interest, *, by: User, text: str, at: dt.datetime | None = None
) -> Interest:
    """Ask the interested company something before deciding; it then waits for its answer.

    Raises ValidationError ``not_waiting``, ``empty``, ``leaks``; PermissionDenied for who does not
    have it.
    """
    interest, chamber = _held(interest, by)
    if interest.status == Status.QUESTION:
        raise ValidationError(
            _("A question is open already: wait for its answer."), code="not_waiting"
        )
    _demand_words(text, "text")
    _demand_unnamed(interest, by, text, "text")
    interest.status = Status.QUESTION
    wait(interest, ANSWER_DAYS, at=at)
    interest.save(update_fields=["status", "due_on", "reminded_at", "escalated_at"])
    author = Author.CHAMBER if chamber else Author.OWNER
    entry = log(interest, Kind.QUESTION, author, by=by, chamber=chamber, text=text, at=at)
    mail.tell_asker("question", interest, entry)
    return interest


@transaction.atomic
def answer_question(
    interest: Interest, *, by: User, text: str, at: dt.datetime | None = None
) -> Interest:
    """Answer the question; whoever asked it has their full time again.

    Raises ValidationError ``not_waiting``, ``empty``; PermissionDenied for strangers.
    """
    interest = _locked(interest)
    demand_editor(by, interest.company)
    if interest.status != Status.QUESTION:
        raise _not_waiting(interest)
    _demand_words(text, "text")
    hops = hops_of(interest)
    place = len(hops) if interest.position is None else interest.position
    hand_over(interest, place, at=at)
    entry = log(interest, Kind.ANSWER, Author.ASKER, by=by, text=text, at=at)
    mail.tell_holder("answer", interest, entry)
    return interest


@transaction.atomic
def accept_interest(
    interest: Interest, *, by: User, text: str = "", at: dt.datetime | None = None
) -> Interest:
    """Agree to a contact: from now on each side sees whom to reach on the other.

    Raises ValidationError ``not_waiting``, PermissionDenied for who may not decide for the owner.
    """
    interest = _held_by_owner(interest, by)
    _decide(interest, Status.ACCEPTED, at)
    open_contact(interest.company, interest.opportunity.company, at=at)
    entry = log(interest, Kind.ACCEPTED, Author.OWNER, by=by, text=text, at=at)
    mail.tell_accepted(interest, entry)
    return interest


@transaction.atomic
def decline_interest(
    interest: Interest,
    *,
    by: User,
    reason: str = "",
    reason_code: str = "",
    at: dt.datetime | None = None,
) -> Interest:
    """Say no, with a reason that the interested company reads: the owner, or a chamber before.

    ``reason_code``: one of ``OF_INTERESTS``, of a chamber ``OF_CHAMBERS``; told in the language of
    who reads it.

    Raises ValidationError ``not_waiting``, ``empty``, ``other_wordings``, ``leaks``;
    PermissionDenied for who does not have it.
    """
    interest, chamber = _held(interest, by)
    among = OF_CHAMBERS if chamber else OF_INTERESTS
    given = reason_given(reason_code, reason, among=among, needed=True)
    _demand_unnamed(interest, by, reason, "reason")
    interest.reason_code, interest.reason = given["reason_code"], given["reason"]
    _decide(interest, Status.DECLINED, at)
    author = Author.CHAMBER if chamber else Author.OWNER
    entry = log(interest, Kind.DECLINED, author, by=by, chamber=chamber, text=reason, at=at)
    mail.tell_asker("declined", interest, entry)
    mail.tell_passed("declined", interest, entry, but=chamber)
    return interest


@transaction.atomic
def withdraw_interest(interest: Interest, *, by: User, at: dt.datetime | None = None) -> Interest:
    """Take one's own interest back while nobody has decided; its place in the quota is free again.

    Raises ValidationError ``not_waiting``, PermissionDenied for strangers.
    """
    interest = _locked(interest)
    demand_editor(by, interest.company)
    if not interest.is_open:
        raise _not_waiting(interest)
    _decide(interest, Status.WITHDRAWN, at)
    entry = log(interest, Kind.WITHDRAWN, Author.ASKER, by=by, at=at)
    mail.tell_holder("withdrawn", interest, entry)
    return interest


# ---------------------------------------------------------------- what stands in the way
def demand_askable(
    opportunity: Opportunity, company: Company, at: dt.datetime | None = None
) -> None:
    """Raise ValidationError for what keeps a company from asking; see ``express_interest``."""
    day = day_of(at)
    if opportunity.company_id == company.pk:
        raise ValidationError(_("This is your own company's."), code="own_item")
    if not Opportunity.objects.on_show(day).filter(pk=opportunity.pk).exists():
        raise ValidationError(
            _("This is not on show any more: look for a newer one."), code="not_open"
        )
    if not company.memberships.in_force(day).exists():
        raise ValidationError(
            _(
                "Only members of a chamber may express interest: your chamber vouches for you."
                " Apply for membership first."
            ),
            code="no_member",
        )
    if _kept_apart(opportunity, company):
        raise ValidationError(_("Interest in this is not possible."), code="not_possible")
    if quota_left(company) == 0:
        raise ValidationError(
            _("%(most)d of your interests wait for an answer: wait for one or withdraw one."),
            code="quota",
            params={"most": MOST_OPEN},
        )


def _kept_apart(opportunity: Opportunity, company: Company) -> bool:
    """Whether the two do not meet; of an anonymous owner the asker's own list says nothing.

    A refusal would tell who the owner is: one excludes half of all companies, and asks again.
    """
    owner = opportunity.company
    if opportunity.is_anonymous:
        return shuts_out(owner, company)
    return apart(company, owner)


def _demand_own_words(interest: Interest) -> None:
    """Not the very same question to many, however they answered: the brake on mass texts."""
    sent = Interest.objects.filter(
        company=interest.company, created_at__gt=timezone.now() - REMEMBERED
    ).exclude(opportunity=interest.opportunity_id)
    said = sent.order_by().values_list("opportunity", "cooperation").distinct()
    if says_the_same(interest.cooperation, (words for _one, words in said)):
        error = ValidationError(
            _("%(most)d partners have read these very words: add a line for this one."),
            code="same_text",
            params={"most": SAME_TEXTS},
        )
        raise ValidationError({"cooperation": error})


def _route_for(
    opportunity: Opportunity, company: Company, direct: bool | None, at: dt.datetime | None
) -> Route | None:
    """The way that an interest takes; None for the direct one."""
    ways = ways_for(opportunity, company, day_of(at))
    if direct and not ways.direct:
        raise ValidationError(
            _("The company asks for interest through the chambers: send it that way."),
            code="through_chambers",
        )
    if direct is False and ways.route is None and opportunity.is_routed:
        raise ValidationError(
            _("No agreement leads from your chamber to theirs now: send it directly."),
            code="no_route",
        )
    return None if direct else ways.route


def _demand_words(text: str, field: str) -> None:
    if not text.strip():
        error = ValidationError(_("Write a line: the other side reads it."), code="empty")
        raise ValidationError({field: error})


def _demand_unnamed(interest: Interest, by: User, text: str, field: str) -> None:
    """Keep who knows the name of an anonymous owner from writing it to who does not.

    The others are not checked: a refusal would tell them that they guessed right.
    """
    item = interest.opportunity
    if not item.is_anonymous or shown_opportunity(item, by).company is None:
        return
    found = leaks_in(item.company, {}, {"": text})
    if found:
        error = ValidationError(
            _("This tells who published it: %(found)s. Take it out; accept to open contacts."),
            code="leaks",
            params={"found": ", ".join(f"“{one.words}” ({one.label})" for one in found[:10])},
        )
        raise ValidationError({field: error})


# ---------------------------------------------------------------- whose hands it is in
def _locked(interest: Interest) -> Interest:
    """The row as it stands, nobody else deciding about it meanwhile."""
    return (
        Interest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("company__country", "opportunity__company__country", "created_by")
        .get(pk=interest.pk)
    )


def _held(interest: Interest, by: User) -> tuple[Interest, Chamber | None]:
    """The open interest, and the chamber that ``by`` decides for; None: for the owner."""
    found = _locked(interest)
    if found.position is None:
        return _held_by_owner(found, by), None
    found, hop = _held_by_chamber(found, by)
    return found, hop.chamber


def _held_by_owner(interest: Interest, by: User) -> Interest:
    found = _locked(interest)
    owner = found.opportunity.company
    if found.reached_at is None:
        raise PermissionDenied(_("Only who has this interest in their hands may do this."))
    demand_editor(by, owner)
    if not found.is_open:
        raise _not_waiting(found)
    return found


def _held_by_chamber(interest: Interest, by: User) -> tuple[Interest, InterestHop]:
    found = _locked(interest)
    hop = held_hop(found)
    theirs = Chamber.objects.managed_by(by)
    if hop is None or not theirs.filter(pk=hop.chamber_id).exists():
        passed = found.hops.filter(chamber__in=theirs.values("pk"), received_at__isnull=False)
        if passed.exists():
            raise _not_waiting(found)
        raise PermissionDenied(_("Only who has this interest in their hands may do this."))
    if not found.is_open:
        raise _not_waiting(found)
    return found, hop


def _not_waiting(interest: Interest) -> ValidationError:
    return ValidationError(
        _("This interest does not wait for you any more: %(status)s."),
        code="not_waiting",
        params={"status": interest.get_status_display()},
    )


def _decide(interest: Interest, status: Interest.Status, at: dt.datetime | None) -> None:
    interest.status, interest.decided_at = status, at or timezone.now()
    interest.due_on = None
    interest.save(update_fields=["status", "decided_at", "due_on", "reason", "reason_code"])


def _save_new(interest: Interest) -> None:
    interest.full_clean()
    try:
        with transaction.atomic():
            interest.save()
    except IntegrityError as error:
        if constraint_of(error) != "one_interest_per_company":
            raise
        raise ValidationError(
            _("Your company has expressed interest in this already: see how it stands."),
            code="already_interested",
        ) from error
