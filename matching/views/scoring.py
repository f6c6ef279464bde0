"""How we score, told from the very constants the engine uses."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from matching.engine import Weights
from matching.engine.scoring import coverage
from matching.models import Run, WeightSet
from matching.services.lists import WIDTH
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
    context = {
        "run": run,
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
        "attention": _attention(run),
        "shortlist": WIDTH,
    }
    return render(request, "matching/scoring.html", context)


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


def _percent(share: float) -> int:
    return round(share * 100)
