import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0018_jobs_are_found_by_their_key'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='membership',
            name='membership_of_company',
        ),
        migrations.AlterField(
            model_name='membership',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='chambers.company', verbose_name='company'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(condition=models.Q(('is_listed', True)), fields=['id'], name='company_listed'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['company', 'decision', 'starts_on'], include=('rights_end_on', 'chamber'), name='membership_in_force'),
        ),
    ]
