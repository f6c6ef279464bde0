"""What versions share in the administration: who may change them, decisions, the preview."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, who
from chambers.admin.decisions import Action, Do, Waiting, decision
from matching.admin.previews import shown_preview
from matching.models import Version

State = Version.State
HISTORY = ["created_by", "created_at", "in_force_by", "in_force_at", "retired_at"]


class VersionAdmin(ScopedAdmin):
    """A draft is a form with its preview; what was in force is never changed."""

    addable = changeable = True
    change_form_template = "admin/matching/version.html"
    list_filter = ["state"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or obj.state == State.DRAFT
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for _part, one in self.get_fieldsets(request, obj) for name in one["fields"]]

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


def _drafts(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(state=State.DRAFT)


def deciding(
    *,
    put: Do,
    retire: Do,
    preview: Do,
    titles: tuple[Any, Any],
    notes: tuple[Any, Any, Any],
    waiting: Waiting = _drafts,
) -> list[Action]:
    """Put in force, retire and preview versions; ``titles`` of the first two, ``notes`` of all.

    ``waiting`` are those that may be put in force, and are previewed.
    """
    return [
        decision(
            "put_in_force",
            title=titles[0],
            do=put,
            waiting=waiting,
            note=notes[0],
        ),
        decision(
            "retire",
            title=titles[1],
            do=retire,
            waiting=lambda rows: rows.exclude(state=State.RETIRED),
            note=notes[1],
        ),
        decision(
            "preview",
            title=_("Preview who gains and who loses"),
            do=preview,
            waiting=waiting,
            note=notes[2],
        ),
    ]
