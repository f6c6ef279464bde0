"""Offers and requests that other pages point to."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from marketplace.models import Opportunity
from marketplace.selectors.shown import ShownOpportunity

register = template.Library()


@register.inclusion_tag("marketplace/_item_link.html", takes_context=True)
def item_link(
    context: RequestContext, item: Opportunity | ShownOpportunity, opens: bool | str = ""
) -> dict[str, Any]:
    """The title of an item, as a link unless its page is closed to the reader by now.

    ``opens``: known already, as lists do; else asked with one query.
    """
    if opens == "":  # what a template does not know, too
        rows = Opportunity.objects.visible_to(context["request"].user)
        opens = rows.filter(public_id=item.public_id).exists()
    return {"item": item, "opens": opens}
