"""Figures of an evaluation for people, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matching.evaluation.answering import METRICS
from matching.evaluation.metrics import Figure

Figures = Mapping[str, Mapping[str, Figure]]

_WHOLE = {"violations", "queries"}


def lines(figures: Figures) -> Iterator[str]:
    """One block per metric, one line per method: value and 95 % interval."""
    width = max(map(len, figures))
    for metric in METRICS:
        yield metric
        for method, found in figures.items():
            figure = found[metric]
            if metric in _WHOLE:
                yield f"  {method:<{width}}  {figure.value:.0f}"
            else:
                yield (
                    f"  {method:<{width}}  {figure.value:.4f}  "
                    f"[{figure.low:.4f}, {figure.high:.4f}]"
                )


def as_data(figures: Figures) -> dict[str, dict[str, float]]:
    """``{method: {metric: value}}``."""
    return {
        method: {metric: found[metric].value for metric in METRICS}
        for method, found in figures.items()
    }
