"""Matching for chamber staff: runs and their lists, histories of pairs, versions of the rules."""

from matching.admin import history, runs, weights

__all__ = ["history", "runs", "weights"]
