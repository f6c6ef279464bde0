from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0017_search_looks_into_names'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['kind', 'key'], name='job_of_a_key'),
        ),
    ]
