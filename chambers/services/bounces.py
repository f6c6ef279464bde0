"""What other mail servers answer later: that an address takes no mail."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import cast

from chambers.models import Mail


def note_bounce(raw: bytes) -> Mail | None:
    """Note on the mail that a delivery report (RFC 3464) is about that its address refused it.

    None for what is no such report, tells of a delay, or is about no mail of ours: a report is
    believed because it knows the Message-ID, which nobody can guess.
    """
    report = message_from_bytes(raw, policy=policy.default)
    reason = _reason(report)
    sent = _message_id(report)
    if not reason or not sent:
        return None
    mail = Mail.objects.filter(message_id=sent).first()
    if mail is None:
        return None
    mail.state, mail.problem = Mail.State.BOUNCED, reason[:300]
    mail.save(update_fields=["state", "problem"])
    return mail


def _reason(report: EmailMessage) -> str:
    """Why, where the report says that delivery failed for good."""
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in cast("list[Message]", part.get_payload()):
            status = str(fields.get("Status", "")).strip()
            if str(fields.get("Action", "")).strip().lower() == "failed" and status[:1] == "5":
                diagnosis = str(fields.get("Diagnostic-Code", "")).partition(";")[2]
                return " ".join(f"{status} {diagnosis}".split())
    return ""


def _message_id(report: EmailMessage) -> str:
    """The Message-ID of the mail that the report returns."""
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            (inner,) = cast("list[Message]", part.get_payload())
            return str(inner.get("Message-ID", "")).strip()
        if kind == "text/rfc822-headers":
            raw = cast("bytes", part.get_payload(decode=True))
            inner = message_from_bytes(raw, policy=policy.default)
            return str(inner.get("Message-ID", "")).strip()
    return ""
