"""Why two companies should meet, in words.

Who fits whom is not known here; whoever knows it says so by ``tells_why``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import get_language

from chambers.models import Company, User

Reasons = Mapping[int, Sequence[str]]
"""By key of the partner, the best reasons in lines; who has none is missing."""
Teller = Callable[[Company, Sequence[int], User], Reasons]
_tellers: list[Teller] = []


def tells_why(teller: Teller) -> Teller:
    """Register who says why a company and some partners fit, as far as a reader may know it."""
    _tellers.append(teller)
    return teller


def why_each_fits(company: Company, partners: Sequence[int], reader: User) -> dict[int, list[str]]:
    """The best reasons for ``company`` to meet each of some partners, in the language in use.

    A constant number of queries. Nothing for who does not speak for ``company``.
    """
    found: dict[int, list[str]] = {}
    for teller in _tellers if partners else []:
        for partner, lines in teller(company, partners, reader).items():
            found.setdefault(partner, []).extend(lines)
    return found


def why_they_fit(company: Company, partner: Company, reader: User) -> list[str]:
    """The best reasons for ``company`` to meet one partner; see ``why_each_fits``."""
    return why_each_fits(company, [partner.pk], reader).get(partner.pk, [])


class WhyTold:
    """The reasons for one pair, to several who speak for ``company``.

    Worked out once for all who read the same language and may see the same of the two.
    """

    def __init__(self, company: Company, partner: Company) -> None:
        """All who are told speak for ``company``."""
        self._pair = company, partner
        self._told: dict[tuple[str | None, frozenset[int]], list[str]] = {}

    def to(self, reader: User) -> list[str]:
        """The reasons in the language in use. One query where they were worked out before."""
        company, partner = self._pair
        pair = Company.objects.filter(pk__in=[company.pk, partner.pk])
        seen = frozenset(pair.visible_to(reader).values_list("pk", flat=True))
        key = get_language(), seen
        if key not in self._told:
            self._told[key] = why_they_fit(company, partner, reader)
        return self._told[key]
