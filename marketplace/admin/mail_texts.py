"""The organiser's own words in the mails of an event: written, looked at, taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from marketplace.admin.base import AtTheEvent
from marketplace.models import Event, MailText
from marketplace.selectors.mail_texts import PLACEHOLDERS, listed
from marketplace.services.mail_previews import preview
from marketplace.services.mail_texts import demand_placeholders, write_mail_text


class MailTextForm(forms.Form):
    """Subject and opening; empty ones stay as we write them."""

    subject = forms.CharField(
        label=_("Subject"),
        required=False,
        max_length=150,
        widget=forms.TextInput({"size": 80}),
        help_text=_("Empty: as we write it."),
    )
    opening = forms.CharField(
        label=_("Opening"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 6, "cols": 80}),
        help_text=_("Stands after the greeting. Times, links and deadlines follow it as ever."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            demand_placeholders(self.kind, **{key: str(text) for key, text in cleaned.items()})
        except ValidationError as error:
            self.add_error(None, error)
        return cleaned


class MailTextPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/mails/", wrap(self.mails), name="marketplace_event_mails"),
            path(
                "<path:object_id>/mails/<slug:kind>/<slug:language>/",
                wrap(self.mail_text),
                name="marketplace_event_mail_text",
            ),
            *super().get_urls(),
        ]

    def mails(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which mails speak the organiser's words, in which languages."""
        event: Event = self.row_of(request, object_id)
        own = {(one.kind, one.language) for one in event.mail_texts.all()}
        rows = [
            (
                label,
                [
                    {
                        "name": name,
                        "own": (kind, code) in own,
                        "url": _address(event, kind, code),
                    }
                    for code, name in settings.LANGUAGES
                ],
            )
            for kind, label in MailText.Kind.choices
        ]
        return self.page(request, event, "mails", _("Texts of mails"), rows=rows)

    def mail_text(
        self, request: HttpRequest, object_id: str, kind: str, language: str
    ) -> HttpResponse:
        """One mail in one language: its words, and how it looks with them."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        if kind not in PLACEHOLDERS or language not in dict(settings.LANGUAGES):
            raise Http404
        row = MailText.objects.filter(event=event, kind=kind, language=language).first()
        row = row or MailText(event=event, kind=kind, language=language)
        row.event = event
        known = {"subject": row.subject, "opening": row.opening}
        form = MailTextForm(request.POST if sends else None, initial=known, kind=kind)
        if sends and form.is_valid():
            if "save" in request.POST and self._kept(request, row, form):
                return redirect("admin:marketplace_event_mails", event.pk)
            row.subject = form.cleaned_data["subject"]
            row.opening = form.cleaned_data["opening"]
        return self.page(
            request,
            event,
            "mail_text",
            f"{row.get_kind_display()} · {dict(settings.LANGUAGES)[language]}",
            form=form,
            language=language,
            letter=preview(row),
            placeholders=listed(kind),
            readonly=not manages(request, event),
        )

    def _kept(self, request: HttpRequest, row: MailText, form: MailTextForm) -> bool:
        """Save what was typed; False, with the reason in the form, where it is refused."""
        try:
            kept = write_mail_text(
                row.event,
                kind=row.kind,
                language=row.language,
                by=who(request),
                **form.cleaned_data,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return False
        told = gettext("Saved: the next such mail has your words.")
        messages.success(request, told if kept else gettext("Our own text stands again."))
        self.log_change(request, row.event, f"{row.get_kind_display()} ({row.language})")
        return True


def _address(event: Event, kind: str, language: str) -> str:
    return reverse("admin:marketplace_event_mail_text", args=[event.pk, kind, language])
