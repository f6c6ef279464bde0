"""Chambers and their councils."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from chambers.http import PageRequest
from chambers.models import Chamber, Council, Membership
from chambers.pages import page_of, wants_fragment
from chambers.selectors import facets
from chambers.selectors.bodies import (
    CHAMBER_FACETS,
    chamber_page,
    members_of,
    search_chambers,
    with_members,
)

NEWEST = 6  # members shown on a chamber's page
PER_PAGE = 36


@require_safe
def chambers(request: PageRequest) -> HttpResponse:
    """All chambers, by country and kind."""
    asked = facets.Asked.read(request.GET, [one.key for one in CHAMBER_FACETS], ())
    everything = Chamber.objects.visible_to(request.user)
    found = search_chambers(everything, asked.text)
    rows = facets.narrowed(found, CHAMBER_FACETS, asked)
    made = facets.groups(everything, found, CHAMBER_FACETS, asked)
    context = {
        "asked": asked,
        "groups": made,
        "chips": facets.chips(made, asked),
        "page": page_of(request, with_members(rows).select_related("country"), PER_PAGE),
    }
    if wants_fragment(request):
        response = render(request, "chambers/_chambers.html", {**context, "fragment": True})
        return push_url(response, f"{request.path}?{asked.query()}")
    return render(request, "chambers/chambers.html", context)


@require_safe
def chamber(request: PageRequest, slug: str) -> HttpResponse:
    """One chamber: its members, guilds, commissions, agreements and councils."""
    rows = with_members(Chamber.objects.visible_to(request.user))
    found = get_object_or_404(rows.select_related("country", "parent"), slug=slug)
    joined = Membership.objects.in_force().filter(chamber=found, company__is_listed=True)
    newest = joined.select_related("company__country").order_by("-starts_on", "company")[:NEWEST]
    return render(
        request, "chambers/chamber.html", {"shown": chamber_page(found), "newest": newest}
    )


@require_safe
def council(request: PageRequest, slug: str) -> HttpResponse:
    """A council of heads of chambers, with figures over its chambers."""
    found = get_object_or_404(Council.objects.visible_to(request.user), slug=slug)
    sitting = with_members(found.chambers.all()).select_related("country")
    context = {"council": found, "chambers": sitting, "members": members_of(found)}
    return render(request, "chambers/council.html", context)
