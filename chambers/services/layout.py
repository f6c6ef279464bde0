"""The text and the HTML part of a mail, from one template."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from chambers.letters import Shape, Wording, blocks_of
from chambers.models import Chamber, User
from chambers.services import links


@dataclass(frozen=True)
class Letter:
    """What is sent of a mail. ``stop`` is the address that ends mails like it, if it may end."""

    subject: str
    text: str
    html: str
    stop: str = ""


def letter(
    kind: str,
    context: dict[str, Any],
    *,
    to: User,
    chamber: Chamber | None,
    stop: str = "",
    wording: Wording | None = None,
) -> Letter:
    """The mail ``kind`` in the language of its reader, from ``mail/<kind>.txt``.

    The first line is the subject; ``wording`` is what stands there and as ``opening`` instead of
    ours. Addresses that the template writes with ``site``, and signed
    links, become buttons; an address in somebody's name or message stays text.
    """
    # Drawn anew for each mail, so that no name can hold it.
    mark = f"\ue000{secrets.token_hex(8)}\ue001"
    site = mark + settings.BASE_URL
    with translation.override(to.language):
        own = wording or Wording()
        shown = {**context, "person": to, "site": site, "opening": own.opening}
        first, _, rest = render_to_string(f"mail/{kind}.txt", shown).lstrip().partition("\n")
        subject = own.subject or " ".join(first.replace(mark, "").split())
        choices = settings.BASE_URL + reverse("mail-choices")
        text = _with_foot(rest.strip("\n").replace(mark, ""), chamber, choices, stop)
        html = as_html(
            subject,
            rest,
            lambda line: line.startswith(mark) or links.is_link(line),
            mark=mark,
            sender=chamber.name if chamber else "",
            settings=choices,
            stop=stop,
        )
    return Letter(subject, text, html, stop)


def as_html(
    subject: str, text: str, is_address: Callable[[str], bool], *, mark: str = "", **context: Any
) -> str:
    """The layout around a text, in the language in use."""
    blocks = [
        {
            "shape": block.shape.value,
            "lines": [line.replace(mark, "") if mark else line for line in block.lines],
            "address": block.address.replace(mark, "") if mark else block.address,
        }
        for block in blocks_of(text, is_address)
    ]
    language = translation.get_language() or "en"
    return render_to_string(
        "mail/layout.html",
        {"subject": subject, "blocks": blocks, "language": language, **context},
    )


def html_of_text(subject: str, text: str) -> str:
    """The HTML part for a text that is not from our templates; none without an address in it."""

    def is_address(line: str) -> bool:
        return line.startswith(f"{settings.BASE_URL}/") and " " not in line

    if not any(block.shape is Shape.BUTTON for block in blocks_of(text, is_address)):
        return ""
    return as_html(subject, text, is_address)


def _with_foot(text: str, chamber: Chamber | None, choices: str, stop: str) -> str:
    foot = [
        "-- ",
        f"{' '.join(chamber.name.split())} · Business Market" if chamber else "Business Market",
        translation.gettext("Choose which mails you get: %(address)s") % {"address": choices},
    ]
    if stop:
        foot.append(translation.gettext("No more mails like this: %(address)s") % {"address": stop})
    return "\n".join([text.rstrip(), "", *foot, ""])
