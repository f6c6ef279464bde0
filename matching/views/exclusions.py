"""Companies that a company excludes by name, and takes back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import page_of, sent_from, wants_fragment, way_back
from chambers.selectors.exclusions import HITS, excluded_by, found_to_exclude
from chambers.selectors.facets import Asked
from chambers.selectors.search import says_enough
from chambers.services.limits import exclude_partner, readmit_partner


@require_safe
@login_required
def exclusions(request: SignedInRequest) -> HttpResponse:
    """Whom the company one acts for excludes, and a search for others."""
    own = request.acting.company
    if own is None:
        return render(request, "matching/no_company.html")
    asked = Asked.read(request.GET, [], {})
    is_short = bool(asked.text) and not says_enough(asked.text)
    may_find = asked.text and not is_short
    hits = list(found_to_exclude(own, asked.text, request.user)) if may_find else []
    context = {"company": own, "asked": asked, "hits": hits, "most": HITS, "is_short": is_short}
    if wants_fragment(request):
        return render(request, "matching/_exclude_hits.html", context)
    context["page"] = page_of(request, excluded_by(own, request.user))
    return render(request, "matching/exclusions.html", context)


@sent_from("exclusions")
def exclude(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Exclude a company that one may see; once done, doing it again changes nothing."""
    own = _own(request)
    rows = Company.objects.visible_to(request.user).exclude(pk=own.pk)
    partner = get_object_or_404(rows, public_id=public_id)
    with _unless("already_excluded"):
        exclude_partner(own, partner=partner, by=request.user)
    messages.success(request, excluded_text(partner))
    return redirect(way_back(request, "exclusions"))


@sent_from("exclusions")
def readmit(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an exclusion back, also of a company that one does not see any more."""
    own = _own(request)
    rows = excluded_by(own, request.user)
    partner = get_object_or_404(rows, public_id=public_id)
    with _unless("not_excluded"):
        readmit_partner(own, partner=partner, by=request.user)
    if partner.is_shown:  # type: ignore[attr-defined]  # annotated by excluded_by
        text = _("%(name)s may be suggested again.") % {"name": partner.legal_name}
    else:
        text = _("The company may be suggested again, should it be listed.")
    messages.success(request, text)
    return redirect(way_back(request, "exclusions"))


def excluded_text(partner: Company) -> str:
    """What is said once a company is excluded."""
    text = _("%(name)s is excluded: neither of you is suggested to the other. They are not told.")
    return text % {"name": partner.legal_name}


def _own(request: SignedInRequest) -> Company:
    if request.acting.company is None:
        raise Http404
    return request.acting.company


@contextmanager
def _unless(done: str) -> Iterator[None]:
    """Let it pass that a second press of a button finds its work done."""
    try:
        yield
    except ValidationError as error:
        if error.code != done:
            raise
