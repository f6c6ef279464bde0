"""Handing out files of companies."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from chambers.http import PageRequest
from chambers.models import Document
from chambers.selectors.documents import document_for


@require_safe
def document(request: PageRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """A file that this reader may open."""
    found = document_for(request.user, public_id)
    if found is None:
        raise Http404
    return sent(found, request)


def sent(found: Document, request: PageRequest) -> HttpResponseBase:
    """The bytes of a file: pictures, which we drew ourselves, in place; papers to be saved.

    Whether the reader may have it was asked before. A browser asks each time whether it may still
    show what it has: rights end.
    """
    etag = quote_etag(found.sha256)
    known = get_conditional_response(request, etag=etag)
    response: HttpResponseBase
    if known is not None and known.status_code == 304:
        response = known
    else:
        try:
            opened = found.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(
            opened,
            content_type=found.content_type,
            as_attachment=not found.is_picture,
            filename=found.name,
        )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
