from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0025_ten_minutes_for_themselves"),
    ]

    operations = [
        migrations.AlterField(
            model_name="joinrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting for answer"),
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                    ("withdrawn", "Withdrawn"),
                    ("ended", "Ended"),
                ],
                default="pending",
                max_length=9,
                verbose_name="state",
            ),
        ),
    ]
