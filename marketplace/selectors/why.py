"""Why two companies should meet, in words.

Who fits whom is not known here; whoever knows it says so by ``tells_why``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chambers.models import Company, User

Teller = Callable[[Company, Company, User], Sequence[str]]
_tellers: list[Teller] = []


def tells_why(teller: Teller) -> Teller:
    """Register who says why a company and a partner fit, as far as a reader may know it."""
    _tellers.append(teller)
    return teller


def why_they_fit(company: Company, partner: Company, reader: User) -> list[str]:
    """The best reasons for ``company`` to meet a partner, in lines, in the language in use.

    None for who does not speak for ``company``.
    """
    return [line for teller in _tellers for line in teller(company, partner, reader)]
