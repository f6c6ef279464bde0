"""The countries, and a place for companies of those whose national chamber nobody has named."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chambers.models import Chamber, Country
from chambers.services.imports.zones import languages_of, zone_of

_NOTE = {
    "en": "Made by an import of companies, so that those of this country have a place. "
    "Name it, or bring the chamber with import_chambers.",
    "ru": "Создано при загрузке компаний, чтобы у компаний этой страны было место. "
    "Укажите название или загрузите палату командой import_chambers.",
    "ja": "企業の取り込み時に、この国の企業の所属先として作成されました。"
    "名称を入力するか、import_chambers で商工会議所を取り込んでください。",
}


def known_countries() -> dict[str, Country]:
    """All countries by their code.

    Raises ValidationError ``no_countries`` when reference data was never seeded.
    """
    found = {country.pk: country for country in Country.objects.all()}
    if not found:
        raise ValidationError(
            _("There are no countries yet: run manage.py seed first."), code="no_countries"
        )
    return found


def placeholder_slug(country: str) -> str:
    """By this address name a placeholder is known, until it gets the chamber's own."""
    return f"{country.lower()}-national"


def create_placeholder(country: Country) -> Chamber:
    """Save a national chamber that plainly says it is not named yet."""
    chamber = Chamber(
        slug=placeholder_slug(country.pk),
        kind=Chamber.Kind.NATIONAL,
        country=country,
        name_en=f"{country.name_en}: national chamber not named yet",
        name_ru=f"{country.name_ru}: национальная палата ещё не указана",
        name_ja=f"{country.name_ja}：全国の商工会議所は未登録",
        zone=zone_of(country.pk),
        languages=languages_of(country.pk),
        note=_NOTE,
    )
    chamber.full_clean()
    chamber.save()
    return chamber
