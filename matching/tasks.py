"""Importing this registers the jobs of the matching; see ``matching.services``."""

from matching.services import refresh, runs

__all__ = ["refresh", "runs"]
