"""Who is told what became of an opportunity, and that its last day is near."""

from __future__ import annotations

from django.utils import translation
from django.utils.formats import date_format

from chambers.models import Chamber, Membership, User
from chambers.services import links
from chambers.services.mail import queue_mail
from marketplace.models import Opportunity, Review

RENEW = "opportunity.renew"
_KINDS = {
    Review.Verdict.PUBLISH: "opportunity_published",
    Review.Verdict.HOLD: "opportunity_on_hold",
    Review.Verdict.REJECT: "opportunity_rejected",
}


def tell_of_review(review: Review) -> None:
    """Mail the scores, the comments and what follows to who decides for the company."""
    opportunity = review.opportunity
    chamber = _chamber_of(opportunity)
    for reader in User.objects.deciding_for(opportunity.company):
        with translation.override(reader.language):
            last = date_format(opportunity.expires_on) if opportunity.expires_on else ""
            context = {
                "review": review,
                "opportunity": opportunity,
                "title": opportunity.titled()[0],
                "last_day": last,
                "of_change": review.revision_id is not None,
                "scores": review.lines(),
            }
        queue_mail(
            _KINDS[Review.Verdict(review.verdict)], to=reader, context=context, chamber=chamber
        )


def tell_of_last_day(opportunity: Opportunity) -> None:
    """Mail that an opportunity ends soon, with a link that renews it."""
    chamber = _chamber_of(opportunity)
    key = str(opportunity.public_id)
    for reader in User.objects.deciding_for(opportunity.company):
        with translation.override(reader.language):
            last = date_format(opportunity.expires_on) if opportunity.expires_on else ""
        context = {
            "opportunity": opportunity,
            "title": opportunity.titled(reader.language)[0],
            "last_day": last,
            "renew": links.link(RENEW, person=reader, key=key, days=30),
        }
        queue_mail("opportunity_expiring", to=reader, context=context, chamber=chamber)


def _chamber_of(opportunity: Opportunity) -> Chamber | None:
    """The chamber in whose name is mailed: the one that the company joined first."""
    rows = Membership.objects.in_force().filter(company=opportunity.company_id)
    first = rows.select_related("chamber").order_by("starts_on", "pk").first()
    return first.chamber if first else None
