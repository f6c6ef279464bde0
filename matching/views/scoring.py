"""How we score, told from the very constants the engine uses."""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.views.decorators.http import require_safe

from matching.engine import Weights
from matching.engine.prior import shipped_name
from matching.engine.scoring import coverage
from matching.models import ChamberEmphasis, EventEmphasis, Run, WeightSet
from matching.models.constants import CONSTANTS, Constant
from matching.selectors.emphases import stresses
from matching.services.lists import LENGTH, WIDTH
from matching.services.weights import weights_in_force


@require_safe
def scoring(request: HttpRequest) -> HttpResponse:
    """One page on the rules, by the run shown now or, before the first, by the rules in force."""
    run = Run.objects.current()
    weights = Weights(**run.weights) if run else weights_in_force()
    in_force = WeightSet.objects.visible_to(request.user).first()
    # A deeper code brings its parents along, so evidence adds up from the chapter down.
    depths = accumulate(weights.levels[level] for level in ("hs2", "hs4", "hs6"))
    chapter, heading, position = (_percent(coverage(amount)) for amount in depths)
    emphases = ChamberEmphasis.objects.visible_to(request.user).select_related("chamber")
    events = EventEmphasis.objects.awaiting(request.user).select_related("event")
    context = {
        "run": run,
        "are_tables_next": run is not None and run.tables != shipped_name(),
        "weights": weights,
        "in_force": in_force,
        "is_next": in_force is not None and in_force.version != weights.version,
        "chapter": chapter,
        "heading": heading,
        "position": position,
        "division": _percent(coverage(weights.levels["nace"])),
        "met": _percent(weights.met),
        "strong": _percent(weights.strong),
        "better": _percent(weights.better),
        "worse": _percent(1 - weights.better),
        "met_before": _percent(weights.met_before),
        "prior_most": _percent(coverage(weights.prior_most)),
        "prior_gains": _plain(weights.prior_gains),
        "prior_leaves": _percent(weights.prior_leaves),
        "common_least": _percent(weights.common_least),
        "emphases": [(one, stresses(one)) for one in emphases.order_by("chamber__name_en")],
        "events": [(one, stresses(one)) for one in events.order_by("event__starts_on", "pk")],
        "attention": _attention(run),
        "much": round(weights.share_cap * LENGTH),
        "little": round(weights.share_floor * LENGTH),
        "budget": 100 * weights.share_budget,
        "shortlist": WIDTH,
        "constants": _constants(weights),
    }
    return render(request, "matching/scoring.html", context)


def _constants(weights: Weights) -> list[tuple[str, list[tuple[Constant, str]]]]:
    """(part of the rules, its constants, each with its value)."""
    parts = groupby(CONSTANTS, lambda one: str(one.part))
    return [(part, [(one, _plain(one.of(weights))) for one in some]) for part, some in parts]


def _attention(run: Run | None) -> dict[str, Any] | None:
    """What sharing attention cost the lists that are shown; None where it was not shared."""
    if run is None or not run.attention:
        return None
    told = run.attention
    return {
        "cost": 100 * told["cost"],
        "most": (told["before"]["most"], told["after"]["most"]),
        "never": (told["before"]["never"], told["after"]["never"]),
    }


def _plain(number: float) -> str:
    """To four digits after the point, without needless zeros, as the reader writes numbers."""
    return number_format(f"{number:.4f}".rstrip("0").rstrip("."))


def _percent(share: float) -> int:
    return round(share * 100)
