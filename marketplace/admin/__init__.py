"""Opportunities, events and their timetables for chamber staff."""

from marketplace.admin import opportunities

__all__ = ["opportunities"]
