"""``manage.py evaluate_matching``: how well the engine finds real partners."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chambers.gates.files import BrokenFileError, fingerprint
from matching.engine.prior import SHIPPED, Learnt
from matching.evaluation import consortia, history, report, statements
from matching.evaluation.formats import (
    FormatError,
    Kind,
    kind_of,
    read_companies,
    read_pairs,
    read_statements,
)
from matching.evaluation.pool import Pool, queries_of


class Command(BaseCommand):
    help = (
        "Measure the engine on real pairs of partners beside random, popularity, BM25 and TF-IDF. "
        "Reads files only. Queries are the masked text of statements, or past projects and the "
        "title of a call."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--companies", type=Path, required=True, help="JSON Lines, also .gz")
        parser.add_argument(
            "--pairs", type=Path, required=True, help="statements (JSON Lines) or consortia (CSV)"
        )
        parser.add_argument(
            "--pool",
            choices=("foreign", "all"),
            default="foreign",
            help="rank partners among companies abroad, or among all",
        )
        parser.add_argument(
            "--history",
            type=Path,
            nargs="*",
            help="partnerships known before; by default those in partner_gt/ beside the companies",
        )
        parser.add_argument(
            "--keep-mentions",
            action="store_true",
            help="also ask where the partner's own text names the company",
        )
        parser.add_argument("--json", type=Path, help="also write the figures here")
        parser.add_argument("--limit", type=_positive, help="only the first queries")
        parser.add_argument("--prior", type=Path, default=SHIPPED, help="other learnt parameters")
        parser.add_argument("--seed", type=int, default=1, help="draws samples and intervals")

    def handle(self, *args: Any, **options: Any) -> None:
        self._began = time.monotonic()
        pairs: Path = options["pairs"]
        try:
            kind = kind_of(pairs)
            if kind not in (Kind.STATEMENTS, Kind.CONSORTIA):
                raise CommandError(
                    f"{pairs} holds {kind}, no pairs. Name it after --history, and pairs here."
                )
            past = options["history"]
            if past is None:
                past = history.files_for(options["companies"], pairs, kind)
            self._say("history: " + (", ".join(map(str, past)) or "none"))
            measure = self._statements if kind is Kind.STATEMENTS else self._consortia
            figures = measure(past, options)
        except (FormatError, BrokenFileError) as error:
            raise CommandError(str(error)) from error
        for line in report.lines(figures):
            self._say(line)
        if options["json"]:
            text = json.dumps(report.as_data(figures), indent=2) + "\n"
            try:
                options["json"].write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(
                    f"The figures cannot be written to {options['json']} ({error.strerror}). "
                    "Name a file in a folder that can be written."
                ) from error
        self._say(f"{time.monotonic() - self._began:.0f} s")

    def _statements(self, past: list[Path], options: dict[str, Any]) -> report.Figures:
        found = read_statements(options["pairs"])
        learnt = _learnt(options["prior"])
        pool = Pool(read_companies(options["companies"]), learnt.telling)
        queries, left = queries_of(found, pool, keep_mentions=options["keep_mentions"])
        queries = queries[: options["limit"]]
        for reason, count in sorted(left.items()):
            self._say(f"left out, {reason}: {count}")
        if not queries:
            raise CommandError(
                f"No pair of {options['pairs']} can be asked about: both companies must stand with "
                "a description in the file of companies, in two countries, with quality “ok”."
            )
        if fingerprint(options["pairs"]) in learnt.meta.get("taught_by", ()):
            self._say(
                "note: the parameters were learnt from these very pairs, so the engine's figures "
                "flatter it; learn_prior prints those of companies left out"
            )
        for name, count in statements.described(queries, pool).items():
            self._say(f"{name}: {count}")
        return statements.measure(
            pool,
            queries,
            history.statements(past),
            learnt,
            everyone=options["pool"] == "all",
            seed=options["seed"],
            note=self._progress,
        )

    def _consortia(self, past: list[Path], options: dict[str, Any]) -> report.Figures:
        read_companies(options["companies"])
        pairs = read_pairs(options["pairs"])
        if not past:
            raise CommandError(
                "There are no past projects. Name cordis_participations.csv and "
                "cordis_projects.csv after --history."
            )
        try:
            figures, counts = consortia.measure(
                history.projects(past),
                pairs,
                everyone=options["pool"] == "all",
                seed=options["seed"],
                note=lambda _project: None,
                limit=options["limit"],
            )
        except ValueError as error:
            raise CommandError(f"{options['pairs']}: {error}. Check --history.") from error
        for name, count in counts.items():
            self._say(f"{name}: {count}")
        return figures

    def _progress(self, step: str) -> None:
        self.stderr.write(f"[{time.monotonic() - self._began:.0f} s] {step}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _learnt(path: Path) -> Learnt:
    try:
        return Learnt.load(path)
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(
            f"{path} holds no learnt parameters ({error}). Write them with learn_prior."
        ) from error


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise ValueError(text)
    return int(text)
