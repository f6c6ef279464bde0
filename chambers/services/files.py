"""Files of companies: checked by their content, kept under names of our own, handed out by row.

``keep_document`` is the one way in. What is kept is what ``chambers.gates.papers`` made or let
pass; the name is only for people and never becomes a path.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.gates import papers
from chambers.gates.files import BrokenFileError
from chambers.models import Company, Document, User
from chambers.models.documents import ENDINGS, FOLDER
from chambers.services.people import demand_editor

MOST_BROCHURES = 6  # of a company
ORPHANED_AFTER = dt.timedelta(days=1)  # no request or import takes that long


@transaction.atomic
def keep_document(
    company: Company, *, kind: str, upload: File, by: User | None, language: str = ""
) -> Document:
    """Check a file and keep it for a company; a logo takes the place of the one before.

    ``by`` decides for the company; None is the installation itself. Raises ValidationError on
    ``upload`` (``bad_file``: with the words of what is wrong; ``too_many``), PermissionDenied.
    """
    if by is not None:
        demand_editor(by, company)
    checked = _checked(kind, upload)
    # Two at once would each find room for the last brochure, or each the old logo.
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    earlier = list(Document.objects.filter(company=company, kind=kind))
    if kind == Document.Kind.BROCHURE and len(earlier) >= MOST_BROCHURES:
        raise ValidationError(
            {
                "upload": ValidationError(
                    _("A company shows at most %(most)d brochures. Delete one first."),
                    code="too_many",
                    params={"most": MOST_BROCHURES},
                )
            }
        )
    if kind == Document.Kind.LOGO:
        for one in earlier:
            _delete(one)
    document = Document(
        company=company,
        kind=kind,
        name=clean_name(upload.name or "", checked.content_type),
        language=language,
        content_type=checked.content_type,
        size=len(checked.content),
        sha256=hashlib.sha256(checked.content).hexdigest(),
        uploaded_by=by,
    )
    document.file.save("", ContentFile(checked.content), save=False)
    try:
        document.full_clean()
        document.save()
    except Exception:
        document.file.delete(save=False)
        raise
    if kind == Document.Kind.LOGO:
        _show_logo(company, document)
    return document


@transaction.atomic
def remove_document(document: Document, *, by: User | None) -> None:
    """Delete a logo or brochure with its file. Raises PermissionDenied.

    Papers for a chamber stay: what was decided upon them must stay provable.
    """
    if by is not None:
        demand_editor(by, document.company)
    if document.kind not in Document.SHOWN:
        raise PermissionDenied(_("Papers that a chamber decides upon are kept."))
    company = document.company
    _delete(document)
    if document.kind == Document.Kind.LOGO:
        _show_logo(company, None)


def clean_name(name: str, content_type: str) -> str:
    """A file's name as people may be shown it: no folders, no invisible signs, the right ending."""
    stem = PurePosixPath(PureWindowsPath(name).name).stem
    seen = "".join(
        sign for sign in unicodedata.normalize("NFC", stem) if unicodedata.category(sign)[0] != "C"
    )
    return f"{' '.join(seen.split())[:120] or 'file'}.{ENDINGS[content_type]}"


def delete_orphans(*, older_than: dt.timedelta = ORPHANED_AFTER) -> int:
    """Delete stored files that no row names, and how many; those of work under way are younger.

    A file is written before its row is certain, and deleted after its row is: whoever is killed
    in between, or whose transaction fails later, leaves one.
    """
    storage = default_storage
    until = timezone.now() - older_than
    deleted = 0
    folders = storage.listdir(FOLDER)[0] if storage.exists(FOLDER) else []
    for folder in folders:
        found = {f"{FOLDER}/{folder}/{name}" for name in storage.listdir(f"{FOLDER}/{folder}")[1]}
        kept = Document.objects.filter(file__in=found).values_list("file", flat=True)
        for name in found.difference(kept):
            if storage.get_modified_time(name) < until:
                storage.delete(name)
                deleted += 1
    return deleted


def _checked(kind: str, upload: File) -> papers.Checked:
    check = papers.logo_of if kind == Document.Kind.LOGO else papers.paper_of
    most = papers.LARGEST_PICTURE if kind == Document.Kind.LOGO else papers.LARGEST_PAPER
    upload.seek(0)
    try:
        return check(upload.read(most + 1))  # one more tells that it is too large
    except BrokenFileError as error:
        raise ValidationError({"upload": ValidationError(str(error), code="bad_file")}) from error


def _delete(document: Document) -> None:
    """The row now; the file once that is certain."""
    storage, name = document.file.storage, str(document.file.name)
    Document.objects.filter(pk=document.pk).delete()
    transaction.on_commit(lambda: storage.delete(name))


def _show_logo(company: Company, logo: Document | None) -> None:
    Company.objects.filter(pk=company.pk).update(logo=logo)
    company.logo = logo
