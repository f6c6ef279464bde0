"""What matching holds of a person: what they said of partners and of proposals."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.account import Held, holds
from matching.models import Dismissal, PairHistory, TriadRefusal


@holds
def _said_of_partners(person: User) -> Iterator[Held]:
    """Partners that the person put aside or noted as known, and proposals of three they declined.

    A declined proposal is told by the request it was about: that is public, the others are not.
    """
    aside = Dismissal.objects.filter(by=person).select_related("company", "partner")
    yield Held(
        "not_relevant",
        _("Suggested partners that you put aside"),
        ["company", "partner", "reason", "at"],
        [
            [one.company.told, one.partner.told, str(one.get_reason_display()), one.at]
            for one in aside.order_by("pk")
        ],
    )
    known = PairHistory.objects.filter(recorded_by=person).select_related("one", "other")
    yield Held(
        "known_partners",
        _("What you noted of companies that know each other"),
        ["company", "other", "what", "since", "note"],
        [
            [one.one.told, one.other.told, str(one.get_kind_display()), one.since, one.note]
            for one in known.order_by("pk")
        ],
    )
    refused = TriadRefusal.objects.filter(by=person).select_related("demand", "company")
    yield Held(
        "declined_proposals",
        _("Proposals of three companies that you declined"),
        ["company", "about", "at"],
        [[one.company.told, one.demand.reference, one.at] for one in refused.order_by("pk")],
    )
