"""Once a day: who has something published whose last day is near is told so, once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.http import Http404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chambers.models import User, today
from chambers.services import jobs, links
from marketplace.models import Opportunity
from marketplace.services import opportunity_mail
from marketplace.services.opportunities import renew_opportunity

JOB = "marketplace.expiring"
TOLD_BEFORE = dt.timedelta(days=14)


@jobs.by_the_clock
def ask_for_reminders(now: dt.datetime) -> None:
    """Have those told whose opportunities end soon, once a day."""
    jobs.enqueue_daily(JOB, now)


@jobs.handles(JOB)
def remind(lease: jobs.Lease) -> None:
    """Tell the companies; done twice on a day, nobody is told twice."""
    day = dt.date.fromisoformat(lease.payload["day"])
    with lease.finish() as result:
        result["told"] = remind_of_last_days(day)


@transaction.atomic
def remind_of_last_days(on: dt.date | None = None) -> int:
    """Mail about what ends within ``TOLD_BEFORE`` and was not mailed about; how many."""
    day = on or today()
    near = Opportunity.objects.on_show(day).filter(expires_on__lte=day + TOLD_BEFORE)
    untold = near.filter(Q(reminded_for=None) | ~Q(reminded_for=F("expires_on")))
    rows = list(untold.select_for_update(of=("self",)).select_related("company").order_by("pk"))
    for one in rows:
        opportunity_mail.tell_of_last_day(one)
        # Not ``save``: a reminder is no change of the text that matching would read anew.
        Opportunity.objects.filter(pk=one.pk).update(reminded_for=one.expires_on)
    return len(rows)


def _asks_renew(person: User, key: str) -> links.Question:
    one = _theirs(person, key)
    last = date_format(one.expires_on) if one.expires_on else ""
    return links.Question(
        title=_("Renew %(reference)s?") % {"reference": one.reference},
        text=_("“%(title)s” is shown until %(last)s; renewed, for a year longer.")
        % {"title": one.titled()[0], "last": last},
        button=_("Renew"),
    )


@links.handles(opportunity_mail.RENEW, asks=_asks_renew)
def _renew(person: User, key: str) -> links.Done:
    one = renew_opportunity(_theirs(person, key), by=person)
    last = date_format(one.expires_on) if one.expires_on else ""
    return links.Done(
        _("Renewed: it is shown until %(last)s.") % {"last": last},
        address=reverse("opportunity", args=[one.public_id]),
        label=_("Open it"),
    )


def _theirs(person: User, key: str) -> Opportunity:
    found = Opportunity.objects.edited_by(person).filter(public_id=key).first()
    if found is None:
        raise Http404
    return found
