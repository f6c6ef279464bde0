"""Brings PostgreSQL and Valkey along, and runs the service on this machine.

The rule in one sentence: a service whose URL the environment names is used as it is; any
other is brought along. Nothing here imports Django: it runs before settings exist.
"""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
