"""What a chamber stresses: its managers draft, preview and put it in force; its staff read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, changes, who
from chambers.admin.decisions import decision
from chambers.models import Chamber
from marketplace.models import Opportunity
from matching.admin.previews import shown_preview
from matching.engine.emphasis import LEAST, MOST
from matching.models import ChamberEmphasis
from matching.models.emphases import KINDS, PARTS
from matching.services import emphases, previews

State = ChamberEmphasis.State
_PROPORTIONS = _(
    "From 0.5 to 2; 1 leaves it as it is. Only proportions count: to raise all changes nothing."
)
_EFFECT = _(
    "Evidence between a member and a company whose chambers stress nothing is multiplied by this."
    " Where both sides stress something, both multiply."
)


class EmphasisForm(forms.ModelForm):
    """Inputs that take any number in the range."""

    class Meta:
        model = ChamberEmphasis
        fields = ["chamber", "note", *PARTS]
        widgets = dict.fromkeys(
            PARTS,
            forms.NumberInput({"step": "any", "inputmode": "decimal", "min": LEAST, "max": MOST}),
        )


@admin.register(ChamberEmphasis)
class ChamberEmphasisAdmin(ScopedAdmin):
    """The versions of one's chambers; a draft is a form, what was in force is never changed."""

    addable = changeable = True
    form = EmphasisForm
    change_form_template = "admin/matching/chamberemphasis/change_form.html"
    list_display = ["number", "chamber", "state", "note", "in_force_at", "retired_at"]
    list_filter = ["state", "chamber"]
    list_select_related = ["chamber"]
    ordering = ["chamber__name_en", "-number"]
    actions = [
        decision(
            "put_in_force",
            title=_("Put emphases in force"),
            do=emphases.put_emphasis_in_force,
            waiting=lambda rows: rows.filter(state=State.DRAFT),
            note=_("The lists of the members follow; the one in force until now retires."),
        ),
        decision(
            "retire",
            title=_("Retire emphases"),
            do=emphases.retire_emphasis,
            waiting=lambda rows: rows.exclude(state=State.RETIRED),
            note=_("After the one in force, everything counts alike for the members."),
        ),
        decision(
            "preview",
            title=_("Preview who gains and who loses"),
            do=previews.ask_for_emphasis_preview,
            waiting=lambda rows: rows.filter(state=State.DRAFT),
            note=_("A worker computes it; the figures stand on the page of the draft."),
        ),
        decision(
            "again",
            title=_("Draft the same again"),
            do=emphases.draft_again,
            waiting=lambda rows: rows.exclude(state=State.DRAFT),
            note=_("The new draft gets the next number of the chamber."),
        ),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or obj.state == State.DRAFT
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who manages one chamber begins with it, and with what it stresses now."""
        mine = list(Chamber.objects.managed_by(who(request))[:2])
        if len(mine) != 1:
            return {}
        now = ChamberEmphasis.objects.in_force().filter(chamber=mine[0]).first()
        return {"chamber": mine[0]} | {name: getattr(now, name) for name in PARTS if now}

    def get_fieldsets(self, request: HttpRequest, obj: ChamberEmphasis | None = None) -> Any:
        about = ["chamber", "note"]
        if obj is not None:
            about += ["number", "state", "created_by", "created_at"]
            about += ["in_force_by", "in_force_at", "retired_at"]
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
            effect = {"fields": ["effect"], "description": _EFFECT}
            sets.append((_("What it makes of evidence"), effect))
        return sets

    def get_fields(self, request: HttpRequest, obj: ChamberEmphasis | None = None) -> Any:
        return [name for _part, one in self.get_fieldsets(request, obj) for name in one["fields"]]

    def get_readonly_fields(self, request: HttpRequest, obj: ChamberEmphasis | None = None) -> Any:
        form = {"note", *PARTS} if obj is not None else {"chamber", "note", *PARTS}
        return [name for name in self.get_fields(request, obj) if name not in form]

    @admin.display(description=_("times"))
    def effect(self, chosen: ChamberEmphasis) -> str:
        """By how much it multiplies evidence between a member and a company elsewhere."""
        rows = [
            (
                name,
                *(number_format(round(one, 2), 2) for one in chosen.emphasis.towards_others(kind)),
            )
            for kind, name in [("", gettext("profile")), *Opportunity.Kind.choices]
        ]
        head = (gettext("Text"), gettext("Trade codes"), gettext("Words"))
        return format_html(
            '<table><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            *head,
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        chosen = self.get_object(request, unquote(object_id))
        context = {"preview": shown_preview(chosen, who(request)) if chosen else None}
        return super().change_view(request, object_id, form_url, context)

    def save_model(
        self, request: HttpRequest, obj: ChamberEmphasis, form: Any, change: bool
    ) -> None:
        if change:
            emphases.change_emphasis(obj, by=who(request), **changes(form))
            return
        fields = dict(form.cleaned_data)
        saved = emphases.draft_emphasis(fields.pop("chamber"), by=who(request), **fields)
        obj.pk, obj.number = saved.pk, saved.number
