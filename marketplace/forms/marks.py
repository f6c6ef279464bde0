"""Marks of a paper as they are typed in, slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.models import Meeting, Participant
from marketplace.services.marks import Typed

# A digit chooses by keyboard in any language.
_CHOICES = [
    ("unknown", "—"),
    ("came", _("1 came")),
    ("late", _("2 late")),
    ("no_show", _("3 absent")),
]


@dataclass(frozen=True, slots=True)
class Joining:
    """One who joins the two of a meeting, and the fields of the mark."""

    person: Participant
    field: str
    known_field: str
    known: str
    """What is marked now"""


def joining(meeting: Meeting) -> list[Joining]:
    """Whoever joins the two of a meeting."""
    seen = {one.participant_id: one.attendance for one in meeting.further_marks.all()}
    unknown = Meeting.Attendance.UNKNOWN.value
    return [
        Joining(
            one,
            f"further_{meeting.pk}_{one.pk}",
            f"known_{meeting.pk}_{one.pk}",
            seen.get(one.pk, unknown),
        )
        for one in meeting.others.all()
    ]


class MarksForm(forms.Form):
    """Who came to the meetings of one slot; what was marked when the page was opened goes along."""

    rest = forms.BooleanField(label=_("Everybody else here came"), required=False)

    def __init__(self, data: Any, *, meetings: Sequence[Meeting]) -> None:
        super().__init__(data)
        self.meetings = meetings
        for one in meetings:
            known = (one.host_attendance, one.guest_attendance)
            for side, mark in zip(("host", "guest"), known, strict=True):
                self._add(f"{side}_{one.pk}", getattr(one, side), mark)
            self._add_known(f"known_{one.pk}", *known)
            for joins in joining(one):
                self._add(joins.field, joins.person, joins.known)
                self._add_known(joins.known_field, joins.known)

    def _add(self, name: str, person: Participant, mark: str) -> None:
        self.fields[name] = forms.ChoiceField(
            choices=_CHOICES, initial=mark, label=person.registration.company.legal_name
        )

    def _add_known(self, name: str, *marks: str) -> None:
        pattern = r"^" + " ".join([r"[a-z_]{4,7}"] * len(marks)) + r"$"
        self.fields[name] = forms.RegexField(
            pattern, initial=" ".join(marks), widget=forms.HiddenInput
        )

    def typed(self) -> list[Typed]:
        """What the paper says of each meeting."""
        given, found = self.cleaned_data, []
        for one in self.meetings:
            host_known, guest_known = given[f"known_{one.pk}"].split()
            host = self._said(f"host_{one.pk}", host_known)
            guest = self._said(f"guest_{one.pk}", guest_known)
            key = str(one.public_id)
            found.append(Typed(key, host, guest, host_known, guest_known))
            for joins in joining(one):
                known = given[joins.known_field]
                mark, further = self._said(joins.field, known), str(joins.person.public_id)
                found.append(Typed(key, "", mark, guest_known=known, further=further))
        return found

    def _said(self, name: str, known: str) -> str:
        said: str = self.cleaned_data[name]
        unknown = Meeting.Attendance.UNKNOWN.value
        if self.cleaned_data["rest"] and said == known == unknown:
            return Meeting.Attendance.CAME.value
        return said

    def renewed(self) -> None:
        """Show what was typed beside what is marked now; sending it again takes what was typed."""
        known = {
            f"known_{one.pk}": f"{one.host_attendance} {one.guest_attendance}"
            for one in self.meetings
        }
        known |= {each.known_field: each.known for one in self.meetings for each in joining(one)}
        self.data = {**self.data.dict(), **known}  # type: ignore[attr-defined]  # a QueryDict
