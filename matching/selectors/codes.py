"""Trade codes that a company's own text speaks of, for its people to choose from."""

from __future__ import annotations

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
    stated = {(one.scheme, one.code) for one in company.codes.all()}
    read = [
        (scheme, code, sure)
        for scheme, code, sure in reading.suggested_codes(company.description)
        if sure >= OFFERED and not any(s == scheme and c.startswith(code) for s, c in stated)
    ]
    surest = {code[:2]: _tenths(sure) for _, code, sure in reversed(read) if len(code) > 2}
    read = [
        (scheme, code, sure)
        for scheme, code, sure in read
        if scheme != TradeCode.Scheme.HS or len(code) > 2 or _tenths(sure) > surest.get(code, 0)
    ]
    known = {
        (one.scheme, one.code): one
        for one in TradeCode.objects.filter(code__in=[code for _scheme, code, _sure in read])
    }
    missing = _read_by_matching(company)
    return [
        SpokenOf(known[scheme, code], _tenths(sure), sure >= USED and scheme in missing)
        for scheme, code, sure in read
        if (scheme, code) in known
    ]


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
