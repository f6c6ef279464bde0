"""What meetings hold while they have a time: their people, their table, their interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.events import Event
from marketplace.models.meetings import Meeting, OfMeetingQuerySet
from marketplace.models.parts import Interpreter, Table
from marketplace.models.registrations import Participant


def _never_twice(what: str, name: str, text: Any) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[(what, RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
        condition=Q(**{f"{what}__isnull": False}),
        violation_error_code="taken",
        violation_error_message=text,
    )


class BookingQuerySet(OfMeetingQuerySet):
    def of_people(self, people: Iterable[Participant]) -> Self:
        """All that keeps any of them busy, at other events too where they sign in."""
        rows = list(people)
        accounts = [one.person_id for one in rows if one.person_id is not None]
        return self.filter(
            Q(participant__in=[one.pk for one in rows])
            | Q(person__in=accounts, person__isnull=False)
        )

    def elsewhere(self, event: Event) -> Self:
        """What other events hold of those who come to ``event`` and sign in."""
        coming = Participant.objects.filter(registration__event=event, person__isnull=False)
        return self.filter(person__in=coming.values("person")).exclude(meeting__event=event)


class Booking(models.Model):
    """The time for which a meeting holds one person, its table or its interpreter.

    Bookings exist exactly while their meeting has a time: they go with its cancellation, and the
    database lets no two of one calendar overlap, nor two of one account whatever the event. Those
    of people include the minutes to walk.
    """

    meeting = models.ForeignKey(
        Meeting, models.CASCADE, related_name="bookings", verbose_name=_("meeting")
    )
    participant = models.ForeignKey(
        Participant,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="bookings",
        verbose_name=_("participant"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="bookings",
        verbose_name=_("person"),
        help_text=_("Who signs in as the participant: nobody is in two places, at two events too."),
    )
    table = models.ForeignKey(
        Table,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="bookings",
        verbose_name=_("table"),
    )
    interpreter = models.ForeignKey(
        Interpreter,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="bookings",
        verbose_name=_("interpreter"),
    )
    during = DateTimeRangeField(_("during"))

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["meeting", "pk"]
        constraints = [
            _never_twice(
                "participant",
                "participant_meets_one_at_a_time",
                _("A participant has another meeting at this time."),
            ),
            _never_twice(
                "person",
                "person_meets_one_at_a_time",
                _("A participant has another meeting at this time."),
            ),
            _never_twice(
                "table",
                "table_holds_one_meeting_at_a_time",
                _("The table has another meeting at this time."),
            ),
            _never_twice(
                "interpreter",
                "interpreter_serves_one_at_a_time",
                _("The interpreter has another meeting at this time."),
            ),
            models.CheckConstraint(
                condition=Q(participant__isnull=False, table=None, interpreter=None)
                | Q(participant=None, table__isnull=False, interpreter=None)
                | Q(participant=None, table=None, interpreter__isnull=False),
                name="booking_holds_one_thing",
                violation_error_message=_("A booking holds one person, table or interpreter."),
            ),
            models.CheckConstraint(
                condition=Q(person=None) | Q(participant__isnull=False),
                name="booking_of_a_person_is_a_participants",
                violation_error_message=_("Only a participant has an account."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant or self.table or self.interpreter}, {self.during}"
