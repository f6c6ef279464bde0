"""Filters for mails."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chambers.letters import INDENT

register = template.Library()

# What a mail program would make a link of by itself.
_LIKE_A_LINK = re.compile(r"(?<=:)(?=//)|(?<=[\w-])(?=\.\w)|(?=@)")


@register.filter
def quoted(text: str) -> str:
    """Somebody's words for the text of a mail: each line indented, so it reads as theirs."""
    return "\n".join(INDENT + line for line in str(text).splitlines() if line.strip())


@register.filter
def unlinked(text: str) -> SafeString:
    """Text for the HTML part that no mail program turns into a link: it is not from us."""
    parts = _LIKE_A_LINK.split(str(text))
    return mark_safe("<wbr>".join(str(escape(part)) for part in parts))  # noqa: S308 - escaped here
