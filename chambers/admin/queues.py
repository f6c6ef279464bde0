"""What waits for a chamber's staff, from this app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.admin_site import Queue, shows_queues
from chambers.models import Agreement, Commission, Job, JoinRequest, Membership

if TYPE_CHECKING:
    from chambers.models import User


@shows_queues
def of_the_chamber(user: User) -> Iterator[Queue]:
    """Applications, who asks to join, agreements that end, commissions proposed, parked jobs."""
    waiting = Membership.objects.served_by(user).filter(decision=Membership.Decision.PENDING)
    found = waiting.aggregate(count=Count("pk"), since=Min("applied_on"))
    yield Queue(
        _("Applications for membership"),
        found["count"],
        reverse("admin:chambers_membership_changelist") + "?status=pending",
        since=found["since"],
    )
    asking = JoinRequest.objects.pending().served_by(user)
    found = asking.aggregate(count=Count("pk"), since=Min("asked_at"))
    yield Queue(
        _("People who ask to join a member company"),
        found["count"],
        reverse("admin:chambers_joinrequest_changelist") + "?state__exact=pending",
        since=found["since"],
    )
    agreements: QuerySet = Agreement.objects.served_by(user).with_status()
    ending = agreements.filter(status_now=Agreement.Status.ENDING_SOON).aggregate(
        count=Count("pk"), until=Min("ends_on")
    )
    yield Queue(
        _("Agreements that end soon"),
        ending["count"],
        reverse("admin:chambers_agreement_changelist") + "?status=ending_soon",
        until=ending["until"],
    )
    proposed = Commission.objects.served_by(user).filter(status=Commission.Status.PROPOSED)
    active = Commission.objects.served_by(user).filter(status=Commission.Status.ACTIVE)
    yield Queue(
        _("Commissions proposed"),
        proposed.count(),
        reverse("admin:chambers_commission_changelist") + "?status__exact=proposed",
        note=_("%(count)d active") % {"count": active.count()},
    )
    parked = (
        Job.objects.served_by(user)
        .filter(state=Job.State.PARKED)
        .aggregate(count=Count("pk"), since=Min("finished_at"))
    )
    yield Queue(
        _("Jobs parked after repeated failures"),
        parked["count"],
        reverse("admin:chambers_job_changelist") + "?state__exact=parked",
        since=parked["since"],
    )
