"""Chamber staff's product: Django's administration, scoped to the chambers one serves."""

from chambers.admin import bodies, codes, companies, joining, memberships, people, queues, work

__all__ = [
    "bodies",
    "codes",
    "companies",
    "joining",
    "memberships",
    "people",
    "queues",
    "work",
]
