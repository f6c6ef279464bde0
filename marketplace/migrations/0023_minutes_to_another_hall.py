from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0022_forgotten_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="hall_minutes",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Where somebody has less between two meetings, tables in the same hall are chosen as far as there are any. 0: halls are near each other.",
                verbose_name="minutes to another hall",
            ),
        ),
    ]
