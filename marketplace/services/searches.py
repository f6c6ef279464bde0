"""Every change to saved searches, and the one mail a day that tells what is new in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chambers.models import Job, User
from chambers.services import jobs, links
from chambers.services.mail import queue_mail
from marketplace.models import SavedSearch
from marketplace.selectors.searches import address_of, in_words, new_for, read_asked
from marketplace.selectors.shown import shown_opportunities

AT_MOST = 20  # of one person
MAILED_AT = dt.time(6, 0)  # UTC
TOLD = 5  # new results of a search that a mail names
_COUNTED = 100  # beyond that a mail says "more than"
_LONGEST_NAME = 120
_MAIL_JOB = "marketplace.search_mail"
_STOP = "search.stop"
_LINK_DAYS = 90.0


@transaction.atomic
def save_search(
    *, by: User, kind: str, query: str, name: str = "", is_daily: bool = True
) -> SavedSearch:
    """Keep what a list is asked, under ``name`` or what it asks in words.

    ``query`` is that of the list's address. Raises ValidationError ``already_saved``,
    ``too_many_searches``, ``bad_list``.
    """
    if kind not in SavedSearch.Kind.values:
        raise ValidationError(_("There is no such list."), code="bad_list")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # so that two do not pass the count
    mine = SavedSearch.objects.visible_to(by)
    if mine.count() >= AT_MOST:
        raise ValidationError(
            _("You keep %(most)d searches, the most there can be: delete one first."),
            code="too_many_searches",
            params={"most": AT_MOST},
        )
    asked = read_asked(kind, QueryDict(query), by)
    title = name.strip() or ", ".join(in_words(kind, asked, by))
    search = SavedSearch(
        person=by, kind=kind, query=asked.query(), name=title[:_LONGEST_NAME], is_daily=is_daily
    )
    search.full_clean()
    search.save()
    return search


@transaction.atomic
def change_search(search: SavedSearch, *, name: str, is_daily: bool) -> SavedSearch:
    """Name a search anew, have it mailed or not; what came while it was off is not mailed.

    Raises ValidationError on ``name`` for an empty one.
    """
    search = SavedSearch.objects.select_for_update().get(pk=search.pk)
    if is_daily and not search.is_daily:
        search.told_until = timezone.now()
    search.name, search.is_daily = name.strip(), is_daily
    search.full_clean()
    search.save(update_fields=["name", "is_daily", "told_until"])
    return search


def forget_search(search: SavedSearch) -> None:
    """Delete a saved search; a second time nothing is left to delete."""
    SavedSearch.objects.filter(pk=search.pk).delete()


def stop_mails(person: User, key: str) -> int:
    """End the daily mails about one search, or about all for ``all``; how many ended."""
    mine = SavedSearch.objects.visible_to(person).filter(is_daily=True)
    if key != "all":
        mine = mine.filter(public_id=key)
    return mine.update(is_daily=False)


def _asks_stop(person: User, key: str) -> links.Question:
    if key == "all":
        return links.Question(
            _("Stop the mails about your searches?"),
            _("Your searches stay where they are; only the mails end."),
            _("Stop all of them"),
        )
    search = SavedSearch.objects.visible_to(person).get(public_id=key)
    return links.Question(
        _("Stop the mails about “%(name)s”?") % {"name": search.name},
        _("The search stays where it is; only its mails end."),
        _("Stop"),
    )


@links.handles(_STOP, asks=_asks_stop, one_click=True)
def _stop(person: User, key: str) -> links.Done:
    stop_mails(person, key)
    return links.Done(
        _("No more mails about it. Under your saved searches you can have them again."),
        address=reverse("searches"),
        label=_("Your saved searches"),
    )


@jobs.by_the_clock
@transaction.atomic
def mail_daily(now: dt.datetime) -> None:
    """Ask for the day's mails once it is time; once a day, however many clocks are running."""
    due = dt.datetime.combine(now.astimezone(dt.UTC).date(), MAILED_AT, dt.UTC)
    key = due.date().isoformat()
    if now < due or Job.objects.filter(kind=_MAIL_JOB, key=key).exists():
        return
    jobs.enqueue(_MAIL_JOB, {"until": now.isoformat()}, key=key)


@jobs.handles(_MAIL_JOB)
def _mail_everybody(lease: jobs.Lease) -> None:
    """One mail to each person whose searches have something new; nobody is told twice."""
    until = dt.datetime.fromisoformat(lease.payload["until"])
    people = list(
        SavedSearch.objects.filter(is_daily=True, told_until__lt=until, person__is_active=True)
        .order_by("person")
        .values_list("person", flat=True)
        .distinct()
    )
    mailed = 0
    for at, person in enumerate(people, 1):
        with jobs.spared(f"searches of person {person}"):
            mailed += tell_of_new(person, until)
        lease.progress(at, len(people))
    with lease.finish({"mails": mailed}):
        pass


@transaction.atomic
def tell_of_new(person: int, until: dt.datetime) -> bool:
    """Mail a person what is new in their searches since they were told; whether anything was."""
    rows = SavedSearch.objects.filter(person=person, is_daily=True, told_until__lt=until)
    searches = list(
        rows.select_for_update(of=("self",)).select_related("person").order_by("name", "pk")
    )
    if not searches:
        return False
    reader = searches[0].person
    with translation.override(reader.language):
        told = [one for one in (_news_of(search, until) for search in searches) if one]
    rows.filter(pk__in=[one.pk for one in searches]).update(told_until=until)
    if told:
        stop_all = links.link(_STOP, person=reader, key="all", days=_LINK_DAYS)
        queue_mail("search_news", to=reader, context={"searches": told, "stop_all": stop_all})
    return bool(told)


def _news_of(search: SavedSearch, until: dt.datetime) -> dict[str, Any] | None:
    """What a mail says of one search; None when nothing is new."""
    rows = new_for(search, until, _COUNTED + 1)
    if not rows:
        return None
    named = rows[:TOLD]
    if search.kind == SavedSearch.Kind.OPPORTUNITIES:
        items = [
            {
                "title": " ".join(
                    one.titled()[0].split()
                ),  # one line: those of before may have more
                "reference": one.reference,
                "country": one.country.name,
            }
            for one in shown_opportunities(named, search.person)
        ]
        paths = [reverse("opportunity", args=[one.public_id]) for one in named]
    else:
        items = [{"title": one.told, "reference": "", "country": one.country.name} for one in named]
        paths = [reverse("company", args=[one.public_id]) for one in named]
    for item, path in zip(items, paths, strict=True):
        item["address"] = settings.BASE_URL + path
    left = len(rows) - len(named)
    return {
        "name": search.name,
        "items": items,
        "left": ngettext("and %(n)s more", "and %(n)s more", left) % {"n": left} if left else "",
        "address": settings.BASE_URL + address_of(search),
        "stop": links.link(_STOP, person=search.person, key=str(search.public_id), days=_LINK_DAYS),
    }
