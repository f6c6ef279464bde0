"""``manage.py learn_prior``: parameters of the engine from known pairs of partners."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from chambers.gates.files import BrokenFileError, fingerprint
from matching.evaluation import learning, metrics
from matching.evaluation.formats import FormatError, read_companies, read_statements
from matching.evaluation.learning import Answers, Lesson
from matching.evaluation.pool import Pool, queries_of

_LEAST = 30
VARIANTS = {
    "fair": (*learning.PAIR, *learning.FAIR),
    "popular": (*learning.PAIR, *learning.POPULAR),
}


class Command(BaseCommand):
    help = (
        "Learn topics, who works with whom and how a company stands from statements of partners; "
        "prints figures of companies left out and writes the parameters. Puts nothing in force."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--companies", type=Path, required=True, help="JSON Lines, also .gz")
        parser.add_argument("--pairs", type=Path, required=True, help="statements (JSON Lines)")
        parser.add_argument("--out", type=Path, required=True, help="where parameters are written")
        parser.add_argument("--data-of", default="", help="date of the pairs, kept with them")
        parser.add_argument("--version-name", default="1", help="kept with the parameters")
        parser.add_argument("--seed", type=int, default=1, help="deals companies into folds")

    def handle(self, *args: Any, **options: Any) -> None:
        self._began = time.monotonic()
        seed = options["seed"]
        try:
            history = read_statements(options["pairs"])
            pool = Pool(read_companies(options["companies"]))
            taught_by = [fingerprint(options["pairs"])]
        except (FormatError, BrokenFileError) as error:
            raise CommandError(str(error)) from error
        queries, _left = queries_of(history, pool, keep_mentions=False)
        if len(queries) < _LEAST:
            raise CommandError(
                f"{options['pairs']} has {len(queries)} usable pairs; {_LEAST} are the least to "
                "learn from. Check that --companies names the same companies."
            )
        try:
            lesson = learning.prepare(pool, history, queries, seed, self._progress)
        except ValueError as error:
            raise CommandError(f"{options['companies']}: {error}.") from error
        features = learning.Features(lesson, seed, self._progress)
        found = {
            name: learning.answers(lesson, features, names, seed)
            for name, names in VARIANTS.items()
        }
        figures = {name: self._figures(name, one, lesson, seed) for name, one in found.items()}
        meta = {
            "version": options["version_name"],
            "data_of": options["data_of"],
            "pairs": len(lesson.speakers),
            "queries": len(queries),
            "prior_most": learning.PRIOR_MOST,
            "taught_by": taught_by,
            "left_out": figures,
        }
        learnt = learning.parameters(lesson, found, meta, seed)
        learnt.save(options["out"])
        self._say(f"{options['out']}: {options['out'].stat().st_size / 1024:.0f} KiB")

    def _figures(self, name: str, found: Answers, lesson: Lesson, seed: int) -> dict[str, float]:
        companies = [str(query.a) for query in lesson.queries]
        values = {
            f"recall@{cut}": (found.ranks <= cut).astype(float).tolist() for cut in metrics.CUTS
        }
        values["mrr"] = (1 / found.ranks).tolist()
        told = {}
        for metric, each in values.items():
            figure = metrics.bootstrap(each, companies, seed)
            self._say(
                f"{name} {metric} {figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}] "
                "(companies left out)"
            )
            told[metric] = round(figure.value, 4)
        factors = ", ".join(f"{key} {value:.3f}" for key, value in found.factors.items())
        self._say(f"{name} factors: {factors}")
        self._say(f"{name} median rank {np.median(found.ranks):.0f}")
        return told

    def _progress(self, step: str) -> None:
        self.stderr.write(f"[{time.monotonic() - self._began:.0f} s] {step}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
