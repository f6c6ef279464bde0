"""What meets what in a match, both ways, as a picture: two columns of things and bands between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from marketplace.models import Opportunity
from matching.selectors.suggestions import Reason, Suggestion, Way

WIDE, NARROW = 680.0, 340.0  # units of the two pictures: for a table and for a phone
LINE = 17.0  # of text
PAD = 9.0  # inside a box, above and below
GAP = 10.0  # between boxes
BETWEEN = 26.0  # between the two directions, above the heading of the second
MOST_LINES = 3  # of text in a box
MOST_CODES = 3  # named in a band's own words
THICKEST = 9.0  # units of a band that carries all of a direction


@dataclass
class Box:
    """A thing of one side: what is offered or sought, as lines of text."""

    text: str
    lines: list[str]
    x: float
    y: float
    width: float
    height: float
    ours: bool

    @property
    def edge(self) -> float:
        """Where bands begin: its side towards the other column."""
        return self.x + self.width if self.ours else self.x

    @property
    def middle(self) -> float:
        """Its middle from the top."""
        return self.y + self.height / 2

    @property
    def written(self) -> list[tuple[float, float, str]]:
        """(x, y, text) of each line."""
        return [
            (self.x + PAD, self.y + PAD + LINE * (number + 0.75), line)
            for number, line in enumerate(self.lines)
        ]


@dataclass(frozen=True)
class Band:
    """A need and what answers it; ``tenths`` of the direction that this pair carries."""

    path: str
    thickness: float
    tenths: int
    need: str
    answer: str
    codes: str
    ours_needs: bool


@dataclass
class Relation:
    """The picture of a match, drawn at one width."""

    width: float
    height: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    headings: list[tuple[float, str]] = field(default_factory=list)

    @property
    def frame(self) -> str:
        """Its ``viewBox``, with room for the outlines of boxes."""
        return f"-1 0 {self.width + 2:g} {self.height + 1:g}"

    @property
    def middle(self) -> float:
        """The middle of its width."""
        return self.width / 2


@dataclass(frozen=True)
class Relations:
    """The same picture for a table and for a phone, and in numbers what it shows."""

    wide: Relation
    narrow: Relation
    needs_met: int
    """How many of one's own needs they cover at least in part."""
    needs_covered: int
    """How many of theirs one covers."""

    @property
    def drawn(self) -> list[tuple[str, Relation]]:
        """Both pictures with what each is for."""
        return [("wide", self.wide), ("narrow", self.narrow)]


def relations_of(suggestion: Suggestion) -> Relations | None:
    """The pictures of a match; None where no stated need is met."""
    if not (suggestion.they_cover.reasons or suggestion.you_cover.reasons):
        return None
    return Relations(
        _drawn(suggestion, WIDE),
        _drawn(suggestion, NARROW),
        len({_key(one.need) for one in suggestion.they_cover.reasons}),
        len({_key(one.need) for one in suggestion.you_cover.reasons}),
    )


def _drawn(suggestion: Suggestion, width: float) -> Relation:
    picture = Relation(width)
    top = 0.0
    for way, ours_needs, heading in (
        (suggestion.they_cover, True, _("They cover your needs")),
        (suggestion.you_cover, False, _("You cover theirs")),
    ):
        if way.reasons:
            top += BETWEEN
            picture.headings.append((top - 9.0, heading))
            top = _direction(picture, way, top, ours_needs=ours_needs) + GAP
    picture.height = top
    return picture


def _direction(picture: Relation, way: Way, top: float, *, ours_needs: bool) -> float:
    """Draw one direction from ``top`` on; where it ends."""
    needs = _told([one.need for one in way.reasons])
    answers = _told([one.answer for one in way.reasons])
    column = picture.width * 0.39
    left, right = (needs, answers) if ours_needs else (answers, needs)
    boxes = {
        True: _column(left, 0.0, column, top, ours=True),
        False: _column(right, picture.width - column, column, top, ours=False),
    }
    ends = {
        side: max(one.y + one.height for one in found.values()) for side, found in boxes.items()
    }
    for side, found in boxes.items():  # the shorter column stands in the middle of the longer
        for one in found.values():
            one.y += (max(ends.values()) - ends[side]) / 2
        picture.boxes += found.values()
    for (need, answer), reasons in _pairs(way.reasons).items():
        ours, theirs = (need, answer) if ours_needs else (answer, need)
        start, end = boxes[True][ours], boxes[False][theirs]
        share = min(10, sum(one.tenths for one in reasons))
        picture.bands.append(
            Band(
                _curve(start, end),
                max(1.5, THICKEST * share / 10),
                share,
                needs[need],
                answers[answer],
                _named(reasons),
                ours_needs,
            )
        )
    return max(ends.values())


def _pairs(reasons: Sequence[Reason]) -> dict[tuple[int, int], list[Reason]]:
    found: dict[tuple[int, int], list[Reason]] = {}
    for one in reasons:
        found.setdefault((_key(one.need), _key(one.answer)), []).append(one)
    return found


def _named(reasons: Sequence[Reason]) -> str:
    """The codes, else the words, that a band stands for."""
    names = dict.fromkeys(one.code or one.need_word or one.answer_word for one in reasons)
    return ", ".join(list(names)[:MOST_CODES])


def _key(thing: Opportunity | None) -> int:
    return thing.pk if thing is not None else 0


def _told(things: Sequence[Opportunity | None]) -> dict[int, str]:
    """What stands in the boxes of one side, each thing once."""
    return {_key(one): one.titled()[0] if one else _("description and codes") for one in things}


def _column(
    texts: dict[int, str], x: float, width: float, top: float, *, ours: bool
) -> dict[int, Box]:
    found = {}
    for key, text in texts.items():
        lines = wrapped(text, width - 2 * PAD)
        height = len(lines) * LINE + 2 * PAD
        found[key] = Box(text, lines, x, top, width, height, ours)
        top += height + GAP
    return found


def _curve(start: Box, end: Box) -> str:
    middle = (start.edge + end.edge) / 2
    return (
        f"M{start.edge:.1f},{start.middle:.1f} C{middle:.1f},{start.middle:.1f}"
        f" {middle:.1f},{end.middle:.1f} {end.edge:.1f},{end.middle:.1f}"
    )


def wrapped(text: str, width: float) -> list[str]:
    """``text`` in lines of about ``width`` units at 13 units a letter; the last may end in "…".

    Text without spaces, as Japanese is written, breaks anywhere.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _long(line + piece.rstrip()) > width:
            lines.append(line.strip())
            line = ""
        line += piece
    lines.append(line.strip())
    if len(lines) <= MOST_LINES:
        return [_cut(one, width) for one in lines]
    return [_cut(one, width) for one in lines[: MOST_LINES - 1]] + [
        _cut(lines[MOST_LINES - 1] + "…", width)
    ]


def _pieces(text: str) -> list[str]:
    found: list[str] = []
    for word in text.split():
        if any(ord(letter) > 0x2E80 for letter in word):
            found += [*word[:-1], f"{word[-1]} "]
        else:
            found.append(f"{word} ")
    return found


def _cut(line: str, width: float) -> str:
    if _long(line) <= width:
        return line
    while line and _long(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip('…')}…"


def _long(text: str) -> float:
    return sum(13.0 if ord(letter) > 0x2E80 else 7.0 for letter in text)
