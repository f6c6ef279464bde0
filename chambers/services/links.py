"""Links in mails that do one thing for one person, without a sign-in.

A link opens a page that says what will be done, with a button: programs that open every link of a
mail before its reader does change nothing. What it carries is signed, not secret: the purpose, the
person, a key that the purpose understands, and its last moment. It dies with the person's account,
and with a change of the address it was mailed to.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac

from chambers.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SALT = "chambers.links"
_TOKEN = re.compile(r"(/links/)[^/\s]+/")
DAYS = 14  # how long a link is good for when nobody says otherwise


class UnknownLinkError(Exception):
    """Not signed by us, cut off by a mail program, or of a person who is gone."""


class ExpiredLinkError(Exception):
    """Past its last moment."""


@dataclass(frozen=True)
class Question:
    """What the page of a link says before anything is done; ``button`` does it."""

    title: str
    text: str
    button: str


@dataclass(frozen=True)
class Done:
    """What the page says afterwards; ``address`` is a page of this site to go on to."""

    text: str
    address: str = ""
    label: str = ""


Asks = Callable[[User, str], Question]
Handler = Callable[..., Done]
Reasons = Sequence[tuple[str, "StrOrPromise"]]


@dataclass(frozen=True)
class Purpose:
    """How a purpose asks and what it does; ``one_click``: a mail program may do it by itself.

    With ``reasons``, (what is stored, its wording), the page asks why, and one may say nothing.
    """

    name: str
    asks: Asks
    do: Handler
    one_click: bool
    reasons: Reasons = ()


@dataclass(frozen=True)
class Link:
    """A link that is good: do ``purpose`` with ``key`` as ``person``."""

    purpose: Purpose
    person: User
    key: str


_purposes: dict[str, Purpose] = {}


def handles(
    purpose: str, *, asks: Asks, one_click: bool = False, reasons: Reasons = ()
) -> Callable[[Handler], Handler]:
    """Register the function that does ``purpose`` when the button is pressed.

    Both get the person and the key of the link, with ``reasons`` the function ``reason_code`` and
    ``reason``, too. They find the row as that person would, call one service, and must bear a
    second press. A ValidationError is shown on the page, of a field beside it; a row that is no
    longer there, or no longer theirs (``DoesNotExist``, ``Http404``, ``PermissionDenied``), reads
    as a link that is good no more.
    """

    def register(handler: Handler) -> Handler:
        _purposes[purpose] = Purpose(purpose, asks, handler, one_click, reasons)
        return handler

    return register


def link(purpose: str, *, person: User, key: str = "", days: float = DAYS) -> str:
    """The address for a mail to ``person``, in their language.

    Raises KeyError for a purpose that nothing handles.
    """
    name = _purposes[purpose].name
    until = int(time.time() + days * 24 * 3600)
    token = signing.Signer(salt=SALT).sign_object(
        [name, str(person.public_id), key, until, _mark(person)], compress=True
    )
    with translation.override(person.language):
        return settings.BASE_URL + reverse("link", args=[token])


def read(token: str) -> Link:
    """The link that a token stands for.

    Raises UnknownLinkError or ExpiredLinkError.
    """
    try:
        name, public_id, key, until, mark = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        raise UnknownLinkError from None
    person = User.objects.filter(public_id=public_id, is_active=True).first()
    if person is None or name not in _purposes or not constant_time_compare(mark, _mark(person)):
        raise UnknownLinkError
    if until < time.time():
        raise ExpiredLinkError
    return Link(_purposes[name], person, key)


def is_link(line: str) -> bool:
    """Whether a line is an address that ``link`` made, whoever it is for."""
    head, _, token = line.rstrip("/").rpartition("/")
    if not head.startswith(f"{settings.BASE_URL}/") or not head.endswith("/links"):
        return False
    try:
        signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return False
    return True


def without_links(text: str) -> str:
    """A mail for the eyes of others: what its links do, they do for their reader alone."""
    return _TOKEN.sub(r"\1…/", text)


def _mark(person: User) -> str:
    """Changes with the person's address, and says nothing about it."""
    return salted_hmac(SALT, person.email).hexdigest()[:16]
