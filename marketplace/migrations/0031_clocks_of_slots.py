from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("marketplace", "0030_meetings_that_were_online")]

    operations = [
        migrations.AddField(
            model_name="slot",
            name="noted_clock",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=80, verbose_name="clock"
            ),
        ),
    ]
