"""One's own data: all of it as files to keep, and the end of an account.

Each app says what it holds of a person (``holds``, in its ``own_data``), what keeps them from
leaving (``hinders``) and what it forgets (``forgets``); this module knows no app above its own.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Replace
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chambers.gates.archives import zip_of
from chambers.gates.tables import Cell, write_table
from chambers.models import (
    ApiToken,
    Company,
    Job,
    Mail,
    MailChoice,
    Representative,
    User,
)
from chambers.models.joining import Invitation, JoinRequest
from chambers.models.people import NOBODY

PERSONAL = ("account", "invited")  # kinds of mail that hold a link for one person alone


@dataclass(frozen=True)
class Held:
    """A table of what is held of a person: a file name without ending, and what it is."""

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


Holds = Callable[[User], Iterable[Held]]
Hinders = Callable[[User, dt.datetime], Iterable[str]]
Forgets = Callable[[User, dt.datetime], None]
_holds: list[Holds] = []
_hinders: list[Hinders] = []
_forgets: list[Forgets] = []


def holds(source: Holds) -> Holds:
    """Register what an app holds of a person, as they may read it."""
    _holds.append(source)
    return source


def hinders(source: Hinders) -> Hinders:
    """Register what a person has to do before their account can be deleted, in words."""
    _hinders.append(source)
    return source


def forgets(source: Forgets) -> Forgets:
    """Register how an app forgets who a person was; counts and the other side's rows stay."""
    _forgets.append(source)
    return source


# ---------------------------------------------------------------- download
def data_of(person: User, *, at: dt.datetime | None = None) -> bytes:
    """All that is held of a person, as a ZIP file of tables and a page that says what is in it.

    In their language. It holds what they may read here and nothing of anybody else.
    """
    now = at or timezone.now()
    with translation.override(person.language):
        tables = [one for source in _holds for one in source(person)]
        files = [("README.txt", _readme(person, tables, now).encode("utf-8-sig"))]
        for one in tables:
            target = io.BytesIO()
            write_table(target, one.header, one.rows)
            files.append((f"{one.name}.csv", target.getvalue()))
    return zip_of(files, folder=f"my-data-{now:%Y-%m-%d}", at=now.astimezone(dt.UTC))


def _readme(person: User, tables: Sequence[Held], at: dt.datetime) -> str:
    lines = [
        _("What Business Market holds of %(name)s") % {"name": person.name},
        f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "",
        _("Each file is a table (CSV, UTF-8) that any spreadsheet opens."),
        "",
        *(f"{one.name}.csv – {one.title} ({len(one.rows)})" for one in tables),
        "",
        _("Passwords and keys are stored as hashes only; they are not in here."),
        _("What companies and other people wrote belongs to them and is not in here either."),
    ]
    return "\r\n".join(lines) + "\r\n"


def addresses_of(person: User) -> set[str]:
    """The person's own address and others that they confirmed."""
    owned = EmailAddress.objects.filter(user=person, verified=True)
    return {person.email, *owned.values_list("email", flat=True)}


def to_any_of(addresses: Iterable[str]) -> Q:
    """Rows whose ``email`` is one of some addresses, of which there is one at least."""
    return reduce(or_, (Q(email__iexact=one) for one in addresses))


def mails_of(person: User) -> QuerySet[Mail]:
    """All mails to a person, those from before they had an account too."""
    return Mail.objects.filter(Q(person=person) | Q(person=None, to__iexact=person.email))


# ---------------------------------------------------------------- the end of an account
def before_leaving(person: User, *, at: dt.datetime | None = None) -> list[str]:
    """What a person has to do before their account can be deleted; nothing when it can be now."""
    now = at or timezone.now()
    return [one for source in _hinders for one in source(person, now)]


@hinders
def _roles(person: User, at: dt.datetime) -> Iterator[str]:
    """Nobody else would decide for a chamber or a company that still needs them."""
    if person.is_superuser:
        yield _("You operate this installation: another operator ends that first.")
    for one in person.staff_roles.select_related("chamber"):
        yield _("You work for %(chamber)s: a manager there ends that first.") % {
            "chamber": one.chamber.name
        }
    owner = Representative.Role.OWNER
    for mine in Representative.objects.filter(person=person, role=owner).select_related("company"):
        others = Representative.objects.filter(company=mine.company).exclude(pk=mine.pk)
        if others.exists() and not others.filter(role=owner).exists():
            yield _("%(company)s has no other main contact: make a colleague one first.") % {
                "company": mine.company.told
            }


@transaction.atomic
def delete_account(person: User, *, confirmed: str, at: dt.datetime | None = None) -> None:
    """Forget who a person was, at once and for good; rows that count stay without a name.

    ``confirmed`` is their address as they typed it. Raises ValidationError on ``confirmed``
    ``not_confirmed``; ``hindered`` with what has to be done first.
    """
    now = at or timezone.now()
    locked = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if confirmed.strip().lower() != locked.email.lower():
        text = _("Type your address exactly, so that nobody deletes an account by a slip.")
        raise ValidationError({"confirmed": ValidationError(text, code="not_confirmed")})
    # Colleagues who leave at once wait for each other: a company keeps a main contact.
    companies = Representative.objects.filter(person=locked).values("company")
    list(
        Representative.objects.select_for_update()
        .filter(company__in=companies)
        .order_by("company", "pk")
    )
    if found := before_leaving(locked, at=now):
        raise ValidationError([ValidationError(text, code="hindered") for text in found])
    with translation.override(locked.language):
        for forget in _forgets:
            forget(locked, now)
    _erase(locked)


@forgets
def _forget_account(person: User, at: dt.datetime) -> None:
    """Keys, second factors, wishes, and every mail's address and words."""
    addresses = addresses_of(person)
    _forget_in_mails_to_others(person, addresses)  # while it is known for whom they spoke
    ApiToken.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    MailChoice.objects.filter(person=person).delete()
    JoinRequest.objects.filter(person=person).delete()
    Invitation.objects.filter(to_any_of(addresses)).delete()
    Representative.objects.filter(person=person).delete()
    mails = mails_of(person)
    unsent = mails.filter(state__in=[Mail.State.QUEUED, Mail.State.HELD])
    keys = [str(key) for key in unsent.values_list("pk", flat=True)]
    Job.objects.filter(kind="mail.send", key__in=keys, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=at
    )
    unsent.update(state=Mail.State.OFF)
    mails.update(
        to=_address(person),
        subject="—",
        text="",
        html="",
        calendar="",
        cancellations="",
        problem="",
    )
    _forget_in_the_log(person)


def _forget_in_mails_to_others(person: User, addresses: set[str]) -> None:
    """Mails that tell others of a person are kept without the words that name them.

    A mail tells of this person, and not of a namesake, where it holds an address of theirs, goes
    to a colleague, or names a company that they spoke for. Its HTML part and its calendar file,
    which only repeat the text, go. What is still to leave is told as it stands: it is news.
    """
    mine = Company.objects.filter(representatives__person=person)
    about = Q(person__representations__company__in=mine.values("pk"))
    for name in mine.values_list("legal_name", flat=True):
        about |= Q(text__contains=name) | Q(subject__contains=name)
    words = [(address, Q()) for address in addresses]
    words += [(person.name, about)] if person.name else []
    sent = Mail.objects.exclude(state__in=[Mail.State.QUEUED, Mail.State.HELD]).annotate(
        # Its long lines are folded.
        entries=Replace("calendar", Value("\r\n "), Value(""), output_field=TextField())
    )
    for word, only in words:
        says = Q(text__contains=word) | Q(subject__contains=word) | Q(entries__contains=word)
        keys = list(sent.filter(says, only).values_list("pk", flat=True).distinct())
        Mail.objects.filter(pk__in=keys).update(
            text=Replace("text", Value(word), Value("—"), output_field=TextField()),
            subject=Replace("subject", Value(word), Value("—"), output_field=TextField()),
            html="",
            calendar="",
        )


def _forget_in_the_log(person: User) -> None:
    """What staff did stays noted, without the name of whom they did it to.

    Rows that are gone by now, such as a former role, are known by the words of ``__str__``.
    """
    account = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    named = Q()
    for word in filter(None, [person.name, person.email]):
        named |= Q(object_repr=word) | Q(object_repr__startswith=f"{word}, ")
    LogEntry.objects.filter(account | named).update(object_repr="—", change_message="")
    # Of a row within another one, such as a representative of a company: as JSON holds it.
    inside = Q()
    for word in filter(None, [person.name, person.email]):
        inside |= Q(change_message__contains=json.dumps(word)[:-1])
    LogEntry.objects.filter(inside).update(change_message="")


def _address(person: User) -> str:
    return f"{person.public_id}@{NOBODY}"


def _erase(person: User) -> None:
    """The account without anything that tells whose it was; it opens nothing any more."""
    person.email, person.name = _address(person), ""
    person.language, person.time_zone = "en", "UTC"
    person.is_active, person.last_login = False, None
    person.set_unusable_password()
    person.save(
        update_fields=[
            "email",
            "name",
            "language",
            "time_zone",
            "is_active",
            "last_login",
            "password",
        ]
    )
