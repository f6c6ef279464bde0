"""How we score, told from the very constants the engine uses."""

from __future__ import annotations

from itertools import accumulate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from matching.engine import Weights
from matching.engine.scoring import coverage
from matching.models import Run


@require_safe
def scoring(request: HttpRequest) -> HttpResponse:
    """One page on the rules, by the run shown now or, before the first, by the rules in force."""
    run = Run.objects.current()
    weights = Weights(**run.weights) if run else Weights()
    # A deeper code brings its parents along, so evidence adds up from the chapter down.
    depths = accumulate(weights.levels[level] for level in ("hs2", "hs4", "hs6"))
    chapter, heading, position = (_percent(coverage(amount)) for amount in depths)
    context = {
        "run": run,
        "weights": weights,
        "chapter": chapter,
        "heading": heading,
        "position": position,
        "division": _percent(coverage(weights.levels["nace"])),
        "met": _percent(weights.met),
        "strong": _percent(weights.strong),
        "better": _percent(weights.better),
        "worse": _percent(1 - weights.better),
    }
    return render(request, "matching/scoring.html", context)


def _percent(share: float) -> int:
    return round(share * 100)
