"""The REST door of this app."""

from matching.api.decisions import Dismissals, Histories, Refusals
from matching.api.scoring import Scoring
from matching.api.suggestions import (
    CompanyAdvice,
    CompanySuggestedCodes,
    CompanySuggestions,
    CompanyTriads,
    Runs,
)

__all__ = [
    "CompanyAdvice",
    "CompanySuggestedCodes",
    "CompanySuggestions",
    "CompanyTriads",
    "Dismissals",
    "Histories",
    "Refusals",
    "Runs",
    "Scoring",
]
