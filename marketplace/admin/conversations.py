"""Messages that companies reported: read by their chambers, and settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, company_column
from chambers.admin.decisions import decision
from chambers.admin_site import Queue, shows_queues
from marketplace.admin.base import OpenFilter
from marketplace.models import Report
from marketplace.services import conversations

if TYPE_CHECKING:
    from chambers.models import User


class AnswerForm(forms.Form):
    """What was done about it."""

    answer = forms.CharField(
        label=_("What was done"),
        max_length=500,
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        help_text=_("Kept with the report, such as: spoke to the company on the telephone."),
    )


@admin.register(Report)
class ReportAdmin(ScopedAdmin):
    """Reports by and about one's members. Of a conversation nothing but the message is shown."""

    list_display = [
        "created_at",
        "reason",
        "writer",
        company_column("company", _("reported by")),
        "settled_at",
        "settled_by",
    ]
    list_filter = [OpenFilter, "reason"]
    search_fields = ["message__company__legal_name", "company__legal_name"]
    ordering = ["created_at", "pk"]
    fields = readonly_fields = (
        "created_at",
        "reason",
        "note",
        "writer",
        "author",
        "sent_at",
        "text",
        "company",
        "by",
        "settled_at",
        "settled_by",
        "answer",
    )
    actions = [
        decision(
            "settle",
            title=_("Settle reports"),
            do=conversations.settle_report,
            waiting=lambda rows: rows.filter(settled_at=None),
            form=AnswerForm,
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return (
            super()
            .get_queryset(request)
            .select_related("message__company", "message__author", "company", "by", "settled_by")
        )

    @admin.display(description=_("written by"), ordering="message__company__legal_name")
    def writer(self, report: Report) -> str:
        return report.message.company.told

    @admin.display(description=_("person"))
    def author(self, report: Report) -> str:
        return str(report.message.author or "—")

    @admin.display(description=_("sent"))
    def sent_at(self, report: Report) -> object:
        return report.message.sent_at

    @admin.display(description=_("message"))
    def text(self, report: Report) -> str:
        return report.message.text


@shows_queues
def of_reports(user: User) -> Iterator[Queue]:
    """Reported messages that nobody has settled."""
    found = (
        Report.objects.served_by(user)
        .filter(settled_at=None)
        .aggregate(count=Count("pk"), since=Min("created_at"))
    )
    yield Queue(
        gettext("Reported messages"),
        found["count"],
        reverse("admin:marketplace_report_changelist") + "?open=1",
        since=found["since"],
    )
