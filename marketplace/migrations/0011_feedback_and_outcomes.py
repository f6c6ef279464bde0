import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import chambers.models.base

# What was written into the record of outcomes stays as it was written, whoever asks the database.
RECORD = """
CREATE FUNCTION marketplace_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of outcomes is only added to.';
END
$$;
CREATE TRIGGER outcome_record_stays BEFORE UPDATE OR DELETE ON marketplace_outcomeentry
FOR EACH ROW EXECUTE FUNCTION marketplace_record_stays();
"""
FORGET = """
DROP TRIGGER outcome_record_stays ON marketplace_outcomeentry;
DROP FUNCTION marketplace_record_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0014_scopes_of_outcomes"),
        ("marketplace", "0010_search_reads_little"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=chambers.models.base.new_public_id,
                        editable=False,
                        unique=True,
                        verbose_name="public id",
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "note",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="what was found out"
                    ),
                ),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dispute",
                        to="marketplace.meeting",
                        verbose_name="meeting",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
            ],
            options={
                "verbose_name": "contradiction",
                "verbose_name_plural": "contradictions",
                "ordering": ["settled_at", "opened_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=chambers.models.base.new_public_id,
                        editable=False,
                        unique=True,
                        verbose_name="public id",
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        editable=False, max_length=24, unique=True, verbose_name="reference number"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contract", "Contract"),
                            ("memorandum", "Memorandum"),
                            ("intent", "Protocol of intent"),
                            ("agreement", "Other agreement"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("subject", models.CharField(max_length=300, verbose_name="what it is about")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("signed", "Signed"),
                            ("in_performance", "In performance"),
                            ("performed", "Performed"),
                            ("void", "Void"),
                        ],
                        default="announced",
                        max_length=14,
                        verbose_name="stage",
                    ),
                ),
                (
                    "claimed",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("signed", "Signed"),
                            ("in_performance", "In performance"),
                            ("performed", "Performed"),
                            ("void", "Void"),
                        ],
                        max_length=14,
                        verbose_name="stage that they state",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("with_partner", "Waiting for partner’s confirmation"),
                            ("with_chamber", "Waiting for the chamber"),
                            ("confirmed", "Confirmed by all"),
                            ("refused", "The partner does not confirm it"),
                            ("returned", "Returned by the chamber"),
                            ("withdrawn", "Withdrawn by its reporter"),
                        ],
                        default="with_partner",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signed on")),
                (
                    "publicity",
                    models.CharField(
                        choices=[
                            ("private", "Only the two companies and their chambers"),
                            ("without_amount", "Everyone, without the amount"),
                            ("with_amount", "Everyone, with the amount"),
                        ],
                        default="private",
                        max_length=14,
                        verbose_name="who reads of it",
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason")),
                (
                    "reported_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="reported"
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="partner confirmed"),
                ),
                (
                    "approved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="chamber approved"),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "chamber",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="outcomes",
                        to="chambers.chamber",
                        verbose_name="chamber that approved",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="outcomes",
                        to="marketplace.event",
                        verbose_name="event where it began",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="chambers.document",
                        verbose_name="evidence",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="outcomes",
                        to="marketplace.meeting",
                        verbose_name="meeting",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes_shared",
                        to="chambers.company",
                        verbose_name="partner",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes_reported",
                        to="chambers.company",
                        verbose_name="reported by",
                    ),
                ),
            ],
            options={
                "verbose_name": "outcome",
                "verbose_name_plural": "outcomes",
                "ordering": ["-reported_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="OutcomeAmount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=18, verbose_name="amount"),
                ),
                (
                    "currency",
                    models.CharField(help_text="ISO 4217", max_length=3, verbose_name="currency"),
                ),
                (
                    "outcome",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="money",
                        to="marketplace.outcome",
                        verbose_name="outcome",
                    ),
                ),
            ],
            options={
                "verbose_name": "amount",
                "verbose_name_plural": "amounts",
            },
        ),
        migrations.CreateModel(
            name="OutcomeEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveBigIntegerField(
                        editable=False, unique=True, verbose_name="number"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("reported", "reported"),
                            ("changed", "changed"),
                            ("confirmed", "confirmed by the partner"),
                            ("refused", "not confirmed by the partner"),
                            ("approved", "approved by the chamber"),
                            ("returned", "returned by the chamber"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=9,
                        verbose_name="step",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "facts",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="what was stated",
                    ),
                ),
                ("previous", models.CharField(editable=False, max_length=64)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "chamber",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="chambers.chamber",
                        verbose_name="chamber",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="chambers.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="marketplace.outcome",
                        verbose_name="outcome",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of the record",
                "verbose_name_plural": "record of outcomes",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=chambers.models.base.new_public_id,
                        editable=False,
                        unique=True,
                        verbose_name="public id",
                    ),
                ),
                (
                    "said",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("held", "It took place"),
                            ("they_missed", "They did not come"),
                            ("we_missed", "We did not come"),
                        ],
                        default="",
                        max_length=11,
                        verbose_name="did it take place",
                    ),
                ),
                ("said_at", models.DateTimeField(blank=True, null=True, verbose_name="said")),
                (
                    "wrote",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=5),
                        blank=True,
                        default=list,
                        editable=False,
                        help_text="Marks, host or guest, that stand on this word alone.",
                        size=None,
                    ),
                ),
                (
                    "first",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_held", "Did not take place"),
                            ("no_interest", "Insufficient interest"),
                            ("informative", "Informative, no cooperation planned"),
                            ("possible", "Cooperation possible"),
                        ],
                        default="",
                        max_length=11,
                        verbose_name="right after",
                    ),
                ),
                (
                    "first_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="answered right after"
                    ),
                ),
                (
                    "second",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_contact", "No further contact"),
                            ("knowledge", "No further contact, knowledge gained"),
                            ("valuable", "Valuable contact for future projects"),
                            ("negotiating", "Negotiation started"),
                            ("agreed", "Agreement reached"),
                        ],
                        default="",
                        max_length=11,
                        verbose_name="six months later",
                    ),
                ),
                (
                    "second_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="answered six months later"
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("asked_at", models.DateTimeField(blank=True, null=True, verbose_name="asked")),
                (
                    "asked_again_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="asked after six months"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback",
                        to="marketplace.meeting",
                        verbose_name="meeting",
                    ),
                ),
                (
                    "side",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback",
                        to="marketplace.registration",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "feedback",
                "verbose_name_plural": "feedback",
                "ordering": ["-meeting__slot__starts_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("meeting", "side"),
                        name="one_feedback_per_side",
                        violation_error_message="This company has answered already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("said", ""), ("said_at", None)),
                            models.Q(
                                models.Q(("said", ""), _negated=True), ("said_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="feedback_said_has_a_time",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["reporter", "state"], name="outcome_of_reporter"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["partner", "state"], name="outcome_of_partner"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["state", "changed_at"], name="outcome_by_state"),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("reporter", models.F("partner")), _negated=True),
                name="outcome_has_two_companies",
                violation_error_message="A paper is between two different companies.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("claimed__in", ["signed", "in_performance", "performed"]), _negated=True
                    ),
                    ("signed_on__isnull", False),
                    _connector="OR",
                ),
                name="signed_outcome_has_a_date",
                violation_error_code="no_date",
                violation_error_message="Say on which day it was signed.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage", "announced"), ("approved_at__isnull", False), _connector="OR"
                ),
                name="outcome_stage_is_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "confirmed"), _negated=True),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("claimed", models.F("stage")),
                        ("confirmed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="confirmed_outcome_has_both_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["refused", "returned"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="refused_outcome_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomeamount",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)),
                name="outcome_amount_is_positive",
                violation_error_message="Give an amount above zero.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomeamount",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="outcome_currency_is_iso",
                violation_error_message="Give the currency as three capital letters.",
            ),
        ),
        migrations.RunSQL(RECORD, FORGET),
    ]
