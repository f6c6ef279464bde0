from django.db import migrations, models

WORDS = (
    "%(company)s does not come.",
    "Компания %(company)s не участвует.",
    "%(company)sは参加しません。",
)


def keep_the_cause(apps, schema_editor):
    """What the withdrawal of a company wrote in one language becomes its cause."""
    Meeting = apps.get_model("marketplace", "Meeting")
    ended = Meeting.objects.filter(status="cancelled").exclude(cancelled_side=None)
    for one in ended.select_related("cancelled_side__company").iterator():
        company = one.cancelled_side.company.legal_name
        if one.reason in {words % {"company": company} for words in WORDS}:
            Meeting.objects.filter(pk=one.pk).update(cause="withdrawal", reason="")


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0023_minutes_to_another_hall"),
    ]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[("withdrawal", "a side does not come")],
                default="",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.RunPython(keep_the_cause, migrations.RunPython.noop),
    ]
