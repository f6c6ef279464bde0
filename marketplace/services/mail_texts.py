"""An organiser writes its own words for the mails of its event."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import SITE_LANGUAGES, User
from marketplace.models import Event, MailText
from marketplace.selectors.mail_texts import BRACES, PLACEHOLDERS, listed
from marketplace.services.events import hold_to_set_up


@transaction.atomic
def write_mail_text(
    event: Event, *, kind: str, language: str, by: User, subject: str = "", opening: str = ""
) -> MailText | None:
    """Keep an organiser's words; with both empty the product's own stand again, and None is given.

    Raises ValidationError ``unknown_placeholder`` or ``loose_brace`` on the field, ``cancelled``;
    PermissionDenied for who does not manage the organiser.
    """
    event = hold_to_set_up(event, by)
    if language not in SITE_LANGUAGES or kind not in PLACEHOLDERS:
        raise ValidationError(_("There is no such mail."), code="no_such_mail")
    given = {"subject": " ".join(subject.split()), "opening": opening.strip()}
    demand_placeholders(kind, **given)
    rows = MailText.objects.filter(event=event, kind=kind, language=language)
    if not any(given.values()):
        rows.delete()
        return None
    row = rows.select_for_update().first() or MailText(event=event, kind=kind, language=language)
    row.subject, row.opening = given["subject"], given["opening"]
    row.full_clean()
    row.save()
    return row


def demand_placeholders(kind: str, **texts: str) -> None:
    """Raise ValidationError, by field, for a placeholder that a kind of mail does not know."""
    errors = {}
    for field, text in texts.items():
        unknown = [name for name in BRACES.findall(text) if name not in PLACEHOLDERS[kind]]
        if unknown:
            errors[field] = ValidationError(
                _("There is no {%(name)s} in this mail. It knows: %(known)s."),
                code="unknown_placeholder",
                params={"name": unknown[0], "known": listed(kind)},
            )
        elif set("{}") & set(BRACES.sub("", text)):
            errors[field] = ValidationError(
                _("A brace stands alone. Write placeholders like {company}."), code="loose_brace"
            )
    if errors:
        raise ValidationError(errors)
