"""Pages set on paper: the one place that makes PDF files. Nothing is fetched for them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import ImageFile


class NoPrinterError(Exception):
    """This machine lacks Pango, the library that sets text."""


def pdf_of(page: str, *, styles: Sequence[str]) -> bytes:
    """An HTML page with style sheets, given as text, as a PDF file with tags and a title.

    Pictures, fonts or styles that the page names elsewhere are left out. Raises NoPrinterError.
    """
    try:
        from weasyprint import CSS, HTML  # it looks for Pango at once
        from weasyprint.urls import URLFetcher

        # WeasyPrint makes Pillow open what is cut off, for the whole process: not what people send.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    except OSError as error:
        raise NoPrinterError(str(error)) from error
    nothing = URLFetcher(allowed_protocols=())
    sheets = [CSS(string=style, url_fetcher=nothing) for style in styles]
    made = HTML(string=page, url_fetcher=nothing).write_pdf(
        stylesheets=sheets, pdf_tags=True, pdf_variant="pdf/ua-1"
    )
    return bytes(made)
