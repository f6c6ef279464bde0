"""Lists as tables: the rows a reader sees in their order, the fields they see and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.selectors.labels import language_name
from chambers.selectors.lists import Shelf, in_order_of
from chambers.selectors.shown import ShownCompany, sight_of
from marketplace.selectors.directory import Card, Wanted, cards
from marketplace.selectors.listing import slips
from marketplace.selectors.shown import ShownOpportunity

if TYPE_CHECKING:
    from chambers.models import TradeCode, User
    from marketplace.models import InvestmentTerms

_AT_ONCE = 250  # rows that are made at once


def opportunity_columns() -> list[str]:
    """The header of ``opportunity_rows`` in the reader's language."""
    return [
        _("Reference number"), _("Offer or request"), _("Kind"), _("Title"), _("Text"),
        _("Trade codes"), _("Company"), _("Country or region"), _("Published"), _("Last day"),
        _("Field"), _("Region"), _("Instrument"), _("Amount from"), _("Amount up to"),
        _("Currency"), _("Address"),
    ]  # fmt: skip


def opportunity_rows(shelf: Shelf, viewer: User) -> Iterator[Sequence[str]]:
    """A row for each of the first ``MOST`` opportunities of a list, as ``viewer`` sees it."""
    joined = shelf.rows.select_related("company__country", "investment").prefetch_related("codes")
    for keys in _some(shelf.first()):
        for slip in slips(in_order_of(keys, joined), viewer, None):
            yield _opportunity(slip.shown)


def company_columns() -> list[str]:
    """The header of ``company_rows`` in the reader's language."""
    return [
        _("Company"), _("Name in Latin script"), _("City"), _("Country or region"),
        _("Member of"), _("Size"), _("Working languages"), _("Description"), _("Trade codes"),
        _("Offers"), _("Seeks"), _("Address"),
    ]  # fmt: skip


def company_rows(shelf: Shelf, viewer: User) -> Iterator[Sequence[str]]:
    """A row for each of the first ``MOST`` companies of a list, as ``viewer`` sees it."""
    sight, joined = sight_of(viewer), shelf.rows.select_related("country")
    for keys in _some(shelf.first()):
        for card in cards(in_order_of(keys, joined), viewer, sight, Wanted()):
            yield _company(card)


def _some(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """The keys in portions of what is made at once."""
    for at in range(0, len(keys), _AT_ONCE):
        yield keys[at : at + _AT_ONCE]


def _opportunity(shown: ShownOpportunity) -> list[str]:
    return [
        shown.reference,
        shown.get_side_display(),
        shown.get_kind_display(),
        shown.titled()[0],
        shown.described_in()[0],
        _codes(shown.codes),
        shown.company.told if shown.company else _("company not named"),
        shown.country.name,
        shown.published_at.date().isoformat() if shown.published_at else "",
        shown.expires_on.isoformat() if shown.expires_on else "",
        *_investment(shown.investment),
        settings.BASE_URL + reverse("opportunity", args=[shown.public_id]),
    ]


def _investment(terms: InvestmentTerms | None) -> list[str]:
    """Amounts as programs read them."""
    if terms is None:
        return [""] * 6
    amounts = [str(terms.amount_min), str(terms.amount_max), terms.currency]
    return [terms.field, terms.region, terms.get_instrument_display(), *amounts]


def _company(card: Card) -> list[str]:
    shown: ShownCompany = card.shown
    return [
        shown.legal_name,
        shown.latin,
        shown.city,
        shown.country.name,
        "; ".join(chamber.name for chamber in shown.chambers),
        str(shown.fields.get("size_label", "")),
        "; ".join(map(language_name, shown.fields.get("languages", ()))),
        shown.described_in()[0],
        _codes(shown.fields.get("codes", ())),
        "; ".join(item.opportunity.titled()[0] for item in card.offers),
        "; ".join(item.opportunity.titled()[0] for item in card.demands),
        settings.BASE_URL + reverse("company", args=[shown.public_id]),
    ]


def _codes(codes: Sequence[TradeCode]) -> str:
    return "; ".join(f"{code.scheme.upper()} {code.code} {code.label}" for code in codes)
