"""What pages and endpoints read about opportunities and those who publish them."""

from marketplace.selectors.search import opportunity_vector, search_opportunities

__all__ = ["opportunity_vector", "search_opportunities"]
