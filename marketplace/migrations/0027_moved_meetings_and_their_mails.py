import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0026_wordings_of_a_decline"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerPlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="place")),
                ("link", models.URLField(blank=True, max_length=500, verbose_name="link")),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former",
                        to="marketplace.meeting",
                        verbose_name="meeting",
                    ),
                ),
                (
                    "table",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="marketplace.table",
                        verbose_name="table",
                    ),
                ),
            ],
            options={
                "verbose_name": "former place of a meeting",
                "verbose_name_plural": "former places of meetings",
            },
        ),
        migrations.AlterField(
            model_name="mailtext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registration_admitted", "Registration admitted"),
                    ("request_window", "Requests for meetings are open"),
                    ("remind_requests", "Nobody asked yet, a week before the end"),
                    ("request_received", "Meeting requested"),
                    ("remind_answers", "Requests wait for an answer"),
                    ("meeting_accepted", "Request accepted"),
                    ("timetable_provisional", "Provisional timetable"),
                    ("timetable_final", "Final timetable"),
                    ("meeting_confirmed", "Meeting confirmed"),
                    ("meeting_moved", "Meeting moved"),
                    ("meeting_cancelled", "Meeting cancelled"),
                    ("remind_tomorrow", "The meetings of tomorrow"),
                    ("remind_soon", "Ten minutes before a meeting"),
                ],
                max_length=30,
                verbose_name="mail",
            ),
        ),
    ]
