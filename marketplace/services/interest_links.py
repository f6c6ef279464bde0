"""The links by which the owner of an offer or request answers an interest from the mail."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services import links
from marketplace.models import OF_INTERESTS, Interest
from marketplace.services.answer_links import ACCEPT_INTEREST, DECLINE_INTEREST
from marketplace.services.interests import accept_interest, decline_interest


def _find(person: User, key: str) -> Interest:
    """The interest, waiting for its owner. Raises ValidationError ``changed_meanwhile``."""
    mine = Company.objects.edited_by(person).values("pk")
    rows = Interest.objects.select_related("company__country", "opportunity__company")
    interest: Interest = rows.get(public_id=key, opportunity__company__in=mine)
    if interest.status != Interest.Status.WITH_OWNER:
        raise ValidationError(
            _(
                "This interest was answered, asked about or taken back since that mail. Sign in to"
                " see it: %(company)s."
            ),
            code="changed_meanwhile",
            params={"company": interest.company.told},
        )
    return interest


def _told(interest: Interest, person: User) -> str:
    """Who asks, and about what."""
    item, asking = interest.opportunity, interest.company
    title = item.titled(person.language)[0]
    return f"{asking.told} ({asking.country}) · {title} ({item.reference})"


def _done(interest: Interest, text: str) -> links.Done:
    page = reverse("interest", args=[interest.public_id])
    return links.Done(text, address=page, label=_("See the interest"))


def _asks_to_accept(person: User, key: str) -> links.Question:
    title = _("Accept this interest? Each side then sees whom to reach on the other.")
    return links.Question(title, _told(_find(person, key), person), _("Accept"))


@links.handles(ACCEPT_INTEREST, asks=_asks_to_accept)
def _accept(person: User, key: str) -> links.Done:
    interest = accept_interest(_find(person, key), by=person)
    return _done(interest, _("Accepted. Both sides read by mail whom to reach."))


def _asks_to_decline(person: User, key: str) -> links.Question:
    text = _told(_find(person, key), person)
    return links.Question(_("Decline this interest?"), text, _("Decline"))


@links.handles(
    DECLINE_INTEREST,
    asks=_asks_to_decline,
    reasons=[(one.value, one.label) for one in OF_INTERESTS],
)
def _decline(person: User, key: str, reason_code: str = "", reason: str = "") -> links.Done:
    found = _find(person, key)
    interest = decline_interest(found, by=person, reason_code=reason_code, reason=reason)
    return _done(interest, _("Declined. They read it."))
