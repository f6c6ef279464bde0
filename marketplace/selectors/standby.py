"""Freed times as people read of them: why a meeting stands where it does, and who has to answer."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.models import Event, StandbyOffer
from marketplace.selectors.times import day_of


def reason_of(offer: StandbyOffer) -> str:
    """Why a meeting has its rank in the line, in the language in use."""
    if offer.reason not in StandbyOffer.Reason.values:
        return offer.reason  # as it was written down once
    agreed_on = offer.meeting.created_at.astimezone(offer.meeting.event.clock)
    if offer.reason == StandbyOffer.Reason.MUST:
        return _("Must meet; agreed on %(day)s") % {"day": day_of(agreed_on)}
    return _("Agreed on %(day)s") % {"day": day_of(agreed_on)}


def each_answers(event: Event, at: dt.datetime | None = None) -> bool:
    """Whether each side has to accept an offered time; once the event has begun the first does."""
    return (at or timezone.now()) < event.begins_at


def yet_to_accept(offer: StandbyOffer) -> set[int]:
    """The registrations of the meeting that have not accepted the offered time."""
    sides = {one.registration_id for one in offer.meeting.people()}
    return sides - {one.pk for one in offer.accepted_by.all()}
