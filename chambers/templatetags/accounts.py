"""What the pages of accounts need beyond what the library gives them."""

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django import template
from django.core import signing

register = template.Library()


@register.simple_tag
def is_confirmed(key: str) -> bool:
    """Whether a link of ours, of any age, was for an address that is confirmed by now."""
    try:
        address = signing.loads(key, salt=app_settings.SALT)
    except signing.BadSignature:
        return False
    return bool(EmailAddress.objects.filter(pk=address, verified=True).exists())
