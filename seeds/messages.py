"""What two companies of the demo wrote to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketplace.services.conversations import begin_conversation, write_message
from seeds.events import last_mails, let_mails_be_past

if TYPE_CHECKING:
    from seeds.demo import World

_ANNA, _KEIKO = "anna@romashka-sensor.example", "keiko@asahi-keiso.example"
_ASKED = (
    "Good day. You ask for pressure sensors. Ours work from -40 to +85 degrees; which connection "
    "do your machines use?"
)
_ANSWERED = "Thank you for writing. It is M12 with four pins. Could you send us ten for a trial?"


def write(world: World) -> None:
    """One conversation, whose last words Anna has not read; nobody is mailed now about it."""
    before = last_mails()
    own, other = world.companies["romashka-sensor"], world.companies["asahi-keiso"]
    asked = begin_conversation(own, other, by=world.logins[_ANNA], text=_ASKED)
    write_message(asked.conversation, company=other, by=world.logins[_KEIKO], text=_ANSWERED)
    let_mails_be_past(*before)
