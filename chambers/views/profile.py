"""The profile of the company one acts for: its readers see it, its editors change it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.forms.profile import BrochureForm, LogoForm, ProfileForm
from chambers.http import SignedInRequest
from chambers.models import Company, Document
from chambers.pages import refuse, sent_from
from chambers.selectors.completeness import completeness_of
from chambers.selectors.documents import brochures_of
from chambers.services.files import MOST_BROCHURES, keep_document, remove_document
from chambers.services.profiles import change_profile


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: SignedInRequest) -> HttpResponse:
    """All that the company says of itself, on one form."""
    own = request.acting.company
    if own is None:
        if request.method == "POST":
            raise Http404
        return render(request, "matching/no_company.html")
    form = ProfileForm(request.POST if request.method == "POST" else None, company=own)
    if form.is_bound:
        request.acting.demand_editor()
        if form.is_valid():
            try:
                changed = change_profile(own, by=request.user, **form.changes())
            except ValidationError as error:
                refuse(form, error)
            else:
                messages.success(request, _("Saved. Search and your matches follow."))
                _warn(request, changed)
                return redirect("profile")
    return _page(request, own, form=form)


@sent_from("profile")
def logo(request: SignedInRequest) -> HttpResponse:
    """Put up a logo in place of the one before."""
    return _kept(
        request, Document.Kind.LOGO, LogoForm(request.POST, request.FILES, auto_id="logo_%s")
    )


@sent_from("profile")
def brochure(request: SignedInRequest) -> HttpResponse:
    """Add a brochure."""
    return _kept(
        request,
        Document.Kind.BROCHURE,
        BrochureForm(request.POST, request.FILES, auto_id="brochure_%s"),
    )


@sent_from("profile")
def file_remove(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a logo or brochure of one's company."""
    own = Company.objects.run_by(request.user).values("pk")
    shown = Document.objects.filter(company__in=own, kind__in=Document.SHOWN)
    document = get_object_or_404(shown.select_related("company"), public_id=public_id)
    remove_document(document, by=request.user)
    messages.success(request, _("Deleted: %(name)s.") % {"name": document.name})
    return redirect("profile")


def _kept(
    request: SignedInRequest, kind: Document.Kind, form: LogoForm | BrochureForm
) -> HttpResponse:
    own = _own(request)
    request.acting.demand_editor()
    if form.is_valid():
        try:
            keep_document(own, kind=kind, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The file is kept and shown."))
            return redirect("profile")
    return _page(request, own, **{kind.value: form})


def _page(request: SignedInRequest, own: Company, **forms: Any) -> HttpResponse:
    """The page with the forms given, the others as they stand; 422 where one was refused."""
    form = forms.get("form") or ProfileForm(company=own)
    if not request.acting.may_edit:
        for field in form.fields.values():
            field.disabled = True
    brochures = brochures_of(own)
    context = {
        "company": own,
        "form": form,
        "logo_form": forms.get("logo") or LogoForm(auto_id="logo_%s"),
        "brochure_form": forms.get("brochure") or BrochureForm(auto_id="brochure_%s"),
        "brochures": brochures,
        "room": MOST_BROCHURES - len(brochures),
        "completeness": completeness_of(own),
    }
    refused = any(one.is_bound and one.errors for one in forms.values())
    return render(request, "chambers/profile.html", context, status=422 if refused else 200)


def _own(request: SignedInRequest) -> Company:
    if request.acting.company is None:
        raise Http404
    return request.acting.company


def _warn(request: SignedInRequest, company: Company) -> None:
    """Say what a saved text still lacks: nobody is kept from saving a part."""
    if company.description and not company.description.get("en"):
        messages.warning(
            request,
            _(
                "The description is missing in English. "
                "Many partners read no other of your languages."
            ),
        )
