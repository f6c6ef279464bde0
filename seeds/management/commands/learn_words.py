"""Learn again which English words Russian and Japanese ones mean, after labels have changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from matching.engine.lexicon import LEARNT, Lexicon
from seeds.labels import english_texts, parallel_labels


class Command(BaseCommand):
    help = "Learn the lexicon from the labels that ship; commit the file that it writes."

    def handle(self, *args: Any, **options: Any) -> None:
        lexicon = Lexicon.fit(parallel_labels(), english_texts())
        LEARNT.write_text("".join(f"{line}\n" for line in lexicon.lines()), encoding="utf-8")
        self.stdout.write(
            f"{len(lexicon.words):,} words, {len(lexicon.shown):,} English ones: {LEARNT.name}"
        )
