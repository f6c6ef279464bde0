"""People on their way to a company of the demo: one asks to join, one is invited, one may not yet.

Nina can sign in: she sees what somebody without a company sees, and Anna finds her request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chambers.models import Representative
from chambers.services import joining
from chambers.services.memberships import note_on_membership
from seeds import sources
from seeds.events import last_mails, let_mails_be_past

if TYPE_CHECKING:
    from seeds.demo import World

_IRINA = "irina@moscow-chamber.example"
_INVITED = "fedor@romashka-sensor.example"


def ask_and_invite(world: World) -> None:
    """As of some days ago; nobody is mailed now about it."""
    before = last_mails()
    for login in sources.document("people")["logins"]:
        if "asks" in login:
            joining.ask_to_join(
                world.companies[login["asks"]],
                by=world.logins[login["email"]],
                message=login["message"],
            )
    company = world.companies["romashka-sensor"]
    joining.invite_person(
        company,
        email=_INVITED,
        role=Representative.Role.VIEWER,
        by=world.contacts["romashka-sensor"],
    )
    membership = company.memberships.in_force().get(chamber=world.chambers["moscow"])
    note_on_membership(
        membership,
        notes="Выдуманная заметка: звонить до обеда, договор о членстве у Ирины.",
        by=world.logins[_IRINA],
    )
    let_mails_be_past(*before)
