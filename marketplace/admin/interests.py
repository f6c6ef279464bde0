"""Expressions of interest for chamber staff: what is in their hands, and what they passed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import company_column, who
from chambers.admin.companies import SearchedByCompany, companies_called
from chambers.admin.decisions import decision
from chambers.admin_site import Queue, shows_queues
from chambers.models import Chamber, today
from marketplace.forms import DeclineOnTheWayForm
from marketplace.models import Interest, InterestHop
from marketplace.selectors.interests import joined_interests, shown_interest
from marketplace.services import interests as services

if TYPE_CHECKING:
    from chambers.models import User

Status = Interest.Status
HERE = "here"


class NoteForm(forms.Form):
    """Words that go along."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea({"rows": 4, "cols": 80}),
        max_length=2000,
        help_text=_("The next chamber and both companies read it. It may stay empty."),
    )


class QuestionForm(forms.Form):
    """What a chamber asks the interested company."""

    text = forms.CharField(
        label=_("Question"),
        widget=forms.Textarea({"rows": 4, "cols": 80}),
        max_length=2000,
        help_text=_("The interested company reads and answers it; then you have it again."),
    )


def held(rows: QuerySet[Interest]) -> QuerySet[Interest]:
    """Those that wait for a chamber to act."""
    return rows.filter(status__in=[Status.WITH_OWN_CHAMBER, Status.WITH_PARTNER_CHAMBER])


class PlaceFilter(admin.SimpleListFilter):
    """With us now, late with us, on their way, or closed."""

    title = _("where it is")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (HERE, _("With your chamber now")),
            ("late", _("Late, wherever it is")),
            ("escalated", _("Escalated to your chamber")),
            ("elsewhere", _("Passed on, still open")),
            ("closed", _("Closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Interest]) -> QuerySet[Interest]:
        here = Exists(_held_by(who(request)))
        ways = {
            HERE: held(queryset).filter(here),
            "late": queryset.filter(status__in=Interest.OPEN, due_on__lt=today()),
            "escalated": queryset.filter(status__in=Interest.OPEN, escalated_at__isnull=False),
            "elsewhere": queryset.filter(status__in=Interest.OPEN).exclude(here),
            "closed": queryset.exclude(status__in=Interest.OPEN),
        }
        return ways.get(self.value() or "", queryset)


@admin.register(Interest)
class InterestAdmin(SearchedByCompany):
    """Passed on, asked about and declined by the chamber that has it; read by all on its way."""

    list_display = [
        "item",
        company_column("company", _("company")),
        "state",
        "holder",
        "due_told",
        "created_told",
    ]
    list_filter = [PlaceFilter, "status", "reason_code", "company__country"]
    list_select_related = ["company", "opportunity__company"]
    ordering = ["due_on", "-created_at", "-pk"]
    search_help_text = _("Reference number, or the interested company by name")
    fields = readonly_fields = ("item", "company", "state", "cooperation", "missing", "about")
    change_form_template = "admin/marketplace/interest/change_form.html"
    actions = [
        decision(
            "forward",
            title=_("Pass interests on"),
            do=services.forward_interest,
            waiting=held,
            form=NoteForm,
            note=_("The next chamber on the way, or the company, has it then."),
        ),
        decision(
            "ask",
            title=_("Ask the interested companies"),
            do=services.ask_question,
            waiting=held,
            form=QuestionForm,
        ),
        decision(
            "decline",
            title=_("Decline interests"),
            do=services.decline_interest,
            waiting=lambda rows: rows.filter(position__isnull=False, status__in=Interest.OPEN),
            form=DeclineOnTheWayForm,
            note=_("The interested company reads the reason."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Interest]:
        return super().get_queryset(request).prefetch_related("hops__chamber")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # By the interested company alone: who publishes anonymously is not found by name.
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        called = companies_called(term, who(request)).values("pk")
        wanted = Q(opportunity__reference__iexact=term) | Q(company__in=called)
        return queryset.filter(wanted), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, unquote(object_id))
        shown = None
        if row is not None:
            found = joined_interests(Interest.objects.served_by(who(request))).get(pk=row.pk)
            shown = shown_interest(found, who(request))
        context = {"shown": shown, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("offer or request"), ordering="opportunity__reference")
    def item(self, interest: Interest) -> str:
        return f"{interest.opportunity.reference} {interest.opportunity.titled()[0]}"

    @admin.display(description=_("who has it"))
    def holder(self, interest: Interest) -> str:
        if not interest.is_open:
            return "—"
        if interest.status == Status.QUESTION:
            return interest.company.told
        if interest.position is None:
            return gettext("The company that published it")
        hops = {one.position: one.chamber.name for one in interest.hops.all()}
        return hops[interest.position]

    @admin.display(description=_("status"), ordering="status")
    def state(self, interest: Interest) -> str:
        return interest.told_status

    @admin.display(description=_("answer until"), ordering="due_on")
    def due_told(self, interest: Interest) -> str:
        if interest.due_on is None:
            return "—"
        day = date_format(interest.due_on)
        return gettext("%(day)s, late") % {"day": day} if interest.is_late else day

    @admin.display(description=_("sent"), ordering="created_at")
    def created_told(self, interest: Interest) -> str:
        return date_format(timezone.localtime(interest.created_at))


def _held_by(user: User) -> QuerySet[InterestHop]:
    """The hop in whose hands an outer interest is, of a chamber where ``user`` works."""
    rows = InterestHop.objects.filter(interest=OuterRef("pk"), position=OuterRef("position"))
    return rows.filter(chamber__in=Chamber.objects.served_by(user).values("pk"))


@shows_queues
def interests(user: User) -> Iterator[Queue]:
    """Interests that wait for the chamber, and those that nobody answered in time."""
    mine = Interest.objects.served_by(user)
    found = held(mine).filter(Exists(_held_by(user)))
    hops = InterestHop.objects.filter(interest__in=found, position=F("interest__position"))
    here = hops.aggregate(count=Count("pk"), since=Min("received_at"))
    page = reverse("admin:marketplace_interest_changelist")
    late = found.filter(due_on__lt=today()).count()
    yield Queue(
        gettext("Interests to pass on"),
        here["count"],
        f"{page}?place={HERE}",
        since=here["since"],
        note=gettext("%(count)d late") % {"count": late} if late else "",
    )
    stuck = mine.open().filter(escalated_at__isnull=False)
    yield Queue(
        gettext("Interests that nobody answered in time"),
        stuck.count(),
        f"{page}?place=escalated",
        since=stuck.aggregate(since=Min("escalated_at"))["since"],
    )
