"""What a company asks of partners, and which partners it knows already."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import sent_from
from chambers.services.limits import set_limits
from matching.forms import ConditionsForm, KnownForm
from matching.selectors.history import histories_of
from matching.services.history import record_history, withdraw_history


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def conditions(request: SignedInRequest) -> HttpResponse:
    """The conditions of the company one acts for; its readers see them, its editors change them."""
    own = request.acting.company
    if own is None:
        if request.method == "POST":
            raise Http404
        return render(request, "matching/no_company.html")
    form = ConditionsForm.of(own, request.POST if request.method == "POST" else None)
    if form.is_bound:
        request.acting.demand_editor()
        if form.is_valid() and _saved(form, own, request):
            messages.success(request, _("Saved. Your matches follow."))
            return redirect("conditions")
    if not request.acting.may_edit:
        for field in form.fields.values():
            field.disabled = True
    context = {"company": own, "form": form, "excluded": own.excluded_companies.count()}
    return render(request, "matching/conditions.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def known(request: SignedInRequest) -> HttpResponse:
    """The partners that the company one acts for knows, as far as it may read of it."""
    own = request.acting.company
    if own is None:
        return render(request, "matching/no_company.html")
    found = [(row, row.across(own)) for row in histories_of(own, request.user)]
    return render(request, "matching/known.html", {"company": own, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def record(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say that one's company and another are partners, met, or that one declined."""
    own = request.acting.company
    rows = Company.objects.visible_to(request.user).select_related("country")
    partner = get_object_or_404(rows, public_id=public_id)
    if own is None or own.pk == partner.pk:
        raise Http404
    form = KnownForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        request.acting.demand_editor()
        if form.is_valid():
            try:
                record_history(
                    own, partner, by=request.user, stated_by=own, source="page", **form.cleaned_data
                )
            except ValidationError as error:
                _refuse(form, error)
            else:
                text = _("Recorded: %(name)s. Your matches follow.")
                messages.success(request, text % {"name": partner.legal_name})
                return redirect("known")
    context = {"partner": partner, "form": form}
    return render(request, "matching/record.html", context, status=422 if form.errors else 200)


@sent_from("known")
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take back what one's company stated of another."""
    own = request.acting.company
    if own is None:
        raise Http404
    history = get_object_or_404(histories_of(own, request.user), public_id=public_id)
    withdraw_history(history, by=request.user)
    messages.success(request, _("Withdrawn. Your matches follow."))
    return redirect("known")


def _saved(form: ConditionsForm, own: Company, request: SignedInRequest) -> bool:
    """Whether the service took what was typed; else the form says why not."""
    try:
        set_limits(own, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        _refuse(form, error)
        return False
    return True


def _refuse(form: ConditionsForm | KnownForm, error: ValidationError) -> None:
    """Put what a service refuses beside the field it is about, or on top."""
    for name, found in getattr(error, "error_dict", {None: [error]}).items():
        form.add_error(name if name in form.fields else None, found)
