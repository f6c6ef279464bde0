"""What a company may know of its histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from chambers.models import Company
from matching.models import PairHistory
from matching.models.history import PairHistoryQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


def histories_of(own: Company, reader: User | AnonymousUser) -> PairHistoryQuerySet:
    """Those of ``own``, latest first, whatever else its reader may know: not who declined it.

    The rows come with both companies and who stated them.
    """
    declined = Q(kind=PairHistory.Kind.DECLINED)
    rows = PairHistory.objects.visible_to(reader) | PairHistory.objects.served_by(reader)
    return (
        rows.of(own)
        .filter(~declined | Q(stated_by=own))
        .select_related("one__country", "other__country", "stated_by")
        .order_by("-recorded_at", "-pk")
    )
