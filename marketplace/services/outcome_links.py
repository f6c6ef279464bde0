"""The link by which a partner confirms a paper from the mail."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services import links
from marketplace.models import Outcome
from marketplace.selectors.outcomes import joined
from marketplace.services.outcome_mail import CONFIRM, told_amount
from marketplace.services.outcomes import confirm_outcome


def _find(person: User, key: str) -> Outcome:
    """The paper as it was mailed. Raises ValidationError ``changed_meanwhile``."""
    public_id, version = key.split(":")
    mine = Company.objects.edited_by(person).values("pk")
    outcome: Outcome = joined(Outcome.objects.filter(partner__in=mine)).get(public_id=public_id)
    number = outcome.entries.order_by("-number").values_list("number", flat=True).first()
    if outcome.state != Outcome.State.WITH_PARTNER or str(number) != version:
        raise ValidationError(
            _("This paper was changed or answered since that mail. Sign in to see it: %(number)s."),
            code="changed_meanwhile",
            params={"number": outcome.reference},
        )
    return outcome


def _asks(person: User, key: str) -> links.Question:
    outcome = _find(person, key)
    parts = [
        outcome.reference,
        outcome.get_kind_display(),
        outcome.subject,
        outcome.reporter.told,
        outcome.get_claimed_display(),
        told_amount(outcome),
        outcome.get_publicity_display(),
    ]
    return links.Question(
        _("Confirm that this paper is as reported?"), " · ".join(parts), _("Confirm")
    )


@links.handles(CONFIRM, asks=_asks)
def _confirm(person: User, key: str) -> links.Done:
    outcome = confirm_outcome(_find(person, key), by=person)
    return links.Done(
        _("Confirmed. A chamber of one of you looks at it now."),
        address=reverse("outcome", args=[outcome.public_id]),
        label=_("See the paper"),
    )
