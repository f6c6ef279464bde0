"""What a chamber says of an opportunity or of its changed text, and what follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Company, User
from marketplace.models import HIGHEST_SCORE, SCORES, Opportunity, Review, Revision
from marketplace.selectors.contents import content_of
from marketplace.selectors.leaks import leaks_of
from marketplace.services import opportunity_mail, revisions
from marketplace.services.opportunities import (
    demand_move,
    hold_opportunity,
    publish_opportunity,
    reject_opportunity,
)

PUBLISHED_FROM = 10
HELD_FROM = 5
Verdict = Review.Verdict
_BECOMES = {
    Verdict.PUBLISH: Opportunity.Status.PUBLISHED,
    Verdict.HOLD: Opportunity.Status.ON_HOLD,
    Verdict.REJECT: Opportunity.Status.REJECTED,
}


def verdict_of(scores: Mapping[str, int]) -> Review.Verdict:
    """What four scores of 0 to 5 decide: any 0 holds; 10–20 publish, 5–9 hold, 0–4 reject."""
    total = sum(scores.values())
    if 0 in scores.values() or HELD_FROM <= total < PUBLISHED_FROM:
        return Verdict.HOLD
    return Verdict.PUBLISH if total >= PUBLISHED_FROM else Verdict.REJECT


@transaction.atomic
def review_opportunity(
    opportunity: Opportunity,
    *,
    by: User,
    scores: Mapping[str, int],
    comments: Mapping[str, str] | None = None,
    comment: str = "",
    leaks_accepted: str = "",
    expires_on: dt.date | None = None,
    revision: Revision | None = None,
) -> Review:
    """Score what waits, do what the scores decide, and tell the company.

    ``scores`` and ``comments`` by the names of ``models.SCORES``. With a ``revision`` the changed
    text is reviewed, and the published one stays as it is unless the scores publish the change.

    Raises ValidationError: ``no_scores``; ``bad_transition`` or ``decided`` where it does not wait;
    on ``comment`` ``say_what`` where nothing says what to change; on ``leaks_accepted`` ``leaks``
    to publish an anonymous text that tells who writes; ``past_day`` on ``expires_on``.
    PermissionDenied for anyone but a manager of one of the company's chambers, and for its people.
    """
    _demand_impartial(by, opportunity)
    verdict = _decided_by(scores)
    _demand_waiting(opportunity, revision, verdict)
    comments = {name: words.strip() for name, words in (comments or {}).items()}
    if verdict != Verdict.PUBLISH and not (comment.strip() or any(comments.values())):
        raise _on("comment", "say_what", _("Say what the company has to change."))
    if verdict == Verdict.PUBLISH:
        _demand_no_leaks(opportunity, revision, leaks_accepted)
    review = Review(
        opportunity=opportunity,
        revision=revision,
        comment=comment.strip(),
        leaks_accepted=leaks_accepted.strip(),
        verdict=verdict,
        reviewer=by,
        **scores,
        **{f"{name}_comment": comments.get(name, "") for name in SCORES},
    )
    if revision is None:
        review.opportunity = _carry_out(opportunity, verdict, by, expires_on)
    else:
        review.revision = _carry_out_change(revision, verdict)
        review.opportunity = review.revision.opportunity
    review.full_clean(exclude=["opportunity", "revision"])
    review.save()
    opportunity_mail.tell_of_review(review)
    return review


@transaction.atomic
def refuse_opportunity(opportunity: Opportunity, *, by: User, reason: str) -> Review:
    """Reject without scores what may not be published at all, and tell the company why.

    Raises ValidationError ``say_what`` on ``reason``, else as ``reject_opportunity``.
    """
    _demand_impartial(by, opportunity)
    if not reason.strip():
        raise _on("reason", "say_what", _("Say why it cannot be published."))
    opportunity = reject_opportunity(opportunity, by=by)
    review = Review(
        opportunity=opportunity, comment=reason.strip(), verdict=Verdict.REJECT, reviewer=by
    )
    review.full_clean(exclude=["opportunity"])
    review.save()
    opportunity_mail.tell_of_review(review)
    return review


def _demand_impartial(by: User, opportunity: Opportunity) -> None:
    if not Company.objects.managed_by(by).filter(pk=opportunity.company_id).exists():
        raise PermissionDenied(_("Only a manager of the company's chamber may do this."))
    if Company.objects.run_by(by).filter(pk=opportunity.company_id).exists():
        raise PermissionDenied(_("You speak for this company: somebody else has to review it."))


def _demand_waiting(
    opportunity: Opportunity, revision: Revision | None, verdict: Review.Verdict
) -> None:
    """Nobody is asked for better words about what is not to be reviewed at all."""
    if revision is None:
        demand_move(opportunity, _BECOMES[verdict])
    else:
        revisions.lock_waiting(revision)


def _decided_by(scores: Mapping[str, int]) -> Review.Verdict:
    if set(scores) != set(SCORES) or not all(0 <= one <= HIGHEST_SCORE for one in scores.values()):
        raise ValidationError(_("Give all four scores, from 0 to 5."), code="no_scores")
    return verdict_of(scores)


def _demand_no_leaks(
    opportunity: Opportunity, revision: Revision | None, leaks_accepted: str
) -> None:
    said = revision or opportunity
    if not said.is_anonymous or leaks_accepted.strip():
        return
    if leaks_of(opportunity.company, content_of(said)):
        words = _("The check found what tells the company: say why these are false alarms.")
        raise _on("leaks_accepted", "leaks", words)


def _carry_out(
    opportunity: Opportunity, verdict: Review.Verdict, by: User, expires_on: dt.date | None
) -> Opportunity:
    if verdict == Verdict.PUBLISH:
        return publish_opportunity(opportunity, by=by, expires_on=expires_on)
    change = hold_opportunity if verdict == Verdict.HOLD else reject_opportunity
    return change(opportunity, by=by)


def _carry_out_change(revision: Revision, verdict: Review.Verdict) -> Revision:
    revision = revisions.lock_waiting(revision)
    if verdict == Verdict.PUBLISH:
        revisions.publish_revision(revision)
    else:
        hold = verdict == Verdict.HOLD
        revisions.decide(revision, Revision.State.ON_HOLD if hold else Revision.State.REJECTED)
    return revision


def _on(field: str, code: str, text: str) -> ValidationError:
    return ValidationError({field: ValidationError(text, code=code)})
