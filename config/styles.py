"""One sheet of styles for every page: written as a file per concern, asked for at once.

On a phone's line a request costs more than what a page does not need of the sheet, and the sheet
is kept for all pages. The parts stay as they are written, in this order; nothing is built.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SHEET = "ui/site.css"
PARTS = (
    *("tokens", "base", "chrome", "components"),
    *("search", "messages", "direct", "opportunities", "events", "pictures"),
)
_WRITTEN = Path(__file__).resolve().parent / "static" / "ui"
_joined = tempfile.TemporaryDirectory(prefix="styles-")


class JoinedSheetFinder(BaseFinder):
    """Finds ``ui/site.css``, joined anew each time, for ``collectstatic`` and a test's server."""

    def check(self, **_options: Any) -> list[Any]:
        missing = [name for name in PARTS if not _part(name).exists()]
        if missing:
            raise FileNotFoundError(f"no sheet of the name {', '.join(missing)} in {_WRITTEN}")
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        if path != SHEET:
            return []
        return [str(_join())] if find_all else str(_join())

    def list(self, _ignored: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        _join()
        yield SHEET, FileSystemStorage(location=_joined.name)


def _part(name: str) -> Path:
    return _WRITTEN / f"{name}.css"


def _join() -> Path:
    sheet = Path(_joined.name) / SHEET
    sheet.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=_joined.name, delete=False) as whole:
        whole.write("\n".join(_part(name).read_text() for name in PARTS))
    Path(whole.name).replace(sheet)  # at once: another request may be reading it
    return sheet
