"""The HTML part of a mail, made from its text: one layout for every kind, nothing written twice.

Pure: lines in, blocks out. Only lines that the template itself wrote as an address become links;
whatever somebody's name or message holds stays text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

INDENT = "    "
"""What stands before every line of somebody else's words."""


@dataclass(frozen=True)
class Wording:
    """Somebody's own words for a mail: its subject and its opening; "" leaves ours."""

    subject: str = ""
    opening: str = ""


class Shape(StrEnum):
    """How a block is drawn."""

    TEXT = "text"
    QUOTE = "quote"
    BUTTON = "button"
    LINK = "link"


@dataclass(frozen=True)
class Block:
    """A paragraph, somebody's words, or a link; ``lines`` is what is read."""

    shape: Shape
    lines: tuple[str, ...]
    address: str = ""


def blocks_of(text: str, is_address: Callable[[str], bool]) -> list[Block]:
    """The text of a mail as blocks.

    An address on a line of its own is a button. The line right above names it: with a colon at
    its end it stays a button, without one it is a link in a list.
    """
    blocks: list[Block] = []
    for lines in _paragraphs(text):
        pending: list[str] = []
        for line in lines:
            if is_address(line):
                named = pending.pop() if pending else ""
                blocks += _text(pending)
                pending = []
                listed = bool(named) and not named.endswith((":", "：", "。"))
                shape = Shape.LINK if listed else Shape.BUTTON
                words = (named.rstrip(":：。 "),) if named else ()
                blocks.append(Block(shape, words, line))
            else:
                pending.append(line)
        blocks += _text(pending)
    return blocks


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Runs of lines of one kind: somebody's words are never of a paragraph of ours."""
    run: list[str] = []
    for line in text.splitlines():
        foreign = bool(run) and line.startswith(INDENT) != run[-1].startswith(INDENT)
        if run and (foreign or not line.strip()):
            yield run
            run = []
        if line.strip():
            run.append(line)
    if run:
        yield run


def _text(lines: list[str]) -> list[Block]:
    if not lines:
        return []
    if lines[0].startswith(INDENT):
        return [Block(Shape.QUOTE, tuple(line.removeprefix(INDENT) for line in lines))]
    return [Block(Shape.TEXT, tuple(lines))]
