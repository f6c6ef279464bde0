"""Two companies open their contacts to each other."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from chambers.models import Company, Contact


@transaction.atomic
def open_contact(one: Company, other: Company, *, at: dt.datetime | None = None) -> Contact:
    """Let each of two companies see what the other keeps for those who agreed to a contact.

    Opened once, it stays; a second time changes nothing. The caller holds the reason.
    """
    first, second = sorted((one, other), key=lambda company: company.pk)
    contact, _made = Contact.objects.get_or_create(
        one=first, other=second, defaults={"opened_at": at or timezone.now()}
    )
    return contact
