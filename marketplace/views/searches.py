"""Saved searches of a person, and lists as files."""

from __future__ import annotations

import io
import uuid
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.gates.tables import write_table
from chambers.http import SignedInRequest
from chambers.models import today
from chambers.pages import sent_from
from marketplace.forms.searches import SearchForm
from marketplace.models import SavedSearch
from marketplace.selectors import exports
from marketplace.selectors.searches import in_words, kept_by, read_asked, shelf_of
from marketplace.services.searches import AT_MOST, change_search, forget_search, save_search
from marketplace.views.acting import carried_out, sent

Kind = SavedSearch.Kind


@require_safe
@login_required
def searches(request: SignedInRequest) -> HttpResponse:
    """One's own saved searches."""
    context = {"kept": kept_by(request.user), "most": AT_MOST}
    return render(request, "marketplace/searches/searches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: SignedInRequest, kind: str) -> HttpResponse:
    """Keep what the address asks of a list."""
    if kind not in Kind.values:
        raise Http404
    asked = read_asked(kind, request.GET, request.user)
    said = in_words(kind, asked, request.user)
    start = {"name": ", ".join(said)[:120], "is_daily": True}
    form = SearchForm(sent(request), initial=start)
    keep = partial(save_search, by=request.user, kind=kind, query=asked.query())
    if carried_out(form, keep) is not None:
        messages.success(request, _("The search is saved."))
        return redirect("searches")
    context = {"form": form, "asked": asked, "said": said, "kind": Kind(kind)}
    return render(
        request, "marketplace/searches/search.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Name a saved search anew, have it mailed or not."""
    search = get_object_or_404(SavedSearch.objects.visible_to(request.user), public_id=public_id)
    start = {"name": search.name, "is_daily": search.is_daily}
    form = SearchForm(sent(request), initial=start)
    if carried_out(form, partial(change_search, search)) is not None:
        messages.success(request, _("The search is changed."))
        return redirect("searches")
    context = {"form": form, "search": search, "kind": Kind(search.kind)}
    return render(
        request, "marketplace/searches/search.html", context, status=422 if form.errors else 200
    )


@sent_from("searches")
def forget(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a saved search."""
    search = get_object_or_404(SavedSearch.objects.visible_to(request.user), public_id=public_id)
    forget_search(search)
    messages.success(request, _("The search “%(name)s” is deleted.") % {"name": search.name})
    return redirect("searches")


@require_safe
@login_required
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """A list as the address asks it, as a CSV file: the rows and fields its reader sees."""
    asked = read_asked(kind, request.GET, request.user)
    shelf = shelf_of(kind, asked, request.user)
    target = io.BytesIO()
    if kind == Kind.COMPANIES:
        write_table(target, exports.company_columns(), exports.company_rows(shelf, request.user))
    else:
        header = exports.opportunity_columns()
        write_table(target, header, exports.opportunity_rows(shelf, request.user))
    response = HttpResponse(target.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}-{today()}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
