"""manage.py match: match everyone now, and show how far it is."""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from chambers.models import Job
from chambers.services import jobs
from matching.models import Run
from matching.services import runs


class Command(BaseCommand):
    help = "Match everyone anew: starts a run, does its share of the work, shows the progress."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seed", type=int, help="orders ties; the same seed gives the same lists"
        )
        parser.add_argument(
            "--wait-only", action="store_true", help="leave the work to the workers and watch"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = runs.start_run(seed=options["seed"])
        except ValidationError as error:
            open_run = Run.objects.open().first()
            if open_run is None:
                raise CommandError(error.messages[0]) from error
            self.stderr.write("A run is under way: joining it.")
            run = open_run
        self._watch(run, wait_only=options["wait_only"])
        run.refresh_from_db()
        if run.state != Run.State.DONE:
            raise CommandError(f"The run ended as {run.get_state_display()}: {run.error}")
        took = (run.finished_at - run.created_at).total_seconds() if run.finished_at else 0.0
        self.stdout.write(
            f"{run.companies} companies, {run.served} with partners, {run.pairs} suggestions"
            f" in {took:.1f} s (rules {run.rules}, seed {run.seed})"
        )
        stages = (f"{name} {one['seconds']:.1f} s" for name, one in run.timings.items())
        self.stdout.write(", ".join(stages))

    def _watch(self, run: Run, *, wait_only: bool) -> None:
        with tqdm(total=100, desc="matching", unit="%", disable=None) as bar:
            while run.state in (Run.State.QUEUED, Run.State.RUNNING):
                mine = None if wait_only else self._take(run)
                if mine is not None:
                    jobs.do(mine)
                else:
                    time.sleep(0.2)
                run.refresh_from_db()
                bar.set_postfix_str(str(run.get_stage_display()))
                bar.update(run.percent - bar.n)

    def _take(self, run: Run) -> jobs.Lease | None:
        waiting = Job.objects.claimable().filter(
            kind__startswith="matching.run.", payload__run=run.pk
        )
        pk = waiting.values_list("pk", flat=True).first()
        return None if pk is None else jobs.claim(pk=pk)
