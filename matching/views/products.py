"""What stands beside the list of matches: a code that advice names, a proposal of three."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import sent_from
from matching.models import Triad
from matching.services.advice import add_code
from matching.services.triads import refuse_triad


@sent_from("matches")
def state_code(request: SignedInRequest) -> HttpResponse:
    """Add a trade code to those of the company one acts for."""
    own = _own(request)
    try:
        add_code(own, request.POST.get("code", "")[:6], by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The code is stated. Your matches follow."))
    return redirect(f"{reverse('matches')}#advice")


@sent_from("matches")
def refuse(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Decline a proposal of three for the company one acts for."""
    own = _own(request)
    rows = Triad.objects.visible_to(request.user).of(own).select_related("demand")
    refuse_triad(get_object_or_404(rows, public_id=public_id), company=own, by=request.user)
    messages.success(request, _("Declined. The others are not told by whom or why."))
    return redirect(f"{reverse('matches')}#three")


def _own(request: SignedInRequest) -> Company:
    if request.acting.company is None:
        raise Http404
    return request.acting.company
