"""The addresses in mails by which a request for a meeting or an interest is answered.

``request_links`` and ``interest_links`` act on them.
"""

from __future__ import annotations

from hashlib import sha256

from django.utils import timezone

from chambers.models import User
from chambers.services import links
from marketplace.models import Interest, MeetingRequest

ACCEPT = "request.accept"
DECLINE = "request.decline"
ACCEPT_INTEREST = "interest.accept"
DECLINE_INTEREST = "interest.decline"
_DAY = 24 * 3600


def key_of(request: MeetingRequest) -> str:
    """The key of the links: the request, who is to answer it, and its times as they are now."""
    slots = sorted(one.pk for one in request.slots.all())
    terms = sha256(f"{request.answer_from_id} {slots}".encode()).hexdigest()[:16]
    return f"{request.public_id}:{terms}"


def _needs_time(request: MeetingRequest) -> bool:
    return request.event.is_direct and request.joins is None and not request.slots.all()


def answer_links(request: MeetingRequest, reader: User) -> dict[str, str]:
    """Addresses under ``accept`` and ``decline``, good while the request waits; else none.

    None where who accepts has to name the time: that takes the page.
    """
    if not request.is_open or request.expires_at is None or _needs_time(request):
        return {}
    days = (request.expires_at - timezone.now()).total_seconds() / _DAY
    key = key_of(request)
    return {
        name: links.link(purpose, person=reader, key=key, days=days)
        for name, purpose in (("accept", ACCEPT), ("decline", DECLINE))
    }


def interest_links(interest: Interest, reader: User) -> dict[str, str]:
    """Addresses under ``accept`` and ``decline`` for who reads it at the owner; else none.

    None while a question waits for its answer, or a chamber has it: its staff answer signed in.
    """
    if interest.status != Interest.Status.WITH_OWNER:
        return {}
    key = str(interest.public_id)
    return {
        name: links.link(purpose, person=reader, key=key)
        for name, purpose in (("accept", ACCEPT_INTEREST), ("decline", DECLINE_INTEREST))
    }
