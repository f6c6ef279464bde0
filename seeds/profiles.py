"""What some companies of the demo say beyond their first lines: logos, files, who sees what."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from chambers.models import Company, Document
from chambers.services.companies import change_company
from chambers.services.files import keep_document
from seeds import sources

FILES = sources.DATA / "files"


def complete(companies: dict[str, Company]) -> None:
    """Complete the profiles that the data names; each of them has a logo."""
    for row in sources.document("profiles")["profiles"]:
        company = companies[row["company"]]
        amount, currency = row.get("turnover", (None, ""))
        change_company(
            company,
            email=row["email"],
            phone=row["phone"],
            turnover=Decimal(amount) if amount else None,
            turnover_currency=currency,
            visibility={**company.visibility, **row["levels"]},
        )
        _keep(company, Document.Kind.LOGO, FILES / f"{row['company']}.png", "Logo.png")
        if brochure := row.get("brochure"):
            name, language = brochure
            paper = FILES / f"{row['company']}.pdf"
            _keep(company, Document.Kind.BROCHURE, paper, name, language=language)


def _keep(company: Company, kind: str, path: Path, name: str, **fields: Any) -> None:
    upload = ContentFile(path.read_bytes(), name=name)
    keep_document(company, kind=kind, upload=upload, by=None, **fields)
