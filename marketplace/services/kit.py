"""The kit of an event: files that print, and answer the desk's questions, without any network."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import qrcode
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chambers import names
from chambers.gates.archives import zip_of
from chambers.gates.tables import write_table
from chambers.models import SITE_LANGUAGES, site_language
from chambers.selectors.labels import language_name
from marketplace.models import Event, Meeting, Participant, Registration
from marketplace.selectors.kit import Agenda, Kit, Sheets, read_kit, together
from marketplace.selectors.times import tell_moment
from marketplace.services import standby
from marketplace.services.marks import box_words

FOLDER = "event-kit"
COLUMNS = (
    "meeting",
    "day",
    "time",
    "table",
    "host",
    "host_person",
    "guest",
    "guest_person",
    "host_mark",
    "guest_mark",
    "host_known",
    "guest_known",
    "further",
)
"""Of marks.csv. A row with a ``further`` participant is of that person beside the two, as a guest.
``known`` is what was marked when the kit was made, so that a change shows."""
_UI = Path(settings.BASE_DIR, "config", "static", "ui")
_PER_SHEET = 8  # badges
_QUIET = 4  # empty modules around a QR code, as ISO/IEC 18004 asks
_DARK = re.compile("1+")


def make_kit(
    event: Event, languages: Sequence[str], *, at: dt.datetime | None = None
) -> Iterator[tuple[str, bytes]]:
    """The files of an event's kit, each complete in itself: (name, content).

    Companies' sheets come in each of ``languages``, codes of the site; all else in the first.
    """
    kit = read_kit(event, at or timezone.now())
    for number, code in enumerate(languages):
        with translation.override(code), timezone.override(event.clock):
            sheets = Sheets(kit, _named)
            if number == 0:
                yield from _common(sheets, languages)
            yield _sheets_in(code), _page(sheets, "companies", agendas=sheets.companies())


def kit_archive(event: Event, languages: Sequence[str], *, at: dt.datetime | None = None) -> bytes:
    """The kit as a ZIP file."""
    now = (at or timezone.now()).astimezone(event.clock)
    return zip_of(make_kit(event, languages, at=now), folder=FOLDER, at=now)


def write_kit(
    event: Event, languages: Sequence[str], folder: Path, *, at: dt.datetime | None = None
) -> list[Path]:
    """The kit as files of a folder, which is made; files of these names are replaced.

    Raises OSError where one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in make_kit(event, languages, at=at):
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def kit_languages(event: Event) -> list[str]:
    """The two languages of a kit unless others are asked for: the reader's, and English.

    Beside English for an English reader stands the organiser's own, as far as the site speaks it.
    """
    wanted = [site_language(), "en", *event.chamber.languages]
    return [code for code in dict.fromkeys(wanted) if code in SITE_LANGUAGES][:2]


def _common(sheets: Sheets, languages: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    agendas, times = sheets.companies(), sheets.times()
    shown: dict[str, Any] = {"agendas": agendas, "times": times, "days": sheets.days()}
    files = [(_sheets_in(code), language_name(code)) for code in languages]
    yield "index.html", _page(sheets, "index", script="kit.js", files=files, **shown)
    yield "table-cards.html", _page(sheets, "cards", cards=sheets.cards())
    yield "badges.html", _page(sheets, "badges", pages=_badges(agendas))
    yield "interpreters.html", _page(sheets, "interpreters", agendas=sheets.interpreters())
    yield "standby.html", _page(sheets, "standby", **_waiting(sheets))
    yield "marks.html", _page(sheets, "marks", times=times, agendas=agendas, words=box_words())
    yield "marks.csv", _marks(sheets)


def _sheets_in(language: str) -> str:
    return f"company-sheets-{language}.html"


def _badges(agendas: Sequence[Agenda]) -> list[list[tuple[Participant, Agenda, SafeString]]]:
    """Everybody who comes to the place, with their company and QR code, by sheet of paper."""
    found = [
        (one, agenda, _qr(_badge_address(one)))
        for agenda in agendas
        for one in agenda.people
        if one.presence == Participant.Presence.ON_SITE
    ]
    return [found[at : at + _PER_SHEET] for at in range(0, len(found), _PER_SHEET)]


def _named(registration: Registration) -> SafeString:
    """A company's name in its own script, with the Latin one beside whatever the reader reads."""
    company = registration.company
    beside = names.beside(company.legal_name, company.latin, "en")
    told = {"company": company, "beside": beside}
    return mark_safe(render_to_string("marketplace/kit/_name.html", told).strip())  # noqa: S308 - a template's


def _page(sheets: Sheets, name: str, *, script: str = "", **context: Any) -> bytes:
    """A file with its style and script inside, which may fetch nothing and run nothing else."""
    kit = sheets.kit
    style = _inside("style", "kit.css")
    code = _inside("script", script) if script else (mark_safe(""), "'none'")
    shown = {
        "event": kit.event,
        "name": kit.event.named()[0],
        "made": render_to_string(
            "marketplace/kit/_made.html",
            {"made": tell_moment(kit.made_at, zone=kit.event.zone), "version": _version(kit)},
        ),
        "language": site_language(),
        "style": style[0],
        "script": code[0],
        "policy": f"default-src 'none'; style-src {style[1]}; script-src {code[1]}; "
        "base-uri 'none'; form-action 'none'",
        **context,
    }
    return render_to_string(f"marketplace/kit/{name}.html", shown).encode()


def _inside(tag: str, name: str) -> tuple[SafeString, str]:
    """An asset of ours as an element, and the hash by which a content policy lets it in."""
    text = (_UI / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return format_html("<{}>{}</{}>", tag, mark_safe(text), tag), f"'sha256-{digest}'"  # noqa: S308 - our own file


def _version(kit: Kit) -> str:
    """Which version of the timetable the kit shows."""
    timetable = kit.timetable
    if timetable is None or timetable.published_at is None:
        return _("no timetable is published: the meetings as they stood")
    return _("timetable version %(number)d (%(status)s) of %(moment)s") % {
        "number": timetable.number,
        "status": timetable.get_status_display(),
        "moment": tell_moment(timetable.published_at, zone=kit.event.zone),
    }


def _badge_address(participant: Participant) -> str:
    """Where the desk checks in whoever wears the badge."""
    path = reverse("admin:marketplace_event_badge", args=[participant.badge_code])
    return f"{settings.BASE_URL}{path}"


def _qr(text: str) -> SafeString:
    """A QR code as a drawing, quiet zone included; one unit is one module."""
    # One mask for all: any is readable, and to try all eight takes five times as long.
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, mask_pattern=0)
    code.add_data(text)
    code.make()
    drawn = "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, line in enumerate(code.modules)
        for run in _DARK.finditer("".join("1" if dark else "0" for dark in line))
    )
    return format_html(
        '<svg class="qr" viewBox="-{0} -{0} {1} {1}" role="img" aria-label="QR">'
        '<path d="{2}"/></svg>',
        _QUIET,
        len(code.modules) + 2 * _QUIET,
        mark_safe(drawn),  # noqa: S308 - digits and letters of our own
    )


def _waiting(sheets: Sheets) -> dict[str, Any]:
    """Who stands in line for a freed time, and the meetings that have none."""
    zone = sheets.kit.event.zone
    offers = [
        (
            offer,
            sheets.time_of(offer.slot),
            together(sheets.names(offer.meeting)),
            tell_moment(offer.answer_by, zone=zone) if offer.answer_by else "",
        )
        for offer in sheets.kit.standby
    ]
    known = {one.pk: one for one in sheets.kit.meetings}
    line = [known[one.pk] for one in standby.waiting(sheets.kit.event) if one.pk in known]
    return {"offers": offers, "left": [together(sheets.names(one)) for one in line]}


def _marks(sheets: Sheets) -> bytes:
    """The form of marks as a table to fill in and to bring back."""
    rows = []
    for row in sheets.rows:
        one = row.meeting
        table = one.table.number if one.table is not None else None
        where = [str(one.public_id), row.day, row.time.span, table]
        known = [_known(mark) for mark in (one.host_attendance, one.guest_attendance)]
        rows.append([*where, *_who(one.host), *_who(one.guest), *known, *known, ""])
        for joins in row.others:
            mark, key = _known(joins.mark), str(joins.person.public_id)
            rows.append([*where, "", "", *_who(joins.person), "", mark, "", mark, key])
    target = io.BytesIO()
    write_table(target, COLUMNS, rows)
    return target.getvalue()


def _known(mark: str) -> str:
    return "" if mark == Meeting.Attendance.UNKNOWN else mark


def _who(person: Participant) -> list[str]:
    return [person.registration.company.legal_name, person.name]
