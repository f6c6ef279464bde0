"""Trade codes that a company's own text speaks of, for its people to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chambers.models import Company, TradeCode
from matching import reading
from matching.engine.codes import OFFERED, USED
from matching.profiles import SEEN_BY_MEMBERS


@dataclass(frozen=True)
class SpokenOf:
    """A code with how sure it is: right for at least ``tenths`` of ten texts that read so.

    ``counts``: it counts in matching already, for less than a stated one.
    """

    code: TradeCode
    tenths: int
    counts: bool

    @property
    def key(self) -> str:
        """How a form names it: ``hs:8413``."""
        return f"{self.code.scheme}:{self.code.code}"


def codes_spoken_of(company: Company) -> list[SpokenOf]:
    """Codes that the description speaks of and the company does not state, surest first.

    A chapter is left out where one of its headings is stated, or offered and as sure. One query
    beside those of learning the labels, which a process does once.
    """
    if not company.description:
        return []
    missing = _read_by_matching(company)
    return [
        SpokenOf(code, _tenths(sure), sure >= USED and code.scheme in missing)
        for code, sure in codes_read_in(company.description, company.codes.all())
    ]


def codes_read_in(
    texts: Mapping[str, str], stated: Iterable[TradeCode], *, of_needs: bool = False
) -> list[tuple[TradeCode, float]]:
    """Codes that texts, by language, speak of beside those ``stated``: (code, how sure).

    The surest first. ``of_needs``: they say what is sought.
    """
    known_already = {(one.scheme, one.code) for one in stated}
    read = [
        (scheme, code, sure)
        for scheme, code, sure in reading.suggested_codes(texts, of_needs=of_needs)
        if sure >= OFFERED and not any(s == scheme and c.startswith(code) for s, c in known_already)
    ]
    surest = {code[:2]: _tenths(sure) for _, code, sure in reversed(read) if len(code) > 2}
    read = [
        (scheme, code, sure)
        for scheme, code, sure in read
        if scheme != TradeCode.Scheme.HS or len(code) > 2 or _tenths(sure) > surest.get(code, 0)
    ]
    rows = TradeCode.objects.filter(code__in=[code for _scheme, code, _sure in read])
    known = {(one.scheme, one.code): one for one in rows}
    return [(known[scheme, code], sure) for scheme, code, sure in read if (scheme, code) in known]


def told_codes(
    texts: Mapping[str, str], stated: Iterable[TradeCode], *, of_needs: bool = False
) -> list[tuple[TradeCode, int]]:
    """The same with whole tenths, for a page: right for at least so many of ten texts."""
    found = codes_read_in(texts, stated, of_needs=of_needs)
    return [(code, _tenths(sure)) for code, sure in found]


def all_are_stated(company: Company) -> bool:
    """Whether the description speaks of codes surely enough, and the company states each."""
    read = reading.suggested_codes(company.description)
    return any(sure >= OFFERED for _scheme, _code, sure in read) and not codes_spoken_of(company)


def _tenths(sure: float) -> int:
    """Whole tenths, rounded down: nothing that was read is certain."""
    return int(sure * 10)


def _read_by_matching(company: Company) -> set[Any]:
    """The schemes whose codes matching reads from the description, since none is stated."""
    if company.level_of("description") not in SEEN_BY_MEMBERS:
        return set()
    schemes = set(TradeCode.Scheme)
    if company.level_of("codes") in SEEN_BY_MEMBERS:
        schemes -= {one.scheme for one in company.codes.all()}
    return schemes
