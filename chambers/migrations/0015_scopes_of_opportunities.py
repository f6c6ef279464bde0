import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0014_scopes_of_outcomes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('chambers:read', 'read chambers'), ('companies:read', 'read companies'), ('companies:write', 'change what a company asks of partners'), ('opportunities:read', 'read opportunities'), ('opportunities:write', 'write, submit and review opportunities'), ('interests:read', 'read expressions of interest'), ('interests:write', 'express interest, pass it on and answer'), ('suggestions:read', 'read suggestions'), ('runs:read', 'read matching runs'), ('runs:write', 'start and stop matching runs'), ('events:read', 'read events and who comes'), ('events:write', 'register for events and change that'), ('meetings:read', 'read requests, meetings and availability'), ('meetings:write', 'ask for meetings, answer and cancel'), ('outcomes:read', 'read what came of meetings, amounts too'), ('outcomes:write', 'report what came of meetings, confirm and withdraw it'), ('timetables:read', 'read timetables of events'), ('timetables:write', 'make and publish timetables of events')], max_length=40), default=list, size=None),
        ),
    ]
