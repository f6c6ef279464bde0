"""The daily mail: one mail with all that could wait until the morning."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from chambers.models import Job, Mail, User
from chambers.services import jobs, links
from chambers.services.mail import next_digest, queue_mail
from chambers.services.topics import DIGEST

DIGEST_JOB = "mail.digest"
ANEW_AFTER = dt.timedelta(days=1)  # one that failed for good is not tried sooner by itself
MOST = 50  # things that a daily mail tells one by one


@jobs.by_the_clock
def ask_for_digests(now: dt.datetime) -> None:
    """Write down the daily mails that are due: something was held before its reader's morning."""
    held = Mail.objects.filter(state=Mail.State.HELD, person__is_active=True)
    since = dict(held.values_list("person").annotate(Min("created_at")).order_by("person"))
    people = User.objects.in_bulk(since)
    failed = Q(state=Job.State.PARKED, created_at__gt=now - ANEW_AFTER)
    asked = Job.objects.filter(kind=DIGEST_JOB, key__in=[str(pk) for pk in since])
    under_way = asked.open() | asked.filter(failed)
    known = set(under_way.values_list("key", flat=True))
    for pk, first in since.items():
        with jobs.spared(f"daily mail of person {pk}"):
            if str(pk) not in known and next_digest(people[pk], first) <= now:
                jobs.enqueue(DIGEST_JOB, {"person": pk}, key=str(pk))


@jobs.handles(DIGEST_JOB)
def send_digest(lease: jobs.Lease) -> None:
    """Write the daily mail of one person; one mail, however much has come together."""
    with lease.finish() as result:
        person = User.objects.get(pk=lease.payload["person"])
        result["mails"] = write_digest(person) if person.is_active else 0


@transaction.atomic
def write_digest(person: User) -> int:
    """Put all that is held for a person into one mail; of how many things it tells."""
    held = Mail.objects.filter(person=person, state=Mail.State.HELD)
    waiting = list(held.select_for_update().order_by("created_at", "pk"))
    if not waiting:
        return 0
    rows = [{"subject": one.subject, "path": _path_of(one)} for one in waiting[:MOST]]
    context = {"rows": rows, "total": len(waiting), "more": max(0, len(waiting) - MOST)}
    digest = queue_mail(DIGEST, to=person, context=context)
    Mail.objects.filter(pk__in=[one.pk for one in waiting]).update(
        state=Mail.State.INCLUDED, digest=digest, sent_at=timezone.now()
    )
    return len(waiting)


def _path_of(mail: Mail) -> str:
    """Where a mail leads on this site: to its page, not to what one link of it would do.

    A link that does something is taken where the mail has no other address.
    """
    here = f"{settings.BASE_URL}/"
    lines = [one.strip() for one in mail.text.splitlines() if one.startswith(here)]
    pages = [one for one in lines if not links.is_link(one)]
    return urlsplit(next(iter([*pages, *lines]), "")).path
