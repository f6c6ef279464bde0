from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0011_feedback_and_outcomes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(condition=models.Q(('status', 'published')), fields=['expires_on'], name='opportunity_by_last_day'),
        ),
    ]
