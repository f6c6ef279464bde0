"""Who should meet whom: runs of the engine, what they found, and what they follow."""

from matching.models.emphases import ChamberEmphasis, EventEmphasis, StatedEmphasis
from matching.models.history import Dismissal, PairHistory
from matching.models.lists import IndexFile, Shortlist, SuggestionList
from matching.models.products import Advice, Triad, TriadRefusal
from matching.models.profiles import Profile
from matching.models.runs import Run, Term
from matching.models.versions import Version
from matching.models.weights import WeightSet

__all__ = [
    "Advice",
    "ChamberEmphasis",
    "Dismissal",
    "EventEmphasis",
    "IndexFile",
    "PairHistory",
    "Profile",
    "Run",
    "Shortlist",
    "StatedEmphasis",
    "SuggestionList",
    "Term",
    "Triad",
    "TriadRefusal",
    "Version",
    "WeightSet",
]
