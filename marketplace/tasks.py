"""Importing this registers the jobs of the marketplace; see ``marketplace.services``."""

from marketplace.services import requests, standby, timetable_mail, timetables

__all__ = ["requests", "standby", "timetable_mail", "timetables"]
