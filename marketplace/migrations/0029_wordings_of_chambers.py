from django.db import migrations, models

REASONS = [
    ("field", "Not our field"),
    ("capacity", "No capacity now"),
    ("time", "The time does not suit us"),
    ("partner", "We have a partner for this already"),
    ("nobody", "No company of ours suits this"),
    ("unclear", "The answers do not say enough"),
    ("rules", "Our rules do not allow it"),
    ("other", "Another reason"),
]


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
        ("marketplace", "0028_found_by_terms_and_wishes"),
    ]

    operations = [
        migrations.AlterField(model_name="interest", name="reason_code", field=chosen()),
        migrations.AlterField(model_name="meetingrequest", name="reason_code", field=chosen()),
    ]
