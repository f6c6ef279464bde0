"""Every change to the addresses from which calendar programs read meetings."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User, today
from marketplace.models import CalendarFeed
from marketplace.models.feeds import digest_of

MOST_FEEDS = 20  # of one person at once


@transaction.atomic
def open_feed(person: User, *, name: str = "") -> tuple[CalendarFeed, str]:
    """A new feed and the secret of its address, which is not kept; without a name it gets one.

    Raises ValidationError ``too_many_feeds``.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if CalendarFeed.objects.filter(person=person, revoked_at=None).count() >= MOST_FEEDS:
        raise ValidationError(
            _("You have %(most)d calendar addresses: revoke one first."),
            code="too_many_feeds",
            params={"most": MOST_FEEDS},
        )
    number = CalendarFeed.objects.filter(person=person).count() + 1
    name = name.strip() or _("Calendar %(number)d") % {"number": number}
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(person=person, name=name, digest=digest_of(secret))
    feed.full_clean()
    feed.save()
    return feed, secret


def note_reading(feed: CalendarFeed) -> None:
    """Remember the day on which a program read it last; written once a day."""
    day = today()
    CalendarFeed.objects.filter(pk=feed.pk).exclude(last_read_on=day).update(last_read_on=day)


def revoke_feed(feed: CalendarFeed) -> None:
    """Let the address answer no more; a second time changes nothing."""
    CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=timezone.now())
