import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0017_search_looks_into_names'),
        ('marketplace', '0013_conversations'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='opportunity',
            index=django.contrib.postgres.indexes.GinIndex(fields=['head'], name='opportunity_head'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(condition=models.Q(('is_anonymous', False), ('status', 'published')), fields=['company'], include=('side', 'expires_on'), name='opportunity_named_of_company'),
        ),
    ]
