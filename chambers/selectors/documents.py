"""Which files of companies a reader may open."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from chambers.models import Company, Document
from chambers.selectors.shown import shown_company

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


def document_for(user: User | AnonymousUser, public_id: uuid.UUID) -> Document | None:
    """A document that ``user`` may open: by its row, and a brochure also by its company's choice.

    Own people open all of a company's, staff all of those they serve.
    """
    rows = Document.objects.visible_to(user) | Document.objects.served_by(user)
    found = rows.filter(public_id=public_id).select_related("company__country").first()
    if found is None or found.kind != Document.Kind.BROCHURE:
        return found
    return found if shown_company(found.company, user).fields.get("brochures") else None


def brochures_of(company: Company) -> list[Document]:
    """The brochures of a company, oldest first; whether a reader sees them is asked before."""
    return list(Document.objects.filter(company=company, kind=Document.Kind.BROCHURE))
