"""Who speaks for a company and what they may do; its memberships."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.acting import SESSION_KEY
from chambers.forms.accounts import DetailsForm
from chambers.forms.people import AnswerForm, ApplicationForm, InviteForm, RoleForm
from chambers.http import SignedInRequest
from chambers.models import Company, Invitation, JoinRequest, Membership, Representative
from chambers.pages import refuse, sent_from
from chambers.selectors.joining import invitations_of, requests_to
from chambers.services import joining, representatives
from chambers.services.memberships import apply_for_membership, withdraw_application
from chambers.services.people import introduce

Role = Representative.Role


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def people(request: SignedInRequest) -> HttpResponse:
    """The people of the company one acts for; a main contact invites others here."""
    own = request.acting.company
    if own is None:
        return _without_company(request)
    leads = _leads(request, own)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        _demand_lead(request, own)
        if form.is_valid():
            try:
                made = joining.invite_person(own, by=request.user, **form.cleaned_data)
            except ValidationError as error:
                refuse(form, error)
            else:
                text = _("The invitation to %(email)s is on its way.")
                messages.success(request, text % {"email": made.email})
                return redirect("people")
    colleagues = Representative.objects.visible_to(request.user).filter(company=own)
    context = {
        "company": own,
        "leads": leads,
        "form": form,
        "people": colleagues.select_related("person").order_by("person__name", "pk"),
        "requests": requests_to(own) if leads else [],
        "invitations": invitations_of(own),
    }
    page = "chambers/people/people.html"
    return render(request, page, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def person(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """One colleague: their role, and their removal."""
    own = request.acting.company
    colleagues = Representative.objects.visible_to(request.user).filter(company=own)
    rows = colleagues.select_related("person", "company")
    found = get_object_or_404(rows, person__public_id=public_id)
    asked = request.POST if request.method == "POST" else None
    form = RoleForm(asked, initial={"role": found.role})
    if form.is_bound:
        _demand_lead(request, found.company)
        if form.is_valid():
            try:
                representatives.change_role(found, by=request.user, **form.cleaned_data)
            except ValidationError as error:
                refuse(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("people")
    return _person_page(request, found, form)


@sent_from("people")
def person_remove(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let a colleague speak for the company no longer; or leave it oneself."""
    own = request.acting.company
    colleagues = Representative.objects.visible_to(request.user).filter(company=own)
    rows = colleagues.select_related("person", "company")
    found = get_object_or_404(rows, person__public_id=public_id)
    name = found.person.name
    if found.person_id != request.user.pk:
        _demand_lead(request, found.company)
    try:
        representatives.remove_representative(found, by=request.user)
    except ValidationError as error:
        form = RoleForm({"role": found.role})
        refuse(form, error)
        return _person_page(request, found, form)
    if found.person_id == request.user.pk:
        request.session.pop(SESSION_KEY, None)
        messages.success(request, _("You have left %(name)s.") % {"name": found.company.legal_name})
        return redirect("home")
    messages.success(request, _("Removed: %(name)s.") % {"name": name})
    return redirect("people")


def _person_page(request: SignedInRequest, found: Representative, form: RoleForm) -> HttpResponse:
    context = {
        "one": found,
        "form": form,
        "leads": _leads(request, found.company),
        "oneself": found.person_id == request.user.pk,
    }
    page = "chambers/people/person.html"
    return render(request, page, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join_request(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer somebody who asks to join a company whose main contact one is."""
    rows = JoinRequest.objects.visible_to(request.user).select_related("company", "person")
    asked = get_object_or_404(rows, public_id=public_id)
    if not _leads(request, asked.company):
        return redirect("join")
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            if "decline" in request.POST:
                joining.decline_join_request(asked, by=request.user, reason=said["reason"])
                messages.success(request, _("Declined. They get a mail."))
            else:
                role = said["role"] or Role.EDITOR
                joining.accept_join_request(asked, by=request.user, role=role)
                messages.success(request, _("Accepted. They get a mail."))
        except ValidationError as error:
            refuse(form, error)
        else:
            return redirect("people")
    page = "chambers/people/request.html"
    context = {"asked": asked, "form": form}
    return render(request, page, context, status=422 if form.errors else 200)


@sent_from("people")
def invitation_withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an invitation back."""
    rows = Invitation.objects.visible_to(request.user).select_related("company")
    found = get_object_or_404(rows, public_id=public_id)
    try:
        joining.withdraw_invitation(found, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Withdrawn: the link in the mail opens nothing any more."))
    return redirect("people")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def memberships(request: SignedInRequest) -> HttpResponse:
    """The chambers of the company one acts for, what it has applied for, and a new application."""
    own = request.acting.company
    if own is None:
        return _without_company(request)
    asked = request.method == "POST"
    form = ApplicationForm(
        request.POST if asked else None, request.FILES if asked else None, company=own
    )
    if form.is_bound:
        request.acting.demand_editor()
        if form.is_valid():
            said = dict(form.cleaned_data)
            try:
                made = apply_for_membership(own, to=said.pop("chamber"), by=request.user, **said)
            except ValidationError as error:
                refuse(form, error)
            else:
                text = _("Your application is with %(chamber)s. The answer comes by mail.")
                messages.success(request, text % {"chamber": made.chamber.name})
                return redirect("memberships")
    rows = Membership.objects.visible_to(request.user).filter(company=own)
    context = {
        "company": own,
        "form": form,
        "memberships": rows.select_related("chamber__country", "extract"),
    }
    page = "chambers/people/memberships.html"
    return render(request, page, context, status=422 if form.errors else 200)


@sent_from("memberships")
def application_withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an application back that no chamber has decided."""
    rows = Membership.objects.filter(company__in=Company.objects.run_by(request.user))
    found = get_object_or_404(rows.select_related("company"), public_id=public_id)
    try:
        withdraw_application(found, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Withdrawn."))
    return redirect("memberships")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def details(request: SignedInRequest) -> HttpResponse:
    """One's own name, language and time zone."""
    one = request.user
    known = {"name": one.name, "language": one.language, "time_zone": one.time_zone}
    form = DetailsForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_bound and form.is_valid():
        try:
            introduce(one, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            with translation.override(one.language):
                messages.success(request, _("Saved."))
                return redirect("details")
    page = "chambers/people/details.html"
    return render(request, page, {"form": form}, status=422 if form.errors else 200)


def _without_company(request: SignedInRequest) -> HttpResponse:
    """Whoever acts for no company finds one first; nothing is changed for them."""
    if request.method == "POST":
        raise Http404
    return redirect("join")


def _leads(request: SignedInRequest, company: Company) -> bool:
    return bool(Company.objects.led_by(request.user).filter(pk=company.pk).exists())


def _demand_lead(request: SignedInRequest, company: Company) -> None:
    representatives.demand_main_contact(request.user, company)
