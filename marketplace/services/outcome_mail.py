"""Mails about outcomes: the partner is asked, the reporter and both are told."""

from __future__ import annotations

from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, User
from chambers.services import links
from chambers.services.mail import queue_mail
from marketplace.models import Outcome
from marketplace.selectors.outcomes import amount_of

CONFIRM = "outcome.confirm"
"""The purpose of the link that confirms; its key is ``<outcome>:<line of the record>``."""
LINKS_LIVE = 30  # days


def ask_partner(outcome: Outcome) -> None:
    """Mail the partner what was reported, with a link that confirms it."""
    version = outcome.entries.order_by("-number").values_list("number", flat=True).first()
    key = f"{outcome.public_id}:{version}"
    for reader in User.objects.deciding_for(outcome.partner):
        url = links.link(CONFIRM, person=reader, key=key, days=LINKS_LIVE)
        _mail("outcome_asked", reader, outcome, outcome.partner, url)


def tell_reporter(kind: str, outcome: Outcome) -> None:
    """Mail ``kind`` to the company that reported."""
    _tell(kind, outcome, outcome.reporter)


def tell_both(kind: str, outcome: Outcome) -> None:
    """Mail ``kind`` to both companies."""
    for own in (outcome.reporter, outcome.partner):
        _tell(kind, outcome, own)


def told_amount(outcome: Outcome) -> str:
    """The value in a line, in the language in use; that there is none where none was stated."""
    money = amount_of(outcome)
    if money is None:
        return _("no amount stated")
    return f"{number_format(money.amount, 2, force_grouping=True)} {money.currency}"


def _tell(kind: str, outcome: Outcome, own: Company) -> None:
    for reader in User.objects.deciding_for(own):
        _mail(kind, reader, outcome, own)


def _chamber_of(outcome: Outcome, own: Company) -> Chamber | None:
    """Whose staff may look such a mail up: a chamber of its reader's company, nobody before.

    Never the organiser's as such: the amount is for the two companies and their chambers, and no
    chamber reads of a paper before the partner has confirmed it.
    """
    if outcome.state in (Outcome.State.WITH_PARTNER, Outcome.State.REFUSED):
        return None
    theirs = own.memberships.in_force().select_related("chamber").order_by("pk").first()
    return theirs.chamber if theirs is not None else None


def _mail(kind: str, reader: User, outcome: Outcome, own: Company, url: str = "") -> None:
    other = outcome.partner if own == outcome.reporter else outcome.reporter
    with translation.override(reader.language):
        context = {
            "outcome": outcome,
            "other": other.told,
            "amount": told_amount(outcome),
            "url": url,
        }
        address = reverse("outcome", args=[outcome.public_id])
    queue_mail(
        kind,
        to=reader,
        context={**context, "address": address},
        chamber=_chamber_of(outcome, own),
    )
