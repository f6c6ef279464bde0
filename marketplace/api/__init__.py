"""The REST door of this app, one module per noun."""

from marketplace.api.opportunities import Companies, Opportunities

__all__ = ["Companies", "Opportunities"]
