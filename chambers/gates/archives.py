"""Archives: the one place that packs files together to be downloaded."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable


def zip_of(files: Iterable[tuple[str, bytes]], *, folder: str, at: dt.datetime) -> bytes:
    """A ZIP file that unpacks to one folder with ``files``: (name, content), all dated ``at``.

    ``at`` is told by the clock of its own zone: a ZIP knows no zones.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(f"{folder}/{name}", at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
