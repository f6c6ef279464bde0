"""Who should meet whom: runs of the engine, what they found, and what they follow."""

from matching.models.emphases import ChamberEmphasis
from matching.models.history import Dismissal, PairHistory
from matching.models.lists import IndexFile, Shortlist, SuggestionList
from matching.models.products import Advice, Triad, TriadRefusal
from matching.models.profiles import Profile
from matching.models.runs import Run, Term
from matching.models.weights import WeightSet

__all__ = [
    "Advice",
    "ChamberEmphasis",
    "Dismissal",
    "IndexFile",
    "PairHistory",
    "Profile",
    "Run",
    "Shortlist",
    "SuggestionList",
    "Term",
    "Triad",
    "TriadRefusal",
    "WeightSet",
]
