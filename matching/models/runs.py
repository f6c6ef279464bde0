"""Runs of the engine, and what each term weighs in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, PublicModel, ScopedQuerySet
from matching.engine import term_key

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class RunQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Runs that ``user`` may watch: those of the chambers where they work."""
        return self.served_by(user)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """A run concerns every chamber: any staff may watch it."""
        if user.is_superuser or Chamber.objects.served_by(user).exists():
            return self.all()
        return self.none()

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Any manager may stop a run."""
        if user.is_superuser or Chamber.objects.managed_by(user).exists():
            return self.all()
        return self.none()

    def open(self) -> Self:
        """Runs that are not over."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])

    def current(self) -> Run | None:
        """The run whose lists are shown now."""
        return self.filter(is_current=True).first()  # type: ignore[return-value]


class Run(PublicModel):
    """One computation of everybody's best partners, swapped in whole when complete.

    ``tables`` names the learnt tables that its index was built with (``engine.prior``).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Stopped")
        FAILED = "failed", _("Failed")

    class Stage(models.TextChoices):
        PROFILES = "profiles", _("reading profiles")
        INDEX = "index", _("building the index")
        MATCHING = "matching", _("matching")
        SHARING = "sharing", _("sharing attention")
        SWAP = "swap", _("swapping in")

    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(
        _("stage"), max_length=8, choices=Stage.choices, default=Stage.PROFILES
    )
    is_current = models.BooleanField(_("shown now"), default=False)
    rules = models.CharField(_("version of the rules"), max_length=40)
    weights = models.JSONField(_("weights"), default=dict, blank=True)
    tables = models.CharField(
        _("tables of who trades with whom"), max_length=64, blank=True, editable=False
    )
    seed = models.PositiveIntegerField(_("seed of ties"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    companies = models.PositiveIntegerField(_("companies"), default=0)
    rows = models.PositiveIntegerField(_("texts"), default=0)
    served = models.PositiveIntegerField(_("companies with a partner"), default=0)
    pairs = models.PositiveBigIntegerField(_("suggestions"), default=0)
    shards = models.PositiveIntegerField(_("parts"), default=0)
    shards_done = models.PositiveIntegerField(_("parts done"), default=0)
    timings = models.JSONField(_("timings"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    attention = models.JSONField(
        _("how attention is shared"), default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    index_digest = models.CharField(max_length=64, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    snapshot_at = models.DateTimeField(_("profiles as of"), null=True, blank=True)
    indexed_at = models.DateTimeField(_("index as of"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching run")
        verbose_name_plural = _("matching runs")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_run"
            ),
            models.UniqueConstraint(
                models.ExpressionWrapper(
                    Q(state__in=["queued", "running"]), output_field=models.BooleanField()
                ),
                condition=Q(state__in=["queued", "running"]),
                name="one_open_run",
                violation_error_code="already_running",
                violation_error_message=_("A matching run is under way: wait for it or stop it."),
            ),
            models.CheckConstraint(
                condition=~Q(is_current=True) | Q(state="done"), name="only_a_done_run_is_current"
            ),
        ]

    def __str__(self) -> str:
        moment = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{moment} · {self.get_state_display()}"

    @property
    def stage_told(self) -> str:
        """Where it is, or where it ended before its time; nothing of one that is done."""
        return "" if self.state == self.State.DONE else self.get_stage_display()

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100: matching is most of the work."""
        if self.state == self.State.DONE:
            return 100
        start, width = {"profiles": (0, 10), "index": (10, 15), "matching": (25, 55)}.get(
            self.stage, (80, 15)
        )
        share = self.shards_done / self.shards if self.shards else 0.0
        return int(start + width * share)


class Term(models.Model):
    """In how many rows of a run's index a term stands; fixes what a word weighs.

    ``term`` is its key in the index (``engine.term_key``), in digits. Terms so rare that they weigh
    what an unknown one does are left out. Written by the hundred thousand, like the lists: the
    database does not check the run.
    """

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="terms", db_constraint=False, db_index=False
    )
    term = models.CharField(max_length=80)
    rows = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "term"], name="one_row_per_term_and_run")
        ]

    def __str__(self) -> str:
        return self.term

    @classmethod
    def rows_with(cls, run: Run, terms: Iterable[str]) -> dict[str, int]:
        """In how many rows of a run's index some terms stand; those left out of it are missing."""
        keys = {str(term_key(term)): term for term in terms}
        found = cls.objects.filter(run=run, term__in=keys).values_list("term", "rows")
        return {keys[key]: rows for key, rows in found}
