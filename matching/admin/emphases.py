"""What a chamber or an event stresses: its managers decide, with a preview; its staff read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import changes, who
from chambers.admin.decisions import Action, decision
from chambers.models import Chamber
from marketplace.admin.base import AtTheEvent
from marketplace.models import Event, Opportunity
from matching.admin.versions import HISTORY, State, VersionAdmin, deciding
from matching.engine.emphasis import LEAST, MOST
from matching.models import ChamberEmphasis, EventEmphasis, StatedEmphasis
from matching.models.emphases import KINDS, PARTS
from matching.services import emphases, previews

_PROPORTIONS = _(
    "From 0.5 to 2; 1 leaves it as it is. Only proportions count: to raise all changes nothing."
)


class EmphasisForm(forms.ModelForm):
    """Inputs that take any number in the range."""

    class Meta:
        fields = ["note", *PARTS]
        widgets = dict.fromkeys(
            PARTS,
            forms.NumberInput({"step": "any", "inputmode": "decimal", "min": LEAST, "max": MOST}),
        )


def _actions(*notes: Any) -> list[Action]:
    """What one decides on; notes on putting in force, retiring and drafting again."""
    put, retire, again = notes
    return [
        *deciding(
            put=emphases.put_emphasis_in_force,
            retire=emphases.retire_emphasis,
            preview=previews.ask_for_emphasis_preview,
            titles=(_("Put emphases in force"), _("Retire emphases")),
            notes=(
                put,
                retire,
                _("A worker computes it; the figures stand on the page of the draft."),
            ),
        ),
        decision(
            "again",
            title=_("Draft the same again"),
            do=emphases.draft_again,
            waiting=lambda rows: rows.exclude(state=State.DRAFT),
            note=again,
        ),
    ]


class EmphasisAdmin(VersionAdmin):
    """The versions of one's own; ``effect`` says what its figures are."""

    model: type[StatedEmphasis]
    form = EmphasisForm
    effect_of: Any = ""

    def owner_asked(self, request: HttpRequest) -> Chamber | Event | None:
        """Whose a new draft is to begin with; None where nobody's is meant."""
        return None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A draft begins with what its owner stresses now."""
        owner, whose = self.owner_asked(request), self.model.OWNER
        if owner is None:
            return {}
        now = self.model.rows().in_force().filter(**{whose: owner}).first()
        return {whose: owner} | {name: getattr(now, name) for name in PARTS if now}

    def get_fieldsets(self, request: HttpRequest, obj: StatedEmphasis | None = None) -> Any:
        about = [self.model.OWNER, "note"]
        if obj is not None:
            about += ["number", "state", *HISTORY]
        sets: list[Any] = [
            (None, {"fields": about}),
            (
                _("Trade codes against words"),
                {"fields": ["codes", "words"], "description": _PROPORTIONS},
            ),
            (
                _("Kinds of opportunities against each other"),
                {"fields": list(KINDS), "description": _PROPORTIONS},
            ),
        ]
        if obj is not None:
            effect = {"fields": ["effect"], "description": self.effect_of}
            sets.append((_("What it makes of evidence"), effect))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: StatedEmphasis | None = None) -> Any:
        form = {"note", *PARTS} if obj is not None else {self.model.OWNER, "note", *PARTS}
        return [name for name in self.get_fields(request, obj) if name not in form]

    @admin.display(description=_("version"), ordering="number")
    def version(self, chosen: StatedEmphasis) -> str:
        return gettext("version %(number)d") % {"number": chosen.number}

    @admin.display(description=_("times"))
    def effect(self, chosen: StatedEmphasis) -> str:
        """By how much it multiplies evidence."""
        rows = [
            (name, *(number_format(round(one, 2), 2) for one in chosen.times(kind)))
            for kind, name in [("", gettext("profile")), *Opportunity.Kind.choices]
        ]
        head = (gettext("Text"), gettext("Trade codes"), gettext("Words"))
        return format_html(
            '<table><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            *head,
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows),
        )

    def save_model(
        self, request: HttpRequest, obj: StatedEmphasis, form: Any, change: bool
    ) -> None:
        if change:
            emphases.change_emphasis(obj, by=who(request), **changes(form))
            return
        fields = dict(form.cleaned_data)
        owner = fields.pop(self.model.OWNER)
        saved = emphases.draft_emphasis(owner, by=who(request), **fields)
        obj.pk, obj.number = saved.pk, saved.number


@admin.register(ChamberEmphasis)
class ChamberEmphasisAdmin(EmphasisAdmin):
    """The versions of one's chambers."""

    list_display = ["number", "chamber", "state", "note", "in_force_at", "retired_at"]
    list_filter = ["state", "chamber"]
    list_select_related = ["chamber"]
    ordering = ["chamber__name_en", "-number"]
    effect_of = _(
        "Evidence between a member and a company whose chambers stress nothing is multiplied by"
        " this. Where both sides stress something, both multiply."
    )
    actions = _actions(
        _("The lists of the members follow; the one in force until now retires."),
        _("After the one in force, everything counts alike for the members."),
        _("The new draft gets the next number of the chamber."),
    )

    def owner_asked(self, request: HttpRequest) -> Chamber | None:
        """The chamber of who manages one."""
        mine = list(Chamber.objects.managed_by(who(request))[:2])
        return mine[0] if len(mine) == 1 else None


@admin.register(EventEmphasis)
class EventEmphasisAdmin(EmphasisAdmin, AtTheEvent):
    """The versions of the events that one's chambers organise; those they host are read."""

    list_display = ["version", "event", "state", "note", "in_force_at", "retired_at"]
    list_filter = ["state", "event"]
    list_select_related = ["event__chamber"]
    ordering = ["-event__starts_on", "-event", "-number"]
    effect_of = _(
        "Evidence between two companies of the event is multiplied by this, on top of what their"
        " chambers stress."
    )
    actions = _actions(
        _("Meetings are proposed by it from now on; the one in force until now retires."),
        _("After the one in force, everything counts alike among the companies of the event."),
        _("The new draft gets the next number of the event."),
    )

    def owner_asked(self, request: HttpRequest) -> Event | None:
        """The event that the address names, or by which the list was filtered."""
        listed = parse_qs(request.GET.get("_changelist_filters", ""))
        keys = [request.GET.get("event", ""), *listed.get("event__id__exact", [])]
        mine = Event.objects.managed_by(who(request))
        found = [key for key in keys if key.isdecimal() and len(key) < 19]
        return mine.filter(pk__in=found[:1]).first()
