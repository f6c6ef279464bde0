"""Importing this registers the jobs of the matching; see ``matching.services``."""

from matching.services import previews, refresh, runs

__all__ = ["previews", "refresh", "runs"]
