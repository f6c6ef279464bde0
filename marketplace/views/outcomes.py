"""Papers that came of meetings: reported, confirmed by the partner, shown to everyone."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import PageRequest, SignedInRequest
from chambers.models import Company
from chambers.pages import sent_from
from chambers.views.files import sent as sent_file
from marketplace.forms.outcomes import (
    CURRENCIES,
    ConfirmForm,
    NewOutcomeForm,
    OutcomeForm,
    RefuseForm,
)
from marketplace.models import Outcome
from marketplace.selectors.outcomes import (
    amount_of,
    joined,
    met_by,
    outcomes_of,
    public_part,
    public_totals,
    published_outcomes,
    steps_of,
    to_confirm,
)
from marketplace.services import outcome_links
from marketplace.services import outcomes as services
from marketplace.views.acting import carried_out, carried_out_or_said, sent

__all__ = ["outcome_links", "outcomes"]
SHOWN = 20  # papers on a page
State = Outcome.State


@require_safe
def results(request: PageRequest) -> HttpResponse:
    """What everyone may read of the papers that both companies and a chamber have confirmed."""
    page = Paginator(published_outcomes(), SHOWN).get_page(request.GET.get("page"))
    context = {"page": page, "papers": public_part(page), "totals": public_totals()}
    return render(request, "marketplace/after/results.html", context)


@require_safe
@login_required
def outcomes(request: SignedInRequest) -> HttpResponse:
    """The papers of one's company, those to confirm on top."""
    company = _company(request)
    page = Paginator(outcomes_of(company, request.user), SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "papers": [_card(one, company) for one in page],
        "waiting": to_confirm(company, request.user),
    }
    return render(request, "marketplace/after/outcomes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Report a paper with a company that one has met."""
    company = _company(request)
    request.acting.demand_editor()
    met = met_by(company, request.user)
    asked = request.GET.get("meeting", "")
    first = next((one.key for one in met if str(one.meeting.public_id) == asked), "")
    form = NewOutcomeForm(sent(request), request.FILES or None, met=met, initial={"met": first})

    def report(met: Any, **stated: Any) -> Outcome:
        return services.report_outcome(
            company, met.partner, meeting=met.meeting, by=request.user, **stated
        )

    if found := carried_out(form, report):
        messages.success(request, _("Reported. Your partner is asked to confirm it."))
        return redirect("outcome", found.public_id)
    twin = form.has_error("__all__", "reported_already") or bool(request.POST.get("another"))
    context = {"form": form, "met": met, "twin": twin, "currencies": CURRENCIES}
    return _form_page(request, "new.html", form, context)


@require_safe
@login_required
def outcome(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """A paper with its steps, and what one can do with it."""
    found, company = _find(request, public_id)
    return _page(request, found, company)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """State one's own paper anew: corrected, or in its next stage."""
    found, company = _find(request, public_id)
    _demand_side(request, company, found.reporter)
    form = OutcomeForm(sent(request), request.FILES or None, initial=OutcomeForm.stated_of(found))
    if carried_out(form, partial(services.change_outcome, found, by=request.user)):
        messages.success(request, _("Changed. Your partner is asked to confirm it."))
        return redirect("outcome", found.public_id)
    context = {"form": form, "one": _card(found, company), "currencies": CURRENCIES}
    return _form_page(request, "change.html", form, context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def confirm(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Confirm a partner's paper."""
    found, company = _find(request, public_id)
    _demand_side(request, company, found.partner)
    form = ConfirmForm(sent(request), outcome=found)
    if carried_out(form, partial(services.confirm_outcome, found, by=request.user)):
        messages.success(request, _("Confirmed. A chamber of one of you looks at it now."))
        return redirect("outcome", found.public_id)
    return _form_page(request, "confirm.html", form, {"form": form, "one": _card(found, company)})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def refuse(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say that a partner's paper is not as reported."""
    found, company = _find(request, public_id)
    _demand_side(request, company, found.partner)
    form = RefuseForm(sent(request))
    if carried_out(form, partial(services.refuse_outcome, found, by=request.user)):
        messages.success(request, _("Not confirmed. Your partner reads why."))
        return redirect("outcome", found.public_id)
    return _form_page(request, "refuse.html", form, {"form": form, "one": _card(found, company)})


@sent_from("outcomes")
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take back what one's company has reported."""
    found, company = _find(request, public_id)
    _demand_side(request, company, found.reporter)
    done = partial(services.withdraw_outcome, found)
    carried_out_or_said(request, done, _("Withdrawn. Nobody else reads of it any more."))
    return redirect("outcome", found.public_id)


@require_safe
@login_required
def evidence(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The file of a paper, for the two companies and for who looks after one of them."""
    rows = Outcome.objects.visible_to(request.user).select_related("evidence")
    found = get_object_or_404(rows.exclude(evidence=None), public_id=public_id)
    if found.evidence is None:
        raise Http404
    return sent_file(found.evidence, request)


# ---------------------------------------------------------------- what the pages share
def _company(request: SignedInRequest) -> Company:
    company = request.acting.company
    if company is None:
        raise Http404
    return company


def _find(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Outcome, Company]:
    """A paper of the company one acts for; else 404."""
    company = _company(request)
    rows = joined(Outcome.objects.run_by(request.user).of(company))
    return get_object_or_404(rows, public_id=public_id), company


def _demand_side(request: SignedInRequest, company: Company, side: Company) -> None:
    request.acting.demand_editor()
    if company.pk != side.pk:
        raise PermissionDenied(_("Only the other company may do this."))


def _card(one: Outcome, company: Company) -> dict[str, Any]:
    """A paper as ``company`` reads it."""
    ours = one.reporter_id == company.pk
    return {
        "row": one,
        "money": amount_of(one),
        "other": one.other_company(company),
        "ours": ours,
        "to_confirm": not ours and one.state == State.WITH_PARTNER,
        "changeable": ours
        and one.state in (State.WITH_PARTNER, State.REFUSED, State.RETURNED, State.CONFIRMED),
        "withdrawable": ours and one.state not in (State.CONFIRMED, State.WITHDRAWN),
        "tone": {State.CONFIRMED: "ok", State.REFUSED: "no", State.WITHDRAWN: "no"}.get(
            State(one.state), "wait"
        ),
    }


def _page(request: SignedInRequest, found: Outcome, company: Company) -> HttpResponse:
    context = {"one": _card(found, company), "steps": steps_of(found)}
    return render(request, "marketplace/after/outcome.html", context)


def _form_page(
    request: SignedInRequest, template: str, form: BaseForm, context: dict[str, Any]
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(request, f"marketplace/after/{template}", context, status=status)
