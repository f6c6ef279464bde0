import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the rows: PostgreSQL indexes no table that the same transaction has written to."""

    dependencies = [
        ('chambers', '0012_search_reads_little'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='company',
            index=django.contrib.postgres.indexes.GinIndex(fields=['facets'], name='company_facets'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=models.Index(fields=['sound'], name='search_word_by_sound'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('sound', name='gin_trgm_ops'), name='search_word_like'),
        ),
    ]
