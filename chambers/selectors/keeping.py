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
    """Some data, why it is held, and until when; ``parts`` are its tables in the download."""

    what: str
    why: str
    until: str
    parts: tuple[str, ...] = ()


def kept_of_people(*, mails: dt.timedelta, unconfirmed: dt.timedelta) -> list[Kept]:
    """What is held of each person, in the language in use.

    ``mails`` and ``unconfirmed`` are how long a mail and an account that nobody confirmed stay.
    """
    return [
        *_of_the_account(mails, unconfirmed),
        *_of_the_companies(),
        *_of_the_chambers(),
    ]


def _of_the_account(mails: dt.timedelta, unconfirmed: dt.timedelta) -> list[Kept]:
    session = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE) // _HOUR
    return [
        Kept(
            _(
                "Your name, addresses, language, time zone, choice of mails and password (as a"
                " hash)"
            ),
            _("You opened the account: without them you cannot sign in or act for a company."),
            _("until you delete the account; if the address is never confirmed, %(time)s")
            % {"time": _days(unconfirmed)},
            ("account", "addresses", "mail_choices"),
        ),
        Kept(
            _("Where you are signed in, your second factors, and the keys of your programs"),
            _("You asked for them."),
            _("a sign-in %(time)s, a key until its last day, all until you delete the account")
            % {"time": ngettext("%(n)d hour", "%(n)d hours", session) % {"n": session}},
            ("second_factors", "api_tokens"),
        ),
        Kept(
            _("Saved searches and calendar addresses"),
            _("You made them."),
            _("until you delete them or the account"),
            ("saved_searches", "calendar_addresses"),
        ),
        Kept(
            _("Mails to you"),
            _("You and the chambers can look up what you were told."),
            _days(mails),
            ("mails",),
        ),
    ]


def _of_the_companies() -> list[Kept]:
    as_long = _("as long as the companies are here; your name goes with your account")
    return [
        Kept(
            _("For which companies and chambers you act, and who asked or invited whom"),
            _("They decide who may, and others have to know it."),
            _("until you or they end it"),
            ("companies", "chambers", "requests_to_join", "invitations", "invited"),
        ),
        Kept(
            _("Events, meetings, requests, interests, messages, and what you said after meetings"),
            _("Two companies rely on them, not you alone."),
            as_long,
            (
                *("events", "registrations", "closed_times", "meetings", "meeting_requests"),
                *("interests", "interest_answers", "messages", "blocks", "feedback"),
            ),
        ),
        Kept(
            _("Papers that you reported or confirmed"),
            _("Both companies and a chamber have to be able to prove what was signed."),
            as_long,
            ("contracts",),
        ),
        Kept(
            _("Texts and files that you wrote or put up for a company"),
            _("They are the company's."),
            as_long,
            ("changed_texts", "files"),
        ),
        Kept(
            _("Partners that you put aside or noted as known"),
            _("Your company is not to be proposed them again."),
            as_long,
            ("not_relevant", "known_partners", "declined_proposals"),
        ),
    ]


def _of_the_chambers() -> list[Kept]:
    return [
        Kept(
            _("What you did for a chamber: reviews and changes in the administration"),
            _("Who is concerned may ask why it was decided so."),
            _("without an end; your name goes with your account"),
            ("reviews", "administration"),
        ),
        Kept(
            _("Messages that you reported"),
            _("Staff looks into them."),
            _("as long as the message is here; your name goes with your account"),
            ("reports",),
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
