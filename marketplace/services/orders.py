"""Which meetings come before which. The order holds for every timetable and move to come."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.people import demand_manager
from marketplace.models import Meeting, MeetingOrder
from marketplace.selectors.orders import leads_to, wrong_way_round
from marketplace.selectors.parts import told_meetings
from marketplace.services import placing


@transaction.atomic
def set_order(first: Meeting, second: Meeting, *, by: User | None) -> MeetingOrder:
    """Let one meeting be over before another begins, whoever they are of.

    Raises ValidationError ``other_event``, ``same_meeting``, ``over`` for one that was held or
    cancelled, ``order_exists``, ``cycle`` where the second comes before the first already,
    ``wrong_order`` where their times, or those of meetings before and after them, are the other
    way round; PermissionDenied for anyone but a manager of the organiser.
    """
    first, second = placing.lock_meeting(first), placing.lock_meeting(second)
    demand_manager(by, first.event.chamber)
    if first.event_id != second.event_id:
        raise placing.other_event()
    if first.pk == second.pk:
        raise ValidationError(_("A meeting cannot come before itself."), code="same_meeting")
    for one in (first, second):
        placing.demand_alive(one)
    order = MeetingOrder(first=first, second=second)
    if MeetingOrder.objects.filter(first=first, second=second).exists():
        raise ValidationError(_("This order is set already."), code="order_exists")
    _refuse_circle(first, second)
    _refuse_wrong_times(first, second)
    order.full_clean()
    order.save()
    return order


@transaction.atomic
def drop_order(order: MeetingOrder, *, by: User | None) -> None:
    """Let two meetings come in any order again; dropping it twice changes nothing more.

    Raises PermissionDenied for anyone but a manager of the organiser.
    """
    first = placing.lock_meeting(order.first)
    demand_manager(by, first.event.chamber)
    MeetingOrder.objects.filter(pk=order.pk).delete()


def _refuse_circle(first: Meeting, second: Meeting) -> None:
    path = leads_to(first.event, second, first)
    if path:
        raise ValidationError(
            _("It is the other way round already: %(path)s. Drop one of these orders first."),
            code="cycle",
            params={"path": " → ".join(told_meetings(path))},
        )


def _refuse_wrong_times(first: Meeting, second: Meeting) -> None:
    clash = wrong_way_round(first, second)
    if clash is not None:
        one, other = told_meetings(clash)
        raise ValidationError(
            _("%(first)s is not over before %(second)s begins: move one of them first."),
            code="wrong_order",
            params={"first": one, "second": other},
        )
