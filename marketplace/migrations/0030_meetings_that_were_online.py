from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("marketplace", "0029_wordings_of_chambers")]

    operations = [
        migrations.AddField(
            model_name="formerplace",
            name="is_online",
            field=models.BooleanField(db_default=False, default=False, verbose_name="online"),
        ),
    ]
