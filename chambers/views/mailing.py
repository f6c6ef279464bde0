"""One's mails: what comes, how soon; and in the demo, all that was sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chambers.forms.mailing import MailChoicesForm
from chambers.http import PageRequest, SignedInRequest
from chambers.models import Mail, Topic
from chambers.pages import page_of
from chambers.services.topics import choices_of, choose_delivery


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def mail_choices(request: SignedInRequest) -> HttpResponse:
    """Choose for each topic whether its mails come at once, once a day or never."""
    sent = request.POST if request.method == "POST" else None
    form = MailChoicesForm(choices_of(request.user), sent)
    if form.is_valid():
        with transaction.atomic():
            for topic, delivery in form.chosen():
                quotes = form.cleaned_data["with_text"] if topic is Topic.MESSAGES else None
                choose_delivery(request.user, topic, delivery, with_text=quotes)
        messages.success(request, _("Saved. It holds from the next mail on."))
        return redirect("mail-choices")
    refused = (
        Mail.objects.filter(to=request.user.email, state=Mail.State.BOUNCED)
        .order_by("-created_at")
        .first()
    )
    context = {"form": form, "refused": refused}
    status = 422 if form.is_bound else 200
    return render(request, "chambers/mail_choices.html", context, status=status)


@require_safe
@never_cache
def demo_mails(request: PageRequest) -> HttpResponse:
    """All mails, newest first: only in the demo, which cannot be reached from elsewhere."""
    _only_in_the_demo()
    rows = Mail.objects.select_related("chamber").order_by("-created_at", "-pk")
    words = request.GET.get("q", "").replace("\x00", "").strip()
    if words:
        rows = rows.filter(Q(to__icontains=words) | Q(subject__icontains=words))
    context = {
        "page": page_of(request, rows),
        "q": words,
        "asked": {"query": urlencode({"q": words})},
    }
    return render(request, "chambers/demo_mails.html", context)


@require_safe
@never_cache
def demo_mail(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """One mail as text, with its links."""
    _only_in_the_demo()
    mail = get_object_or_404(Mail.objects.select_related("chamber"), public_id=public_id)
    lines = [
        (line, line.startswith(f"{settings.BASE_URL}/") and " " not in line)
        for line in mail.text.splitlines()
    ]
    return render(request, "chambers/demo_mail.html", {"mail": mail, "lines": lines})


@require_safe
@never_cache
def demo_mail_calendar(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """The calendar file that comes with a mail."""
    _only_in_the_demo()
    mail = get_object_or_404(Mail.objects.exclude(calendar=""), public_id=public_id)
    kind = f"text/calendar; charset=utf-8; method={mail.method}"
    response = HttpResponse(mail.calendar, content_type=kind)
    response["Content-Disposition"] = 'attachment; filename="invitation.ics"'
    return response


@require_safe
@never_cache
def demo_mail_html(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """The HTML part of a mail, as its reader's program shows it."""
    _only_in_the_demo()
    mail = get_object_or_404(Mail.objects.exclude(html=""), public_id=public_id)
    response = HttpResponse(mail.html)
    response["Content-Security-Policy"] = _OF_A_MAIL
    return response


# A mail brings its own styles, as mails do; it brings no scripts, pictures or forms.
_OF_A_MAIL = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def _only_in_the_demo() -> None:
    if not settings.MAIL_VIEWER:
        raise Http404
