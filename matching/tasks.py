"""Importing this registers the jobs of the matching; see ``matching.services``."""

from matching.services import advice, previews, refresh, runs, triads

__all__ = ["advice", "previews", "refresh", "runs", "triads"]
