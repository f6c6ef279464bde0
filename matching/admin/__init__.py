"""Matching for chamber staff: runs and their lists, histories of pairs, versions of the rules."""

from matching.admin import history, runs, triads, weights

__all__ = ["history", "runs", "triads", "weights"]
