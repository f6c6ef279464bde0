"""From an account to a company: find it and ask to join, enter a new one, take up an invitation."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chambers.acting import SESSION_KEY
from chambers.forms.people import AskForm, CompanyForm, FindForm
from chambers.http import PageRequest, SignedInRequest
from chambers.models import Country, Invitation, JoinRequest
from chambers.pages import refuse, sent_from
from chambers.selectors.joining import (
    Candidate,
    candidates,
    invitations_to,
    requests_of,
)
from chambers.services import joining


@require_safe
def register(request: PageRequest) -> HttpResponse:
    """An address that can be said: the page on which one makes an account."""
    return redirect("account_signup")


@require_safe
@login_required
def join(request: SignedInRequest) -> HttpResponse:
    """Look for one's company by number or name; what one waits for."""
    form = FindForm(request.GET or None)
    return _join_page(request, form, AskForm())


@sent_from("join")
def ask(request: SignedInRequest) -> HttpResponse:
    """Ask to join one of the companies that were found."""
    find = FindForm(request.POST)
    if not find.is_valid():
        raise Http404
    wanted = request.POST.get("company", "")
    found = [one for one in _found(request, find) if str(one.company.public_id) == wanted]
    if not found:
        raise Http404
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            joining.ask_to_join(found[0].company, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Your request is on its way. The answer comes by mail."))
            return redirect("join")
    return _join_page(request, find, form, asked_for=wanted)


def _join_page(
    request: SignedInRequest, find: FindForm, asking: AskForm, asked_for: str = ""
) -> HttpResponse:
    searched = find.is_bound and find.is_valid()
    context: dict[str, Any] = {
        "find": find,
        "ask": asking,
        "asked_for": asked_for,
        "searched": searched,
        "requests": requests_of(request.user),
        "invitations": [(one, joining.secret_of(one)) for one in invitations_to(request.user)],
    }
    if searched:
        said = find.cleaned_data
        new = {
            "country": said["country"].pk,
            "registration_number": said["number"],
            "legal_name": said["name"],
        }
        context |= {
            "found": _found(request, find),
            "typed": _typed(said["country"].pk, said["number"], find.names()),
            "new": f"{reverse('company-new')}?{urlencode(new)}",
        }
    status = 422 if asking.errors or find.errors else 200
    return render(request, "chambers/join/join.html", context, status=status)


def _typed(country: str, number: str, names: list[str]) -> dict[str, Any]:
    """What somebody looked for, so that asking finds the same companies again."""
    return {"country": country, "number": number, "names": names}


def _found(request: SignedInRequest, find: FindForm) -> list[Candidate]:
    said = find.cleaned_data
    return candidates(said["country"], number=said["number"], called=find.names(), by=request.user)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def company_new(request: SignedInRequest) -> HttpResponse:
    """Enter a company; those with such a name in any script are shown before it is saved."""
    alike: list[Candidate] = []
    context: dict[str, Any] = {"ask": AskForm()}
    if request.method != "POST":
        form = CompanyForm(initial=request.GET.dict())
        return render(request, "chambers/join/company.html", context | {"form": form})
    chosen = request.POST.get("country", "").replace("\x00", "")[:2]
    country = Country.objects.filter(pk=chosen).first()
    if country is not None:
        number = request.POST.get("registration_number", "")
        called = [request.POST.get(one, "") for one in ("legal_name", "legal_name_latin")]
        alike = candidates(country, number=number, called=called, by=request.user)
        context["typed"] = _typed(country.pk, number, called)
    form = CompanyForm(request.POST, alike=any(not one.by_number for one in alike))
    if form.is_valid():
        try:
            company = joining.register_company(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            request.session[SESSION_KEY] = f"company:{company.public_id}"
            messages.success(
                request, _("Saved. A chamber admits you next: choose yours, with an extract.")
            )
            return redirect("memberships")
    context |= {"form": form, "alike": alike}
    return render(request, "chambers/join/company.html", context, status=422)


@sent_from("join")
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one's own request back."""
    mine = JoinRequest.objects.filter(person=request.user)
    asked = get_object_or_404(mine.select_related("company"), public_id=public_id)
    try:
        joining.withdraw_join_request(asked, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Withdrawn."))
    return redirect("join")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: PageRequest, secret: str) -> HttpResponse:
    """Take up an invitation: opening the page changes nothing, its button does."""
    found = joining.invitation_of(secret)
    if found is None:
        raise Http404
    if not found.is_open():
        return render(request, "chambers/join/invitation_gone.html", {"invitation": found})
    if not request.user.is_authenticated:
        return _invitation_of_a_guest(request, found)
    mine = joining.is_for(found, request.user)
    if request.method == "POST":
        if not mine:
            raise PermissionDenied(_("This invitation was sent to another address."))
        try:
            joining.accept_invitation(found, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("invitation", secret=secret)
        request.session[SESSION_KEY] = f"company:{found.company.public_id}"
        text = _("You now act for %(name)s.") % {"name": found.company.legal_name}
        messages.success(request, text)
        return redirect("home")
    context = {"invitation": found, "mine": mine, "known": True}
    return render(request, "chambers/join/invitation.html", context)


def _invitation_of_a_guest(request: PageRequest, found: Invitation) -> HttpResponse:
    """Who reads the mailbox has shown that the address is theirs: no second mail is needed."""
    known = joining.has_account(found.email)
    back = urlencode({"next": request.path})
    if request.method == "POST":
        if known:
            return redirect(f"{reverse('account_login')}?{back}")
        get_adapter().stash_verified_email(request, found.email)
        return redirect(f"{reverse('account_signup')}?{back}")
    context = {"invitation": found, "mine": False, "known": known}
    return render(request, "chambers/join/invitation.html", context)
