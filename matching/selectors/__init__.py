"""What is shown of the matching; each page, endpoint and administration reads it here."""

from matching.selectors.suggestions import (
    Reason,
    Suggestion,
    Suggestions,
    Way,
    partners_by_country,
    suggestion_between,
    suggestions_among,
    suggestions_for,
    tenths,
)

__all__ = [
    "Reason",
    "Suggestion",
    "Suggestions",
    "Way",
    "partners_by_country",
    "suggestion_between",
    "suggestions_among",
    "suggestions_for",
    "tenths",
]
