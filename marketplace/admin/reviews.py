"""Beneath an opportunity: the page where a manager scores it, or its changed text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from chambers.admin.companies import SearchedByCompany
from chambers.admin.fields import Day
from chambers.models import TradeCode, today
from chambers.selectors.labels import countries_of, language_name
from marketplace.models import HIGHEST_SCORE, SCORES, Opportunity, Revision
from marketplace.selectors.contents import Content, content_of
from marketplace.selectors.differences import changes_of
from marketplace.selectors.leaks import Leak, leaks_of
from marketplace.selectors.similar import similar
from marketplace.services import SHOWN_FOR
from marketplace.services.reviews import review_opportunity

_HELP = {
    "clarity": _("Clear: a reader of another trade understands what is offered or sought"),
    "substance": _("Concrete: product, quantities, terms or stage are stated"),
    "partner": _("Partner sought: it says who is sought and for what cooperation"),
    "value": _("Of use abroad: it says why a partner in another country should answer"),
}


CodesOf = Callable[[Mapping[str, str], Collection[TradeCode], bool], list[tuple[TradeCode, int]]]
_readers: list[CodesOf] = []


def reads_codes(reader: CodesOf) -> CodesOf:
    """Have ``reader`` say which codes a text speaks of, for who reviews it.

    It is given the text by language, the codes that are stated, and whether it is a request; it
    answers (code, in how many of ten such texts it is right). What reads texts is an app above.
    """
    _readers.append(reader)
    return reader


class ReviewForm(forms.Form):
    """Four scores with comments, and what else is to be said."""

    comment = forms.CharField(
        label=_("What to change"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4, "cols": 80}),
        help_text=_("The company reads it. Needed when it is not published."),
    )
    leaks_accepted = forms.CharField(
        label=_("Why the findings are false alarms"),
        required=False,
        max_length=300,
        widget=forms.TextInput({"size": 80}),
        help_text=_("Needed to publish an anonymous text in which the check found something."),
    )
    expires_on = forms.DateField(label=_("Last day"), widget=Day, help_text=_("Included."))

    def __init__(self, *args: Any, leaks: bool, change: bool, **kwargs: Any) -> None:
        """``leaks``: the check found something; ``change``: a changed text keeps its last day."""
        super().__init__(*args, **kwargs)
        for name in SCORES:
            self.fields[name] = forms.TypedChoiceField(
                label=_HELP[name],
                choices=[(str(one), str(one)) for one in range(HIGHEST_SCORE + 1)],
                coerce=int,
                widget=forms.RadioSelect,
            )
            self.fields[f"{name}_comment"] = forms.CharField(
                label=_("Comment"),
                required=False,
                max_length=500,
                widget=forms.TextInput({"size": 80}),
            )
        self.fields["expires_on"].initial = today() + SHOWN_FOR
        if not leaks:
            del self.fields["leaks_accepted"]
        if change:
            del self.fields["expires_on"]
        self.order_fields([part for name in SCORES for part in (name, f"{name}_comment")])


class ReviewPages(SearchedByCompany):
    """Mixed into the administration of opportunities."""

    change_form_template = "admin/marketplace/opportunity/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.review)
        own = path("<path:object_id>/review/", view, name="marketplace_opportunity_review")
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, unquote(object_id))
        waits = row is not None and (is_in_review(row) or waiting_change(row) is not None)
        context = {"waits": waits, "reviews": row.reviews.all() if row is not None else ()}
        return super().change_view(request, object_id, form_url, context)

    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is to be judged, what was found in it, and the scores."""
        row: Opportunity | None = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        sends = request.method == "POST"
        if sends and not manages(request, row):
            raise PermissionDenied
        revision = waiting_change(row)
        content = content_of(revision or row)
        anonymous = content.is_anonymous
        leaks = leaks_of(row.company, content) if anonymous else []
        form = ReviewForm(
            request.POST if sends else None,
            leaks=bool(leaks),
            change=revision is not None,
            initial={"leaks_accepted": content.leak_reason},
        )
        if sends and form.is_valid() and self._carried_out(request, form, row, revision):
            return redirect("admin:marketplace_opportunity_changelist")
        context = self._context(request, row, revision, content, leaks)
        status = 422 if form.is_bound and form.errors else 200
        shown = context | {"form": form, "title": gettext("Review")}
        template = "admin/marketplace/opportunity/review.html"
        return TemplateResponse(request, template, shown, status=status)

    def _carried_out(
        self,
        request: HttpRequest,
        form: ReviewForm,
        row: Opportunity,
        revision: Revision | None,
    ) -> bool:
        sent = form.cleaned_data
        others = ("comment", "leaks_accepted", "expires_on")
        try:
            review = review_opportunity(
                row,
                by=who(request),
                revision=revision,
                scores={name: sent[name] for name in SCORES},
                comments={name: sent[f"{name}_comment"] for name in SCORES},
                **{name: sent[name] for name in others if name in sent},
            )
        except ValidationError as error:
            for name, found in getattr(error, "error_dict", {None: [error]}).items():
                form.add_error(name if name in form.fields else None, found)
            return False
        self.log_change(request, row, str(review))
        messages.success(
            request, gettext("%(review)s. The company has been told.") % {"review": review}
        )
        return True

    def _context(
        self,
        request: HttpRequest,
        row: Opportunity,
        revision: Revision | None,
        content: Content,
        leaks: list[Leak],
    ) -> dict[str, Any]:
        languages = dict.fromkeys([*content.title, *content.text])
        texts = [
            (code, language_name(code), content.title.get(code, ""), content.text.get(code, ""))
            for code in languages
        ]
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "manages": manages(request, row),
            "waits": is_in_review(row) or revision is not None,
            "revision": revision,
            "content": content,
            "texts": texts,
            "countries": countries_of(content.target_countries),
            "cooperation": [Opportunity.Cooperation(one).label for one in content.cooperation],
            "changes": changes_of(revision) if revision is not None else [],
            "leaks": leaks,
            "spoken_of": _spoken_of(row, content),
            "found": similar(
                content.title, who(request), side=row.side, codes=content.codes, but=row
            ),
            "reviews": row.reviews.select_related("revision"),
            "names": SCORES,
        }


def _spoken_of(row: Opportunity, content: Content) -> list[tuple[TradeCode, int]]:
    """Codes that the text speaks of and that are not stated."""
    languages = dict.fromkeys([*content.title, *content.text])
    texts = {
        code: "\n".join(filter(None, [content.title.get(code), content.text.get(code)]))
        for code in languages
    }
    wants = row.side == Opportunity.Side.DEMAND
    return [one for reader in _readers for one in reader(texts, content.codes, wants)]


def is_in_review(row: Opportunity) -> bool:
    """Whether a new text waits."""
    return row.status == Opportunity.Status.IN_REVIEW


def waiting_change(row: Opportunity) -> Revision | None:
    """The changed text that waits, with its opportunity."""
    found = Revision.objects.waiting().filter(opportunity=row).first()
    if found is not None:
        found.opportunity = row
    return found
