"""From the arrays of an index to what the compiled loop reads."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.engine import kernel
from matching.engine.packing import Array


def frozen(values: Array) -> Array:
    """A read-only plain view: one compiled form serves arrays from memory and from files."""
    view = np.ascontiguousarray(np.asarray(values)).view()
    view.flags.writeable = False
    return view


def _fields(kind: Any, arrays: Mapping[str, Array], name: str) -> Any:
    return kind(*(arrays[f"{name}_{field}"] for field in kind._fields))


def world_of(arrays: Mapping[str, Array]) -> kernel.World:
    """The world of an index, or of one company in the numbers of an index."""
    covering = np.diff(arrays["offers_first"]).max(initial=0) + 1
    needing = np.diff(arrays["demands_first"]).max(initial=0)
    limits = _fields(kernel.Limits, arrays, "limits")
    profiles, offers, demands = (
        _fields(kernel.Vectors, arrays, name) for name in ("profiles", "offers", "demands")
    )
    cards = np.zeros(len(limits.ids), kernel.CARD)
    kernel.fill_cards(limits, profiles, offers, demands, cards)
    return kernel.World(
        limits=limits,
        lifts=_fields(kernel.Lifts, arrays, "lifts"),
        profiles=profiles,
        offers=offers,
        demands=demands,
        covers=_merged(arrays, "covers", "profiles"),
        needs=_merged(arrays, "needs", "demands"),
        profile_most=arrays["profiles_most"],
        most_rows=frozen(np.array([covering, needing], np.int64)),
        cards=frozen(cards),
    )


def _merged(arrays: Mapping[str, Array], name: str, single: str) -> kernel.Merged:
    """One row per company; terms and values are those of ``single`` where nobody has several."""
    return kernel.Merged(
        arrays[f"{name}_start"],
        arrays.get(f"{name}_terms", arrays[f"{single}_terms"]),
        arrays.get(f"{name}_values", arrays[f"{single}_values"]),
        arrays[f"{name}_most"],
    )
