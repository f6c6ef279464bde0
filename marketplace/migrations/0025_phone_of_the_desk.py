from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0024_causes_of_cancelled_meetings"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="desk_phone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Stands on the page of the event and in reminders of meetings.",
                max_length=40,
                verbose_name="phone of the desk",
            ),
        ),
    ]
