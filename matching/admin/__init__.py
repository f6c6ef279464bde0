"""Matching for chamber staff: runs and lists, histories of pairs, rules, what chambers stress."""

from matching.admin import codes, emphases, history, runs, triads, weights

__all__ = ["codes", "emphases", "history", "runs", "triads", "weights"]
