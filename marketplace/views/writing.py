"""A company writes what it offers and seeks, hands it in, changes and renews it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.models import Company, User
from chambers.pages import page_of, sent_from
from chambers.selectors.codes import codes_by_keys
from marketplace import services
from marketplace.forms.opportunities import OpportunityForm, StartForm, initial_of
from marketplace.models import Interest, Opportunity, Revision
from marketplace.selectors import own as selectors
from marketplace.selectors.contents import TERMS, content_of
from marketplace.selectors.leaks import leaks_of
from marketplace.selectors.similar import similar
from marketplace.services import expiring, revisions

__all__ = ["expiring"]  # importing it registers the link that renews
_HERE = "marketplace/opportunities"
_WRITTEN = {Opportunity.Status.DRAFT, Opportunity.Status.ON_HOLD, Opportunity.Status.PUBLISHED}


@require_safe
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    """What the company one acts for has written, by where it stands."""
    company = _company(request)
    if company is None:
        return render(request, f"{_HERE}/no_company.html")
    tab = request.GET.get("tab", "all")
    tab = tab if tab in selectors.TABS else "all"
    rows = selectors.own_opportunities(company, tab)
    context = {
        "company": company,
        "tab": tab,
        "tabs": selectors.tabs_of(company),
        "page": page_of(request, rows),
        "asked": {"query": f"tab={tab}"},
    }
    return render(request, f"{_HERE}/mine.html", context)


@require_safe
@login_required
def start(request: SignedInRequest) -> HttpResponse:
    """What may not be published, and what is published of the same already."""
    company = _company(request)
    if company is None:
        return render(request, f"{_HERE}/no_company.html")
    request.acting.demand_editor()
    form = StartForm(request.GET or None, initial={"side": "offer", "kind": "goods"})
    asked = form.is_bound and form.is_valid()
    side, title = (form.cleaned_data[one] if asked else "" for one in ("side", "title"))
    found = similar({"": title}, request.user, side=side) if title else []
    admitted = company.memberships.in_force().exists()
    context = {
        "form": form,
        "asked": asked,
        "found": found,
        "title": title,
        "is_admitted": admitted,
    }
    return render(
        request, f"{_HERE}/new.html", context, status=422 if form.is_bound and not asked else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def write(request: SignedInRequest) -> HttpResponse:
    """A new offer or request: kept as a draft, or handed in at once."""
    company = _company(request)
    if company is None:
        if request.method == "POST":
            raise Http404
        return render(request, f"{_HERE}/no_company.html")
    request.acting.demand_editor()
    form = OpportunityForm(_sent(request), initial=_started(request))

    def save() -> Opportunity:
        sides = {one: form.cleaned_data[one] for one in ("side", "kind")}
        return services.draft_opportunity(company, by=request.user, **sides, **vars(form.content()))

    saved = _saved(request, form, save)
    if saved is not None:
        return _after_saving(request, saved)
    return _form_page(request, form, company)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a draft or what was put on hold; of what is published, hand in a changed text."""
    row = _own(request, public_id)
    request.acting.demand_editor()
    if row.status not in _WRITTEN:
        messages.info(request, _("It cannot be changed now: see what it waits for."))
        return redirect("opportunity", row.public_id)
    change = selectors.change_of(row)
    initial = initial_of(content_of(change or row)) | {"side": row.side, "kind": row.kind}
    form = OpportunityForm(_sent(request), initial=initial, row=row)
    published = row.status == Opportunity.Status.PUBLISHED

    def save() -> Opportunity:
        content = form.content()
        if published:
            return revisions.revise_opportunity(row, by=request.user, content=content).opportunity
        sides = {one: form.cleaned_data[one] for one in ("side", "kind")}
        return services.change_opportunity(row, by=request.user, content=content, **sides)

    saved = _saved(request, form, save)
    if saved is not None and published:
        messages.success(
            request, _("The changed text is in review. The old one stays public until then.")
        )
        return redirect("opportunity", saved.public_id)
    if saved is not None:
        return _after_saving(request, saved)
    return _form_page(request, form, row.company, row, change)


@sent_from("own-opportunities")
def step(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand in, take back, renew, copy, or withdraw a changed text: one press each."""
    row = _own(request, public_id)
    request.acting.demand_editor()
    known: dict[str, tuple[Callable[[User], object], str]] = {
        "submit": (
            lambda by: services.submit_opportunity(row, by=by),
            _("It is in review. You get a mail when it is decided."),
        ),
        "take_back": (
            lambda by: services.take_back_opportunity(row, by=by),
            _("It is a draft again."),
        ),
        "renew": (
            lambda by: services.renew_opportunity(row, by=by),
            _("Renewed for another year."),
        ),
        "copy": (
            lambda by: services.copy_opportunity(row, by=by),
            _("This is a new draft with the words of the old one."),
        ),
        "withdraw": (
            lambda by: revisions.withdraw_revision(_change(row), by=by),
            _("The changed text is withdrawn; the published one stays."),
        ),
    }
    chosen = known.get(request.POST.get("step", ""))
    if chosen is None:
        raise Http404
    try:
        made = chosen[0](request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, chosen[1])
        if isinstance(made, Opportunity) and made.pk != row.pk:
            return redirect("opportunity-edit", made.public_id)
    return redirect("opportunity", row.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def archive(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an opportunity out of the market for good, after a question."""
    row = _own(request, public_id)
    request.acting.demand_editor()
    if request.method != "POST":
        return render(request, f"{_HERE}/archive.html", _leaving(row))
    try:
        services.archive_opportunity(row, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("opportunity", row.public_id)
    messages.success(request, _("It is archived."))
    return redirect("own-opportunities")


def _leaving(row: Opportunity) -> dict[str, object]:
    return {"row": row, "open_interests": Interest.objects.open().filter(opportunity=row).count()}


# ---------------------------------------------------------------- what the pages share
def _company(request: SignedInRequest) -> Company | None:
    return request.acting.company


def _own(request: SignedInRequest, public_id: uuid.UUID) -> Opportunity:
    """An opportunity of the company one acts for; 404 for any other."""
    company = _company(request)
    if company is None:
        raise Http404
    rows = Opportunity.objects.run_by(request.user).filter(company=company)
    return get_object_or_404(rows.select_related("company__country"), public_id=public_id)


def _change(row: Opportunity) -> Revision:
    found = selectors.change_of(row)
    if found is None:
        raise ValidationError(_("No changed text waits any more."), code="decided")
    return found


def _sent(request: SignedInRequest) -> object:
    return request.POST if request.method == "POST" else None


def _started(request: SignedInRequest) -> dict[str, object]:
    """What the page before has asked already."""
    form = OpportunityForm()
    asked = request.GET
    title = asked.get("title", "").replace("\x00", "")[:150]
    side = asked.get("side") if asked.get("side") in Opportunity.Side else Opportunity.Side.OFFER
    kind = asked.get("kind") if asked.get("kind") in Opportunity.Kind else Opportunity.Kind.GOODS
    return {"side": side, "kind": kind, f"title_{form.first}": title}


def _saved(
    request: SignedInRequest, form: OpportunityForm, save: Callable[[], Opportunity]
) -> Opportunity | None:
    """What ``save`` made, handed in where that was asked; None while the form is shown."""
    if not form.is_bound:
        return None
    published = form.row is not None and form.row.status == Opportunity.Status.PUBLISHED
    handed_in = "submit" in request.POST and not published
    if not form.is_valid():
        _name_missing(form, handed_in or published)
        return None
    try:
        with transaction.atomic():
            row = save()
            if handed_in:
                row = services.submit_opportunity(row, by=request.user)
    except ValidationError as error:
        for field, found in getattr(error, "error_dict", {None: [error]}).items():
            form.add_error(form.named(field), cast("ValidationError", found))
        _name_missing(form, handed_in or published)
        return None
    return row


def _name_missing(form: OpportunityForm, handed_in: bool) -> None:
    """Beside other faults name what handing in needs: all at once."""
    for field, error in form.missing().items() if handed_in else ():
        if form.named(field) not in form.errors:
            form.add_error(form.named(field), error)


def _after_saving(request: SignedInRequest, row: Opportunity) -> HttpResponse:
    if row.status == Opportunity.Status.IN_REVIEW:
        words = _("%(reference)s is in review. You get a mail when it is decided.")
        messages.success(request, words % {"reference": row.reference})
        return redirect("opportunity", row.public_id)
    messages.success(request, _("The draft is kept. Only your company sees it."))
    found = leaks_of(row.company, content_of(row)) if row.is_anonymous else []
    if found and not row.leak_reason:
        told = ", ".join(f"“{one.words}” ({one.label})" for one in found[:10])
        messages.warning(request, _("The text tells who you are: %(found)s.") % {"found": told})
    return redirect("opportunity", row.public_id)


def _form_page(
    request: SignedInRequest,
    form: OpportunityForm,
    company: Company,
    row: Opportunity | None = None,
    change: Revision | None = None,
) -> HttpResponse:
    refused = form.is_bound and bool(form.errors)
    titles = {form.first: form[f"title_{form.first}"].value() or ""}
    codes = codes_by_keys(form.fields["codes"].keys_of(form["codes"].value()))  # type: ignore[attr-defined]
    side = form["side"].value() or Opportunity.Side.OFFER
    context = {
        "form": form,
        "row": row,
        "company": company,
        "is_published": row is not None and row.status == Opportunity.Status.PUBLISHED,
        "change": change,
        "is_admitted": company.memberships.in_force().exists(),
        "review": selectors.review_to_answer(row, change) if row else None,
        "found": similar(titles, request.user, side=side, codes=codes, but=row),
        "term_names": TERMS,
        "back": reverse("opportunity", args=[row.public_id])
        if row
        else reverse("own-opportunities"),
    }
    return render(request, f"{_HERE}/write.html", context, status=422 if refused else 200)
