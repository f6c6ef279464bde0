"""What is held of a person, why, and for how long: plain facts, from what the code does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Kept:
    """Some data, why it is held, and until when."""

    what: str
    why: str
    until: str


def kept_of_people(*, mails: dt.timedelta, unconfirmed: dt.timedelta) -> list[Kept]:
    """What is held of each person, in the language in use.

    ``mails`` and ``unconfirmed`` are how long a mail and an account that nobody confirmed stay.
    """
    session = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE) // _HOUR
    return [
        Kept(
            _("Your name, address, language, time zone and password (as a hash)"),
            _("You opened the account: without them you cannot sign in or act for a company."),
            _("until you delete the account; if the address is never confirmed, %(time)s")
            % {"time": _days(unconfirmed)},
        ),
        Kept(
            _("For which companies and chambers you act"),
            _("They decide who may, and others have to know it."),
            _("until you or they end it"),
        ),
        Kept(
            _("Meetings, requests, interests and messages"),
            _("Two companies rely on them, not you alone."),
            _("as long as the companies are here; your name goes with your account"),
        ),
        Kept(
            _("Mails to you"),
            _("You and the chambers can look up what you were told."),
            _days(mails),
        ),
        Kept(
            _("Where you are signed in, and the keys of your programs"),
            _("You asked for them."),
            _("a sign-in %(time)s, a key until its last day")
            % {"time": ngettext("%(n)d hour", "%(n)d hours", session) % {"n": session}},
        ),
        Kept(
            _("Application for membership and extract from the register"),
            _("The chamber checks who its members are; a law of its country may ask it to."),
            _("as long as the chamber is bound to: ask it"),
        ),
        Kept(
            _("The record of confirmed papers, which names companies only"),
            _("A chamber has to be able to prove it."),
            _("without an end: each entry proves the one before it"),
        ),
    ]


def _days(span: dt.timedelta) -> str:
    return ngettext("%(n)d day", "%(n)d days", span.days) % {"n": span.days}
