"""Mails about memberships: to the chamber of who applies, to the company of what runs out.

Once a day, whose membership has run out reads what stays, until when, and how to renew it.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from chambers.models import Chamber, Mail, Membership, User, today
from chambers.selectors.staff import managers_of
from chambers.services import jobs
from chambers.services.mail import queue_mail
from chambers.services.representatives import main_contacts

JOB = "chambers.memberships"
TOLD_WITHIN = dt.timedelta(days=14)
"""Of what ended longer ago nobody is told: a register that is taken over is full of it."""


@jobs.by_the_clock
def ask_for_mails(now: dt.datetime) -> None:
    """Have the companies told once a day."""
    jobs.enqueue_daily(JOB, now)


@jobs.handles(JOB)
def tell(lease: jobs.Lease) -> None:
    """Tell the companies; done twice on a day, nobody is told twice."""
    day = dt.date.fromisoformat(lease.payload["day"])
    with lease.finish() as result:
        result["mails"] = tell_of_ended_memberships(day)


@transaction.atomic
def tell_of_ended_memberships(on: dt.date | None = None) -> int:
    """Mail about memberships that have come into their grace, or lost their rights; how many mails.

    Each stage is told once to each main contact; one that is renewed and ends again is told anew.
    Where a later membership of the same chamber follows, there is nothing to tell.
    """
    day = on or today()
    sent = 0
    for one in _ended(day):
        expired = one.rights_end_on is not None and one.rights_end_on < day
        kind = "membership_expired" if expired else "membership_grace"
        for reader in main_contacts(one.company):
            once = f"{kind} {one.public_id} {one.ends_on} {reader.pk}"
            if reader.is_active and not Mail.objects.filter(once=once).exists():
                _mail(kind, one, reader, once, day)
                sent += 1
    return sent


def tell_of_application(membership: Membership) -> None:
    """Mail those who decide about it at the chamber that a company applies."""
    chambers = Chamber.objects.filter(pk=membership.chamber_id)
    context = {
        "membership": membership,
        "decision_days": membership.chamber.decision_days,
        "address": reverse("admin:chambers_membership_change", args=[membership.pk]),
    }
    for reader, chamber in managers_of(chambers):
        queue_mail("chamber_membership", to=reader, context=context, chamber=chamber)


def _ended(day: dt.date) -> QuerySet[Membership]:
    since = day - TOLD_WITHIN
    later = Membership.objects.filter(
        chamber=OuterRef("chamber"),
        company=OuterRef("company"),
        decision=Membership.Decision.ADMITTED,
        starts_on__gt=OuterRef("ends_on"),
    )
    grace = Q(ends_on__lt=day, ends_on__gte=since, rights_end_on__gte=day)
    over = Q(rights_end_on__lt=day, rights_end_on__gte=since)
    rows = Membership.objects.filter(grace | over, decision=Membership.Decision.ADMITTED)
    rows = rows.filter(~Exists(later)).select_related("chamber", "company")
    return rows.order_by("pk")


def _mail(kind: str, membership: Membership, reader: User, once: str, day: dt.date) -> None:
    others = Membership.objects.in_force(day).filter(company=membership.company_id)
    with translation.override(reader.language):
        context = {
            "membership": membership,
            "ended": date_format(membership.ends_on) if membership.ends_on else "",
            "rights_end": date_format(membership.rights_end_on) if membership.rights_end_on else "",
            "elsewhere": others.exclude(pk=membership.pk).exists(),
        }
    queue_mail(kind, to=reader, context=context, chamber=membership.chamber, once=once)
