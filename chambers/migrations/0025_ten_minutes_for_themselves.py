from django.db import migrations, models


def carry_over(apps, _editor):
    """Who wanted no reminders was meant to get none: the choice holds for the new topic too."""
    choices = apps.get_model("chambers", "MailChoice")
    made = choices.objects.filter(topic="reminders").values_list("person", "delivery")
    rows = [
        choices(person_id=person, topic="soon", delivery=delivery)
        for person, delivery in made.iterator()
    ]
    choices.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0024_found_by_registration_number"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mailchoice",
            name="topic",
            field=models.CharField(
                choices=[
                    ("meetings", "Changes of meetings and timetables"),
                    ("requests", "Requests for meetings and their answers"),
                    ("reminders", "Reminders: meetings of tomorrow, what waits for your answer"),
                    ("soon", "Ten minutes before a meeting"),
                    ("events", "Registrations for events"),
                    ("opportunities", "Review and expiry of your offers and requests"),
                    ("interests", "Expressions of interest"),
                    ("messages", "New messages"),
                    ("searches", "News of saved searches"),
                    ("outcomes", "After the meeting: feedback and outcomes"),
                    ("membership", "Company and membership"),
                    ("chamber", "Work that waits for your chamber"),
                    ("account", "Account and security"),
                ],
                max_length=13,
                verbose_name="topic",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="mailchoice", name="what_cannot_wait_is_not_put_off"
        ),
        migrations.AddConstraint(
            model_name="mailchoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("topic__in", ("meetings", "account")), _negated=True)
                & models.Q(
                    ("delivery", "daily"),
                    ("topic__in", ("meetings", "account", "reminders", "soon")),
                    _negated=True,
                ),
                name="what_cannot_wait_is_not_put_off",
            ),
        ),
        # Last: a table with rows just written takes no other change in the same transaction.
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
