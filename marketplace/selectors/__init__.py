"""What pages and endpoints read about opportunities and those who publish them."""

from marketplace.selectors.search import opportunity_index, search_opportunities

__all__ = ["opportunity_index", "search_opportunities"]
