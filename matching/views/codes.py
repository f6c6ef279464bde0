"""Codes that a company's text speaks of, to be stated by its people."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.http import SignedInRequest
from chambers.pages import wants_fragment, way_back
from chambers.services.companies import state_codes
from matching.selectors.codes import all_are_stated, codes_spoken_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def suggested_codes(request: SignedInRequest) -> HttpResponse:
    """What one's own text speaks of, with a box each; those chosen are stated."""
    own = request.acting.company
    if own is None:
        if request.method == "POST":
            raise Http404
        return render(request, "matching/no_company.html")
    error = ""
    if request.method == "POST":
        try:
            state_codes(own, request.POST.getlist("code"), by=request.user)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            messages.success(request, _("Stated. Your matches follow."))
            return redirect(way_back(request, "suggested-codes"))
    found = codes_spoken_of(own)
    some_count = any(one.counts for one in found)
    context = {"company": own, "spoken_of": found, "some_count": some_count, "error": error}
    if wants_fragment(request):
        return render(request, "matching/_suggested_codes.html", {**context, "fragment": True})
    context["all_are_stated"] = not found and all_are_stated(own)
    return render(request, "matching/suggested_codes.html", context, status=422 if error else 200)
