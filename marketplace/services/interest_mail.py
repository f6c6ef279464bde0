"""Who is told what of an interest. No mail names an anonymous owner to the asking side.

What goes to the chambers and the asking company is written from ``ShownOpportunity``, which
holds the owner's company only for who may know it; staff search the mails of their chamber.
"""

from __future__ import annotations

from textwrap import indent
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from chambers.models import Chamber, Commission, Company, Representative, Staff, User
from chambers.selectors.contacts import people_to_reach
from chambers.services.mail import queue_mail
from marketplace.models import Interest, InterestEntry
from marketplace.selectors.interests import told_entry
from marketplace.selectors.shown import shown_opportunity
from marketplace.services.answer_links import interest_links
from marketplace.services.interest_ways import held_hop, hops_of

Role = Representative.Role


def tell_holder(kind: str, interest: Interest, entry: InterestEntry | None = None) -> None:
    """Mail ``interest_<kind>`` to who has it: the managers of a chamber, or the owner."""
    hop = held_hop(interest)
    if hop is not None:
        tell_chamber(kind, interest, hop.chamber, entry)
    elif interest.reached_at is not None:
        _tell_company(kind, interest, interest.opportunity.company, entry)


def tell_asker(
    kind: str,
    interest: Interest,
    entry: InterestEntry | None = None,
    **more: Any,
) -> None:
    """Mail ``interest_<kind>`` to the interested company."""
    _tell_company(kind, interest, interest.company, entry, **more)


def tell_passed(
    kind: str, interest: Interest, entry: InterestEntry, *, but: Chamber | None = None
) -> None:
    """Mail ``interest_<kind>`` to the chambers that have had it; ``but`` knows already."""
    for hop in hops_of(interest):
        if hop.received_at is not None and (but is None or hop.chamber_id != but.pk):
            tell_chamber(kind, interest, hop.chamber, entry)


def tell_accepted(interest: Interest, entry: InterestEntry) -> None:
    """Tell both companies whom to reach on the other side, and the chambers that it is done.

    The mails with contacts belong to no chamber: its staff must not read them.
    """
    asking, owner = interest.company, interest.opportunity.company
    for own, other in ((asking, owner), (owner, asking)):
        for reader in voices(own, interest):
            with translation.override(reader.language):
                people = people_to_reach([other], reader).get(other.pk, [])
                ask = reverse("direct-ask", args=[other.public_id])
            # What it asked about is named in the request, which others read, too, who organise a
            # meeting or join it: of an anonymous one they would learn whose it is.
            if own.pk == asking.pk and not interest.opportunity.is_anonymous:
                ask += f"?about={interest.opportunity.reference}"
            _mail("accepted", interest, reader, entry, other=other, people=people, ask=ask)
    tell_passed("accepted", interest, entry)


def tell_chamber(
    kind: str,
    interest: Interest,
    chamber: Chamber,
    entry: InterestEntry | None = None,
    *,
    commission: Commission | None = None,
) -> None:
    """Mail ``interest_<kind>`` to those who decide for a chamber."""
    roles = Staff.objects.filter(chamber=chamber, role=Staff.Role.MANAGER)
    readers = User.objects.filter(pk__in=roles.values("person"), is_active=True).order_by("pk")
    page = reverse("admin:marketplace_interest_change", args=[interest.pk])
    for reader in readers:
        _mail(
            kind,
            interest,
            reader,
            entry,
            chamber=chamber,
            page=page,
            staff=True,
            commission=commission,
        )


def voices(company: Company, interest: Interest) -> list[User]:
    """Who reads of an interest at a company: its main contacts, and who expressed it.

    Without a main contact, everybody who decides for it.
    """
    rows = Representative.objects.filter(company=company, person__is_active=True)
    rows = rows.exclude(role=Role.VIEWER).select_related("person").order_by("person")
    wanted = [
        one.person
        for one in rows
        if one.role == Role.OWNER
        or (one.person_id == interest.created_by_id and company.pk == interest.company_id)
    ]
    return wanted or [one.person for one in rows]


def _tell_company(
    kind: str,
    interest: Interest,
    company: Company,
    entry: InterestEntry | None,
    **more: Any,
) -> None:
    asks = company.pk == interest.company_id
    hops = hops_of(interest)
    # The chamber on the reader's own side: the first of the way, or the last. A way that was cut
    # short ends at the other side's, whose staff must not read the owner's address.
    chamber = (hops[0] if asks else hops[-1]).chamber if hops else None
    if not asks and not company.memberships.in_force().filter(chamber=chamber).exists():
        chamber = None
    for reader in voices(company, interest):
        links = {} if asks else interest_links(interest, reader)
        _mail(kind, interest, reader, entry, chamber=chamber, asks=asks, **links, **more)


def _mail(
    kind: str,
    interest: Interest,
    reader: User,
    entry: InterestEntry | None,
    *,
    chamber: Chamber | None = None,
    page: str = "",
    **more: Any,
) -> None:
    with translation.override(reader.language):
        item = shown_opportunity(interest.opportunity, reader)
        hop = held_hop(interest) if interest.is_open else None
        hops = hops_of(interest)
        ahead = [one.chamber.name for one in hops if one.received_at is None]
        due = interest.due_on
        context = {
            "item": item,
            "title": item.titled()[0],
            "asking": interest.company,
            "entry": entry,
            "words": _quoted(told_entry(interest, entry) if entry else ""),
            "cooperation": _quoted(interest.cooperation),
            "missing": _quoted(interest.missing),
            "about": _quoted(interest.about),
            "due": date_format(due, "DATE_FORMAT") if due else "",
            "holder": hop.chamber.name if hop else "",
            "ahead": " → ".join(ahead),
            "routed": bool(hops),
            "asked": interest.status == Interest.Status.QUESTION,
            "page": page or reverse("interest", args=[interest.public_id]),
            **more,
        }
    queue_mail(
        f"interest_{kind}",
        to=reader,
        context=context,
        chamber=chamber,
        thread=f"interest {interest.pk} {reader.pk}",
    )


def _quoted(text: str) -> str:
    """Somebody's words, every line set in: nothing in them stands as a line or a link of ours."""
    return indent(text, "    ", lambda _line: True)
