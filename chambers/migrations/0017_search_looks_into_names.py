import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0016_mail_waits_or_is_not_wanted'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='company',
            index=django.contrib.postgres.indexes.GinIndex(fields=['head'], name='company_head'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['country', '-id'], name='company_newest_of_country'),
        ),
    ]
