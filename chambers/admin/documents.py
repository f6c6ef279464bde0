"""Files of a company, beneath it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline
from chambers.models import Document


class DocumentInline(ScopedInline):
    """Logo, brochures and papers; the company keeps them, its chambers' staff opens them."""

    model = Document
    fk_name = "company"
    fields = readonly_fields = (
        "opened",
        "kind",
        "language",
        "told_size",
        "uploaded_by",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).select_related("company", "uploaded_by")

    @admin.display(description=_("file"))
    def opened(self, document: Any) -> SafeString:
        address = reverse("document", args=[document.public_id])
        return format_html('<a href="{}">{}</a>', address, document.name)

    @admin.display(description=_("size"))
    def told_size(self, document: Any) -> str:
        return filesizeformat(document.size)
