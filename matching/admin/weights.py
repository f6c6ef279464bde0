"""Versions of the rules: staff read and compare them, a superuser changes them and decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import who
from matching.admin.versions import HISTORY, State, VersionAdmin, deciding
from matching.engine import Weights
from matching.models import WeightSet
from matching.models.constants import CONSTANTS, Constant
from matching.services import learning, previews, weights


def _field_of(constant: Constant) -> forms.FloatField:
    return forms.FloatField(
        label=constant.label,
        min_value=constant.low,
        max_value=constant.high,
        help_text=_range(constant),
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )


def _in_words(constant: Constant) -> str:
    low, high = (number_format(value) for value in (constant.low, constant.high))
    return gettext("%(help)s From %(low)s to %(high)s.") % {
        "help": constant.help,
        "low": low,
        "high": high,
    }


_range = lazy(_in_words, str)


def _key(constant: Constant) -> str:
    return f"c_{constant.name.replace('.', '__')}"


class _ConstantsForm(forms.ModelForm):
    """A version, why, and each constant; what the engine refuses stands on top."""

    class Meta:
        model = WeightSet
        fields = ["version", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = self.instance.weights() if self.instance.pk else weights.weights_in_force()
        for constant in CONSTANTS:
            if _key(constant) in self.fields:
                self.fields[_key(constant)].initial = round(constant.of(shown), 6)

    def constants(self) -> dict[str, Any]:
        """What was changed, as ``Weights`` reads it."""
        found: dict[str, Any] = {}
        for constant in CONSTANTS:
            if _key(constant) not in self.changed_data:
                continue
            head, _sep, level = constant.name.partition(".")
            value = self.cleaned_data[_key(constant)]
            if level:
                found.setdefault(head, {})[level] = value
            else:
                found[head] = value
        if "levels" in found:
            base = self.instance.weights() if self.instance.pk else weights.weights_in_force()
            found["levels"] = {**base.levels, **found["levels"]}
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            base = self.instance.weights() if self.instance.pk else weights.weights_in_force()
            try:
                weights.plain_values({**base.as_data(), **self.constants()})
            except ValidationError as error:
                self.add_error(None, error.messages[0])
        return cleaned


ConstantsForm = type(
    "ConstantsForm", (_ConstantsForm,), {_key(one): _field_of(one) for one in CONSTANTS}
)


@admin.register(WeightSet)
class WeightSetAdmin(VersionAdmin):
    """All sets with what they change; who runs the platform decides."""

    form = ConstantsForm
    change_list_template = "admin/matching/weightset/change_list.html"
    list_display = ["version", "state", "note", "in_force_at", "retired_at", "created_at"]
    ordering = ["-created_at", "-pk"]
    actions = deciding(
        put=weights.put_in_force,
        retire=weights.retire_weights,
        preview=previews.ask_for_preview,
        titles=(_("Put sets of weights in force"), _("Retire sets of weights")),
        notes=(
            _("Everyone is matched anew by it; the set in force until now retires."),
            _("After the one in force, the constants that came with the program hold."),
            _("A worker computes it; the figures stand on the page of the set."),
        ),
        waiting=lambda rows: rows.exclude(state=State.IN_FORCE),
    )

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "learn/", self.admin_site.admin_view(self.learn), name="matching_weightset_learn"
        )
        return [ask, *super().get_urls()]

    def learn(self, request: HttpRequest) -> HttpResponse:
        """Have a worker study what happened, and go back to the list, which tells what came."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        learning.ask_to_learn(by=who(request))
        text = gettext("A worker studies what happened. A proposal would be a draft in this list.")
        self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:matching_weightset_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        may_learn = who(request).is_superuser
        context = {
            "may_learn": may_learn,
            "lesson": learning.last_lesson() if may_learn else None,
            "program_rules": Weights().version,
            "own_rules": "" if WeightSet.objects.in_force().exists() else Weights().version,
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser and (obj is None or obj.state == State.DRAFT)

    def get_fieldsets(self, request: HttpRequest, obj: WeightSet | None = None) -> Any:
        about = ["version", "note"]
        if obj is not None:
            about += ["state", "parent", *HISTORY]
        sets: list[Any] = [(None, {"fields": about})]
        if self.has_change_permission(request, obj):
            parts: dict[str, list[str]] = {}
            for constant in CONSTANTS:
                parts.setdefault(str(constant.part), []).append(_key(constant))
            sets += [(part, {"fields": names}) for part, names in parts.items()]
        if obj is not None:
            sets.append((_("Compared with the set in force"), {"fields": ["comparison"]}))
            if obj.evaluation:
                sets.append((_("Measured on held-back decisions"), {"fields": ["measured"]}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: WeightSet | None = None) -> Any:
        form = ("version", "note")
        return [
            name
            for name in self.get_fields(request, obj)
            if name not in form and not name.startswith("c_")
        ]

    @admin.display(description=_("constants"))
    def comparison(self, chosen: WeightSet) -> str:
        now, there = weights.weights_in_force(), chosen.weights()
        rows = [
            (one.label, number_format(_short(one.of(now))), number_format(_short(one.of(there))))
            for one in CONSTANTS
        ]
        head = (gettext("Constant"), gettext("In force"), gettext("This set"))
        return format_html(
            '<table><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            *head,
            format_html_join(
                "",
                '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
                (
                    (name, before, after if before == after else format_html("<b>{}</b>", after))
                    for name, before, after in rows
                ),
            ),
        )

    @admin.display(description=_("evaluation"))
    def measured(self, chosen: WeightSet) -> str:
        found = chosen.evaluation
        return gettext(
            "Learnt from %(accepted)d accepted and %(declined)d declined partners, measured on"
            " %(held_accepted)d and %(held_declined)d others. An accepted partner scored above a"
            " declined one in %(before)s %% of cases by rules %(against)s and in %(after)s %% by"
            " this set; the gain lies between %(low)s and %(high)s points."
        ) % {
            **{name: found[name] for name in ("accepted", "declined", "against")},
            **{name: found[name] for name in ("held_accepted", "held_declined")},
            "before": _percent(found["before"]["auc"]),
            "after": _percent(found["after"]["auc"]),
            "low": _percent(found["interval"][0]),
            "high": _percent(found["interval"][1]),
        }

    def save_model(self, request: HttpRequest, obj: WeightSet, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in ("version", "note")}
        if change:
            weights.change_draft(obj, by=who(request), values=form.constants(), **fields)
        else:
            obj.pk = weights.draft_weights(by=who(request), values=form.constants(), **fields).pk


def _short(value: float) -> float:
    return round(value, 4)


def _percent(share: float) -> str:
    return number_format(round(100 * share, 1))
