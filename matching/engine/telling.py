"""How much a word tells of a trade: "valves" much, "together" little, a name nothing.

Learnt from how unevenly a word is spread over the headings of a register
(``evaluation.telling``); names are told apart by their capitals, text by text.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

UNSEEN = 0.7
"""What a word counts that was too seldom to learn of: often a product, sometimes a slip."""
NAME = 0.15
"""What a name counts: places and companies are no trade, though a few are told of in both texts."""
PERHAPS_A_NAME = 0.5
"""Share that a word keeps that a text writes with a capital only."""
HEADED = 0.5
"""Share that a word keeps of which only the heading speaks that a register puts a company under."""
LEAST, MOST = 0.1, 1.5


@dataclass(frozen=True)
class Telling:
    """Words by what they tell of a trade, in [LEAST, MOST]; about 1 on the average."""

    of: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def confidences(
        self, lexemes: Iterable[str], capitals: Collection[str] = frozenset()
    ) -> dict[str, float]:
        """What each lexeme of a text counts; ``capitals`` are those it never writes small."""
        return {lexeme: self.confidence(lexeme, lexeme in capitals) for lexeme in lexemes}

    def headed(self, lexemes: Iterable[str]) -> dict[str, float]:
        """What each lexeme of a register's heading counts: it says the field, not what is made."""
        return {lexeme: HEADED * self.confidence(lexeme) for lexeme in lexemes}

    def confidence(self, lexeme: str, capital: bool = False) -> float:
        """What one lexeme counts, above 0."""
        told = self.of.get(lexeme)
        if told is None:
            return NAME if capital else UNSEEN
        return told * PERHAPS_A_NAME if capital else told
