from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0006_refusals_of_each_side"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="suggestionlist",
            name="one_list_per_run_and_company",
        ),
        migrations.AddConstraint(
            model_name="suggestionlist",
            constraint=models.UniqueConstraint(
                fields=("run", "company"), name="one_list_per_run_and_company"
            ),
        ),
        migrations.AddIndex(
            model_name="suggestionlist",
            index=models.Index(fields=["company"], name="list_of_company"),
        ),
    ]
