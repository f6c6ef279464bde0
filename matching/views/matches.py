"""A company's suggested partners, each with its reasons, and what it marks as not relevant."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import sent_from
from chambers.selectors.exclusions import with_exclusion
from chambers.services.limits import exclude_partner
from marketplace.selectors.encounters import chances_to_meet
from matching.models import Dismissal
from matching.selectors import (
    Suggestion,
    Suggestions,
    partners_by_country,
    suggestion_between,
    suggestions_for,
)
from matching.selectors.advice import tips
from matching.selectors.atlas import atlas_of
from matching.selectors.relation import relations_of
from matching.selectors.triads import proposals_for
from matching.services import dismissals
from matching.services.advice import ask_for_advice
from matching.views.exclusions import excluded_text


@require_safe
@login_required
def matches(request: SignedInRequest) -> HttpResponse:
    """The list of the company one acts for."""
    own = request.acting.company
    if own is None:
        return render(request, "matching/no_company.html")
    with_met = request.GET.get("met") == "1"
    found = suggestions_for(own, request.user, with_met=with_met)
    advice = ask_for_advice(own)
    context = {
        "with_met": with_met,
        "advice": advice,
        "tips": tips(advice) if advice else [],
        "proposals": proposals_for(own, request.user),
        "atlas": atlas_of(own, found.shown),
    }
    return render(request, "matching/matches.html", _context(request, found) | context)


@require_safe
@login_required
def match(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """One's own company and one other, on the list or not."""
    own, partner = _pair(request, public_id)
    suggestion = suggestion_between(own, partner, request.user)
    context = {
        "company": own,
        "partner": partner,
        "suggestion": suggestion,
        "relations": relations_of(suggestion) if suggestion else None,
        "chances": chances_to_meet(own, [partner], request.user),
        "is_excluded": partner.is_excluded,
        "reasons": Dismissal.Reason.choices,
    }
    return render(request, "matching/match.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dismiss(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask why a partner is not relevant, and hide it from one's own list."""
    own, partner = _pair(request, public_id)
    if request.method != "POST":
        context = {"partner": partner, "reasons": Dismissal.Reason.choices}
        return render(request, "matching/dismiss.html", context)
    if request.POST.get("never"):
        return _exclude(request, own, partner)
    reason = request.POST.get("reason", "")
    try:
        dismissals.dismiss_partner(own, partner=partner, reason=reason, by=request.user)
    except ValidationError as error:
        if not _has_code(error, "already_dismissed"):
            context = {"partner": partner, "reasons": Dismissal.Reason.choices, "error": True}
            return render(request, "matching/dismiss.html", context, status=422)
    return _answer(request, own, partner)


def _exclude(request: SignedInRequest, own: Company, partner: Company) -> HttpResponse:
    """Not only off this list, but never to meet."""
    try:
        exclude_partner(own, partner=partner, by=request.user)
    except ValidationError as error:
        if not _has_code(error, "already_excluded"):
            raise
    if request.htmx:
        return render(request, "matching/_slip_excluded.html", {"partner": partner})
    messages.success(request, excluded_text(partner))
    return redirect("matches")


@sent_from("matches")
def restore(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take "not relevant" back."""
    own, partner = _pair(request, public_id)
    try:
        dismissals.restore_partner(own, partner=partner, by=request.user)
    except ValidationError as error:
        if not _has_code(error, "not_dismissed"):
            raise
    return _answer(request, own, partner)


def _pair(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Company, Any]:
    """The company acted for and the other one, which says whether the first excludes it.

    404 without the first or for an unseen other.
    """
    own = request.acting.company
    rows = Company.objects.visible_to(request.user).select_related("country")
    partner = get_object_or_404(with_exclusion(rows, own), public_id=public_id)
    if own is None or own.pk == partner.pk:
        raise Http404
    return own, partner


def _answer(request: SignedInRequest, own: Company, partner: Company) -> HttpResponse:
    """The slip as it stands now; without htmx the list, with a word on what happened."""
    if request.htmx:
        suggestion = suggestion_between(own, partner, request.user)
        if suggestion is None:
            return HttpResponseClientRefresh()
        context = {
            "suggestion": suggestion,
            "chances": chances_to_meet(own, [partner], request.user),
            "reasons": Dismissal.Reason.choices,
            "fresh": True,
        }
        return render(request, "matching/_slip.html", context)
    hidden = Dismissal.objects.filter(company=own, partner=partner).exists()
    text = _("%(name)s is off your list.") if hidden else _("%(name)s is back on your list.")
    messages.success(request, text % {"name": partner.legal_name})
    return redirect(
        f"{reverse('matches')}#{'not-relevant' if hidden else f'm-{partner.public_id}'}"
    )


def _context(request: SignedInRequest, found: Suggestions) -> dict[str, object]:
    countries = partners_by_country(found.shown)
    return {
        "company": found.company,
        "run": found.run,
        "under_way": found.under_way,
        "computed_at": found.computed_at,
        "suggestions": found.shown,
        "chances": chances_to_meet(
            found.company, [one.partner for one in found.shown], request.user
        ),
        "dismissed": found.dismissed,
        "met": found.met,
        "waits": found.awaits_chamber(),
        "reasons": Dismissal.Reason.choices,
        "countries": countries,
        "most": max((number for _name, number in countries), default=0),
        "stated": _stated(found.shown),
    }


def _stated(shown: list[Suggestion]) -> int:
    """How many suggestions meet a stated need, rather than only share a field."""
    return sum(not one.same_field for one in shown)


def _has_code(error: ValidationError, code: str) -> bool:
    """Whether a rule of this code is among what an error says."""
    return any(one.code == code for one in _leaves(error))


def _leaves(error: ValidationError) -> list[ValidationError]:
    if hasattr(error, "error_dict"):
        return [one for found in error.error_dict.values() for one in found]
    return list(error.error_list)
