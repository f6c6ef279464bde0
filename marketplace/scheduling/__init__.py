"""Gives meetings a time and a table: pure code, no Django, no clock in its results."""
