from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0004_scopes_of_events'),
    ]

    operations = [
        migrations.AddField(
            model_name='mail',
            name='calendar_name',
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name='mail',
            name='cancellations',
            field=models.TextField(blank=True, help_text='What takes other entries out of the calendar.', verbose_name='calendar file of what is off'),
        ),
    ]
