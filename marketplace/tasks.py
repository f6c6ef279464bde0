"""Importing this registers the jobs of the marketplace; see ``marketplace.services``."""

from marketplace.services import proposals, requests, standby, timetable_mail, timetables

__all__ = ["proposals", "requests", "standby", "timetable_mail", "timetables"]
