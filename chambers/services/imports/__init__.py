"""Files of companies and chambers brought in: all or nothing, again and again, row by row told."""

from chambers.services.imports.chambers import ChamberImport, import_chambers
from chambers.services.imports.companies import KIND, import_companies, order_import, summary
from chambers.services.imports.report import Verdict, default_report

__all__ = [
    "KIND",
    "ChamberImport",
    "Verdict",
    "default_report",
    "import_chambers",
    "import_companies",
    "order_import",
    "summary",
]
