"""Changed texts of what is published: they wait for the chamber, the old text stays until then."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.companies import note_change
from chambers.services.people import demand_editor
from marketplace.models import InvestmentTerms, Opportunity, Revision
from marketplace.selectors.contents import TERMS, Content, content_of
from marketplace.services.opportunities import lock_opportunity, reindex_opportunity
from marketplace.services.writing import (
    demand_member,
    demand_no_leaks,
    demand_whole,
    put,
    put_terms,
)

State = Revision.State


@transaction.atomic
def revise_opportunity(opportunity: Opportunity, *, by: User, content: Content) -> Revision:
    """Hand in a changed text of a published opportunity; one that waits already is replaced.

    Raises ValidationError ``bad_transition`` unless it is published, ``no_member``, ``unchanged``,
    ``named_already`` on ``is_anonymous``, what is missing as ``writing.demand_whole``, ``leaks``
    on ``leak_reason``; PermissionDenied for who may not decide for the company.
    """
    demand_editor(by, opportunity.company)
    opportunity = lock_opportunity(opportunity)
    if opportunity.status != Opportunity.Status.PUBLISHED:
        raise ValidationError(
            _("Only what is published waits with a changed text; change it itself."),
            code="bad_transition",
        )
    demand_member(opportunity.company)
    _demand_sense(opportunity, content)
    revision = Revision.objects.waiting().filter(opportunity=opportunity).first()
    if revision is None:
        revision = Revision(opportunity=opportunity)
    put(content, revision)
    revision.investment = _as_text(content)
    revision.written_by = by
    revision.full_clean(exclude=["opportunity"])
    revision.save()
    revision.codes.set(content.codes)
    return revision


@transaction.atomic
def withdraw_revision(revision: Revision, *, by: User) -> Revision:
    """Leave the published text as it is: nobody goes on with a change that waits or came back.

    Raises ValidationError ``decided``, PermissionDenied for who may not decide for the company.
    """
    demand_editor(by, revision.opportunity.company)
    revision = _locked(revision)
    if not Revision.objects.in_work().filter(pk=revision.pk).exists():
        raise _decided()
    decide(revision, State.WITHDRAWN)
    return revision


def lock_waiting(revision: Revision) -> Revision:
    """A changed text as it stands, held together with its opportunity.

    Raises ValidationError ``decided`` where it does not wait any more.
    """
    found = _locked(revision)
    if found.state != State.WAITING:
        raise _decided()
    return found


def publish_revision(revision: Revision) -> None:
    """Put a locked changed text in the place of the published one; search and matches follow.

    Raises ValidationError ``bad_transition`` where the opportunity has left the market.
    """
    opportunity = revision.opportunity
    if opportunity.status != Opportunity.Status.PUBLISHED:
        raise ValidationError(_("It is not published any more."), code="bad_transition")
    content = content_of(revision)
    put(content, opportunity)
    opportunity.full_clean(exclude=["company"])
    opportunity.save()
    opportunity.codes.set(content.codes)
    put_terms(opportunity, content.investment)
    decide(revision, State.PUBLISHED)
    reindex_opportunity(opportunity)
    note_change(opportunity.company)


def decide(revision: Revision, state: Revision.State) -> None:
    """Note on a locked changed text what became of it."""
    revision.state, revision.decided_at = state, timezone.now()
    revision.save(update_fields=["state", "decided_at", "updated_at"])


def _locked(revision: Revision) -> Revision:
    opportunity = lock_opportunity(revision.opportunity)
    found = Revision.objects.select_for_update(of=("self",)).get(pk=revision.pk)
    found.opportunity = opportunity
    return found


def _decided() -> ValidationError:
    return ValidationError(_("This changed text has been decided already."), code="decided")


def _demand_sense(opportunity: Opportunity, content: Content) -> None:
    if content.is_anonymous and not opportunity.is_anonymous:
        said = _("It was published with your name: to write without it, archive it and write anew.")
        raise ValidationError({"is_anonymous": ValidationError(said, code="named_already")})
    demand_whole(opportunity, content)
    if content.investment is not None:  # refused now, not when it is published
        terms = {name: content.investment.get(name, "") for name in TERMS}
        InvestmentTerms(opportunity=opportunity, **terms).full_clean(exclude=["opportunity"])
    if _comparable(content_of(opportunity)) == _comparable(content):
        raise ValidationError(_("Nothing has been changed."), code="unchanged")
    demand_no_leaks(opportunity.company, content)


def _comparable(content: Content) -> dict[str, Any]:
    return {
        **vars(content),
        "codes": {code.pk for code in content.codes},
        "investment": _as_text(content),
    }


def _as_text(content: Content) -> dict[str, str] | None:
    if content.investment is None:
        return None
    terms = {name: content.investment.get(name, "") for name in TERMS}
    for name in ("amount_min", "amount_max"):
        terms[name] = f"{terms[name]:.2f}"
    return {name: str(value) for name, value in terms.items()}
