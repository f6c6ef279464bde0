"""Trade codes by words: a page for everybody, and the lists of a picker in a form."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from chambers.forms.codes import lists_asked
from chambers.http import PageRequest
from chambers.pages import wants_fragment
from chambers.selectors.codes import LONGEST_QUESTION, FoundCode, find_codes


@require_safe
def codes(request: PageRequest) -> HttpResponse:
    """Codes that words find; for a form that names its field, as boxes to tick."""
    if wants_fragment(request) and (lists := lists_asked(request.GET)):
        return render(request, "ui/_code_lists.html", {"lists": lists})
    words = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    answer = find_codes(words)
    found = [FoundCode(code) for code in answer.codes]
    context = {"words": words, "found": found, "read_as": answer.read_as}
    if wants_fragment(request):
        response = render(request, "chambers/_codes.html", context)
        return push_url(response, request.get_full_path())
    return render(request, "chambers/codes.html", context)
