import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import chambers.models.base
import chambers.models.documents


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0007_addresses_of_made_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=chambers.models.base.new_public_id, editable=False, unique=True, verbose_name='public id')),
                ('kind', models.CharField(choices=[('logo', 'logo'), ('brochure', 'brochure'), ('extract', 'registration extract'), ('evidence', 'evidence')], max_length=8, verbose_name='kind')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('language', models.CharField(blank=True, help_text='ISO 639-1; empty: of no language.', max_length=2, verbose_name='language')),
                ('file', models.FileField(max_length=200, upload_to=chambers.models.documents.place_of, verbose_name='file')),
                ('content_type', models.CharField(choices=[('image/webp', 'image/webp'), ('image/jpeg', 'image/jpeg'), ('application/pdf', 'application/pdf')], max_length=40, verbose_name='content type')),
                ('size', models.PositiveIntegerField(verbose_name='size in bytes')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='chambers.company', verbose_name='company')),
                ('uploaded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'document',
                'verbose_name_plural': 'documents',
                'ordering': ['created_at', 'pk'],
                'indexes': [models.Index(fields=['company', 'kind'], name='document_of_company')],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('kind', 'logo')), fields=('company',), name='one_logo_per_company', violation_error_code='logo_exists', violation_error_message='The company has a logo already.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('content_type', 'image/webp'), ('kind', 'logo')), models.Q(('kind', 'logo'), _negated=True), _connector='OR'), name='logo_is_a_picture', violation_error_message='A logo is a picture.'),
                    models.CheckConstraint(condition=models.Q(('content_type__in', ['image/webp', 'image/jpeg', 'application/pdf'])), name='document_content_is_known'),
                    models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='document_has_a_digest'),
                ],
            },
        ),
        migrations.AddField(
            model_name='company',
            name='email',
            field=models.EmailField(blank=True, db_default='', default='', max_length=254, verbose_name='e-mail'),
        ),
        migrations.AddField(
            model_name='company',
            name='phone',
            field=models.CharField(blank=True, db_default='', default='', max_length=40, verbose_name='phone'),
        ),
        migrations.AddField(
            model_name='company',
            name='turnover',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=17, null=True, verbose_name='turnover of a year'),
        ),
        migrations.AddField(
            model_name='company',
            name='turnover_currency',
            field=models.CharField(blank=True, db_default='', default='', help_text='ISO 4217', max_length=3, verbose_name='currency of the turnover'),
        ),
        migrations.AddField(
            model_name='company',
            name='logo',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='chambers.document', to_field='public_id', verbose_name='logo'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('turnover', None), ('turnover_currency', '')), models.Q(('turnover__gt', 0), ('turnover_currency__regex', '^[A-Z]{3}$')), _connector='OR'), name='turnover_is_an_amount_in_a_currency', violation_error_message='Give the turnover as an amount above zero with its currency.'),
        ),
        migrations.AddField(
            model_name='tradecode',
            name='search',
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='tradecode',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], name='trade_code_search'),
        ),
    ]
