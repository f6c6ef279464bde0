"""Expressions of interest: sent, read, asked about, answered, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm, Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.acting import NotDecidingError
from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import page_of
from marketplace.forms import DeclineInterestForm
from marketplace.forms.interests import InterestForm, LineForm, told_route
from marketplace.models import Interest, Opportunity
from marketplace.selectors.interests import (
    TABS,
    ShownInterest,
    adviser_of,
    box_of,
    joined_interests,
    own_interest,
    shown_interest,
    shown_interests,
)
from marketplace.selectors.shown import shown_opportunity
from marketplace.services import interests as services
from marketplace.services.routing import ways_for
from marketplace.views.acting import carried_out, sent

PER_PAGE = 20


@require_safe
@login_required
def interests(request: SignedInRequest) -> HttpResponse:
    """What one's company received and sent, in three tabs."""
    company = request.acting.company
    if company is None:
        return render(request, "marketplace/interests/no_company.html")
    box = box_of(company, request.user, request.GET.get("tab", ""))
    page = page_of(request, box.rows, PER_PAGE, count=box.counts[box.tab])
    context = {
        "company": company,
        "box": box,
        "tabs": [(key, name, box.counts[key]) for key, name in TABS.items()],
        "page": page,
        "asked": _Tab(box.tab),
        "shown": shown_interests(list(page), request.user, company),
        "left": services.quota_left(company),
        "most": services.MOST_OPEN,
    }
    return render(request, "marketplace/interests/interests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def express(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask about an offer or request by the three standard questions."""
    rows = Opportunity.objects.visible_to(request.user).select_related("company__country")
    found = get_object_or_404(rows, public_id=public_id)
    company = request.acting.company
    if company is None:
        return render(request, "marketplace/interests/no_company.html")
    request.acting.demand_editor()
    item = shown_opportunity(found, request.user)
    known = own_interest(item, company)
    if known is not None:
        return redirect("interest", known.public_id)
    ways = ways_for(found, company)
    form = InterestForm(sent(request), company=company, ways=ways)

    def send(**_cleaned: Any) -> Interest:
        return services.express_interest(found, company, by=request.user, **form.answers())

    made = carried_out(form, send)
    if made is not None:
        messages.success(request, _("It is on its way. You read here and by mail who has it."))
        return redirect("interest", made.public_id)
    context = {
        "item": item,
        "form": form,
        "ways": ways,
        "way": told_route(ways.route) if ways.route else "",
        "adviser": adviser_of(ways.route.stops[0].chamber) if ways.route else None,
        "refusal": _refusal(found, company) if not form.is_bound else None,
        "left": services.quota_left(company),
        "most": services.MOST_OPEN,
    }
    return _answer(request, "express.html", context, form)


@require_safe
@login_required
def one(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where an interest stands, what was said, and what one may do."""
    found, company = _find(request, public_id)
    return render(request, "marketplace/interests/interest.html", _context(request, found, company))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def accept(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Agree to a contact."""
    form = LineForm(sent(request), label=_("A first line to them"), needed=False)
    words = {
        "heading": _("Accept and open contacts?"),
        "explained": _(
            "From now on both companies see each other's name, people and e-mail addresses."
        ),
        "button": _("Accept and open contacts"),
    }
    done = _("Accepted. Both sides see whom to reach.")
    return _act(request, public_id, _is_decided_by, services.accept_interest, form, words, done)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def question(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask the interested company something before deciding."""
    form = LineForm(sent(request), label=_("Your question"))
    words = {
        "heading": _("Ask a question"),
        "explained": _("Contacts stay closed. They have five working days to answer."),
        "button": _("Ask a question"),
    }
    done = _("Asked. You get a mail when they answer.")
    return _act(request, public_id, _may_ask, services.ask_question, form, words, done)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def answer(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer the question that was asked."""
    form = LineForm(sent(request), label=_("Your answer"))
    words = {
        "heading": _("Answer the question"),
        "explained": _("It goes back to who asked it."),
        "button": _("Send the answer"),
    }
    done = _("Answered. They have it again.")
    return _act(request, public_id, _is_asked, services.answer_question, form, words, done)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decline(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say no, with a reason."""
    words = {
        "heading": _("Decline the interest?"),
        "explained": _("Contacts stay closed. This cannot be taken back."),
        "button": _("Decline"),
    }
    done = _("Declined. They read your reason.")
    form = DeclineInterestForm(sent(request))
    return _act(request, public_id, _is_decided_by, services.decline_interest, form, words, done)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one's own interest back."""
    words = {
        "heading": _("Withdraw your interest?"),
        "explained": _("Who has it reads that you took it back. You may express it again later."),
        "button": _("Withdraw"),
    }
    done = _("Withdrawn. One more interest may be open again.")
    form = Form(sent(request))
    return _act(request, public_id, _may_withdraw, services.withdraw_interest, form, words, done)


def _is_decided_by(shown: ShownInterest) -> bool:
    return shown.side == "owner" and shown.with_owner


def _may_ask(shown: ShownInterest) -> bool:
    return _is_decided_by(shown) and shown.question is None


def _is_asked(shown: ShownInterest) -> bool:
    return shown.side == "asker" and shown.question is not None


def _may_withdraw(shown: ShownInterest) -> bool:
    return shown.side == "asker" and shown.is_open


class _Tab:
    """What the page numbers carry on: the tab."""

    def __init__(self, tab: str) -> None:
        self.tab = tab

    def query(self) -> str:
        """For the addresses of the other pages."""
        return f"tab={self.tab}"


def _find(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Interest, Company]:
    """An interest of the company one acts for, else of another one speaks for; 404 for others."""
    rows = joined_interests(Interest.objects.run_by(request.user))
    found = get_object_or_404(rows, public_id=public_id)
    sides = [found.company]
    if found.reached_at is not None:
        sides.append(found.opportunity.company)
    mine = set(Company.objects.run_by(request.user).values_list("pk", flat=True))
    own = [side for side in sides if side.pk in mine]
    acting = request.acting.company
    return found, next((side for side in own if acting and side.pk == acting.pk), own[0])


def _context(request: SignedInRequest, found: Interest, company: Company) -> dict[str, Any]:
    decides = Company.objects.edited_by(request.user).filter(pk=company.pk).exists()
    shown = shown_interest(found, request.user, company)
    return {"shown": shown, "item": shown.item, "company": company, "decides": decides}


def _act(
    request: SignedInRequest,
    public_id: uuid.UUID,
    fits: Callable[[ShownInterest], bool],
    change: Callable[..., Interest],
    form: BaseForm,
    words: dict[str, str],
    done: str,
) -> HttpResponse:
    """A page with one form that does one thing; what cannot be done now leads to how it stands."""
    found, company = _find(request, public_id)
    context = _context(request, found, company)
    if not context["decides"]:
        raise NotDecidingError
    if not fits(context["shown"]):
        return redirect("interest", found.public_id)
    made = carried_out(form, lambda **said: change(found, by=request.user, **said))
    if made is not None:
        messages.success(request, done)
        return redirect("interest", found.public_id)
    return _answer(request, "act.html", {**context, **words, "form": form}, form)


def _answer(
    request: SignedInRequest, template: str, context: dict[str, Any], form: BaseForm
) -> HttpResponse:
    refused = form.is_bound and bool(form.errors)
    status = 422 if refused else 200
    return render(request, f"marketplace/interests/{template}", context, status=status)


def _refusal(opportunity: Opportunity, company: Company) -> ValidationError | None:
    """Why the company may not ask, said before anything is typed; None when it may."""
    try:
        services.demand_askable(opportunity, company)
    except ValidationError as error:
        return error
    return None
