"""Trade codes that a text under review speaks of."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chambers.models import TradeCode
from marketplace.admin.reviews import reads_codes
from matching.selectors.codes import told_codes


@reads_codes
def codes_under_review(
    texts: Mapping[str, str], stated: Collection[TradeCode], wants: bool
) -> list[tuple[TradeCode, int]]:
    """As the page of one's own company reads its description, by the same classifier."""
    return told_codes(texts, stated, of_needs=wants)
