import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Who has two meetings at once already keeps both: such rows hold no account, and no others overlap.
ACCOUNTS = """
SET CONSTRAINTS ALL IMMEDIATE;
WITH held AS (
    SELECT booking.id, participant.person_id, booking.during
    FROM marketplace_booking AS booking
    JOIN marketplace_participant AS participant ON participant.id = booking.participant_id
    WHERE participant.person_id IS NOT NULL
)
UPDATE marketplace_booking AS booking
SET person_id = held.person_id
FROM held
WHERE booking.id = held.id AND NOT EXISTS (
    SELECT FROM held AS other
    WHERE other.person_id = held.person_id AND other.id <> held.id
        AND other.during && held.during
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0008_visits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="person",
            field=models.ForeignKey(
                blank=True,
                help_text="Who signs in as the participant: nobody is in two places, at two events too.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="bookings",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="meetingrequest",
            name="joins",
            field=models.ForeignKey(
                blank=True,
                help_text="A further company is asked to come to it. Empty: a meeting of the two.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to="marketplace.meeting",
                verbose_name="meeting to join",
            ),
        ),
        migrations.AddField(
            model_name="meetingrequest",
            name="link",
            field=models.URLField(
                blank=True, help_text="Where one meets online.", max_length=500, verbose_name="link"
            ),
        ),
        migrations.AddField(
            model_name="meetingrequest",
            name="partner_participant",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: whoever accepts, or is free.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="marketplace.participant",
                verbose_name="who of the partner comes",
            ),
        ),
        migrations.AddField(
            model_name="meetingrequest",
            name="wants_interpreter",
            field=models.BooleanField(default=False, verbose_name="interpreter wanted"),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("exhibition", "Exhibition"),
                    ("forum", "Forum"),
                    ("mission", "Trade mission"),
                    ("online", "Online round"),
                    ("council", "Council sitting"),
                    ("training", "Training"),
                    ("direct", "Direct meeting"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.RunSQL(ACCOUNTS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="booking",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("person__isnull", False)),
                expressions=[("person", "="), ("during", "&&")],
                name="person_meets_one_at_a_time",
                violation_error_code="taken",
                violation_error_message="A participant has another meeting at this time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person", None), ("participant__isnull", False), _connector="OR"
                ),
                name="booking_of_a_person_is_a_participants",
                violation_error_message="Only a participant has an account.",
            ),
        ),
    ]
