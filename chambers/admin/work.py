"""Jobs and mail: what the machines do in a chamber's name."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, who
from chambers.admin.decisions import decision
from chambers.models import Job, Mail
from chambers.services import jobs
from chambers.services.links import without_links


@admin.register(Job)
class JobAdmin(ScopedAdmin):
    """Jobs of one's chambers; a superuser sees all and what they are about."""

    list_display = [
        "kind",
        "state",
        "progress",
        "message",
        "tries",
        "chamber",
        "requested_by",
        "created_at",
        "finished_at",
    ]
    list_filter = ["state", "kind", "chamber"]
    list_select_related = ["chamber", "requested_by"]
    search_fields = ["kind", "key"]
    ordering = ["-created_at", "-pk"]
    actions = [
        decision(
            "retry",
            title=_("Try parked jobs again"),
            do=lambda job, by: jobs.retry(job),
            waiting=lambda rows: rows.filter(state=Job.State.PARKED),
        ),
        decision(
            "stop",
            title=_("Stop jobs"),
            do=lambda job, by: jobs.cancel(job),
            waiting=lambda rows: rows.open(),  # type: ignore[attr-defined]
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: Job | None = None) -> Any:
        fields = [
            "kind",
            "state",
            "progress",
            "message",
            "chamber",
            "requested_by",
            "tries",
            "priority",
            "created_at",
            "run_after",
            "started_at",
            "lease_until",
            "finished_at",
            "error",
        ]
        return [*fields, "key", "payload", "result"] if who(request).is_superuser else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done:,} / {job.total:,}".replace(",", "\u202f") if job.total else "—"


@admin.register(Mail)
class MailAdmin(ScopedAdmin):
    """Mail sent in the name of one's chambers; read-only, for it may have been read."""

    list_display = ["subject", "to", "kind", "language", "state", "created_at", "sent_at"]
    list_filter = ["state", "kind", "chamber"]
    search_fields = ["to", "person__name", "subject", "problem"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
    fields = readonly_fields = (
        "to",
        "person",
        "chamber",
        "kind",
        "language",
        "state",
        "problem",
        "digest",
        "created_at",
        "sent_at",
        "subject",
        "body",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        return super().get_queryset(request).select_related("chamber", "person", "digest")

    @admin.display(description=_("text"))
    def body(self, mail: Mail) -> Any:
        # A link that sets a password, or makes one a colleague, is for the person alone, not even
        # for an operator.
        if mail.kind in ("account", "invited"):
            return _("Not shown: it may hold a personal link.")
        return without_links(mail.text)
