"""Keys with which one's programs use the REST API."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chambers.forms.accounts import TokenForm
from chambers.http import SignedInRequest
from chambers.models import ApiToken
from chambers.pages import refuse, sent_from
from chambers.services.people import issue_token, revoke_token


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def tokens(request: SignedInRequest) -> HttpResponse:
    """One's tokens; the key of a new one stands in the answer to its making and never again."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    made, key = None, ""
    if form.is_bound and form.is_valid():
        try:
            made, key = issue_token(request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            form = TokenForm()
    context = {
        "form": form,
        "made": made,
        "key": key,
        "tokens": ApiToken.scoped.visible_to(request.user),
    }
    return render(request, "chambers/tokens.html", context, status=422 if form.errors else 200)


@sent_from("tokens")
def revoke(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """End one of one's tokens at once."""
    found = get_object_or_404(ApiToken.scoped.visible_to(request.user), public_id=public_id)
    revoke_token(found, by=request.user)
    messages.success(request, _("Revoked. Programs with this token are refused from now on."))
    return redirect("tokens")
