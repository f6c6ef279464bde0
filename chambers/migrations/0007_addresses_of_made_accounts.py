"""Accounts that superusers made keep signing in once addresses have to be confirmed."""

from django.db import migrations


def confirm(apps, schema_editor):
    """Whoever has no confirmed address got the account from somebody who knew theirs."""
    User = apps.get_model("chambers", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    known = EmailAddress.objects.values("user")
    for person in User.objects.exclude(pk__in=known).iterator():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    EmailAddress.objects.filter(user__isnull=False, primary=True, verified=False).update(
        verified=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("chambers", "0006_people_join_companies"),
    ]

    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]
