"""The words that anything public is found by, for questions that are spelled otherwise."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models


class SearchWord(models.Model):
    """A lexeme that some public text has, and how it sounds in Latin letters.

    Words are added with what brings them and never taken away: one that nothing has any more
    finds nothing, which is what it did misspelt.
    """

    word = models.CharField(max_length=40, primary_key=True)
    sound = models.CharField(
        max_length=120, help_text="Latin letters, what transliterations disagree about made equal."
    )

    class Meta:
        indexes = [
            models.Index(fields=["sound"], name="search_word_by_sound"),
            GinIndex(OpClass("sound", name="gin_trgm_ops"), name="search_word_like"),
        ]

    def __str__(self) -> str:
        return self.word
