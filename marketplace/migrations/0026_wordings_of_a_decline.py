from django.db import migrations, models

REASONS = [
    ("field", "Not our field"),
    ("capacity", "No capacity now"),
    ("time", "The time does not suit us"),
    ("partner", "We have a partner for this already"),
    ("other", "Another reason"),
]


def words_are_another_reason(apps, schema_editor):
    """What was declined in own words was declined for another reason."""
    for name in ("Interest", "MeetingRequest"):
        rows = apps.get_model("marketplace", name).objects.filter(status="declined")
        rows.exclude(reason="").update(reason_code="other")


def chosen():
    return models.CharField(
        blank=True,
        choices=REASONS,
        db_default="",
        default="",
        max_length=8,
        verbose_name="reason chosen",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0025_phone_of_the_desk"),
    ]

    operations = [
        migrations.AddField(model_name="interest", name="reason_code", field=chosen()),
        migrations.AddField(model_name="meetingrequest", name="reason_code", field=chosen()),
        migrations.RunPython(words_are_another_reason, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="interest",
            name="declined_interest_has_a_reason",
        ),
        migrations.AddConstraint(
            model_name="interest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "declined"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    models.Q(("reason_code__in", ["", "other"]), _negated=True),
                    _connector="OR",
                ),
                name="declined_interest_has_a_reason",
                violation_error_message="Say why it is declined.",
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason_code", "other"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="another_reason_has_its_words",
                violation_error_message="Say why it is declined.",
            ),
        ),
    ]
