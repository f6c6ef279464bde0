"""Reference data: seeded, the same for everyone, looked up by forms and people."""

from __future__ import annotations

from django.contrib import admin

from chambers.admin.base import ScopedAdmin
from chambers.models import Country, TradeCode


@admin.register(Country)
class CountryAdmin(ScopedAdmin):
    list_display = ["code", "name_en", "name_ru", "name_ja"]
    search_fields = ["code", "name_en", "name_ru", "name_ja"]
    ordering = ["code"]


@admin.register(TradeCode)
class TradeCodeAdmin(ScopedAdmin):
    list_display = ["code", "scheme", "level", "label_en", "label_ru", "label_ja"]
    list_filter = ["scheme", "level"]
    search_fields = ["code", "label_en", "label_ru", "label_ja", "short_en"]
    ordering = ["scheme", "code"]
