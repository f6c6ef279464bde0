from django.db import migrations


def forget_the_weights(apps, schema_editor):
    """The next ``seed``, which follows every ``migrate``, makes them findable by the new ones."""
    apps.get_model("chambers", "TradeCode").objects.update(search=None)


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0022_tokens_for_invitations"),
    ]

    operations = [
        migrations.RunPython(forget_the_weights, migrations.RunPython.noop),
    ]
