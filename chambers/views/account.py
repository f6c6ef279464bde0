"""One's own data: download all of it, or delete the account."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.selectors.keeping import kept_of_people
from chambers.services import account as services
from chambers.services.mail import KEPT_FOR
from chambers.services.people import UNCONFIRMED_FOR


class DeleteForm(forms.Form):
    """The address, typed once more."""

    confirmed = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Type it once more. This cannot be undone."),
    )


@require_safe
@login_required
def own_data(request: SignedInRequest) -> HttpResponse:
    """What is held of one, why and how long, and what one can do with it."""
    kept = kept_of_people(mails=KEPT_FOR, unconfirmed=UNCONFIRMED_FOR)
    return render(request, "chambers/account/data.html", {"kept": kept})


@require_safe
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def download(request: SignedInRequest) -> HttpResponse:
    """All that is held of the reader, as a ZIP file; asks for the password if that is long ago."""
    now = timezone.now()
    response = HttpResponse(services.data_of(request.user, at=now), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def delete(request: SignedInRequest) -> HttpResponse:
    """Delete the account, once what keeps the reader from it is done."""
    form = DeleteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.delete_account(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("home")
    context = {"form": form, "hindrances": services.before_leaving(request.user)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "chambers/account/delete.html", context, status=status)
