"""Matching for chamber staff: runs and lists, histories of pairs, rules, what chambers stress."""

from matching.admin import emphases, history, runs, triads, weights

__all__ = ["emphases", "history", "runs", "triads", "weights"]
