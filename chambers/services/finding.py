"""What keeps search in step with the rows: the words that are known, and everything anew."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

from chambers import names
from chambers.models import Company, SearchWord
from chambers.selectors.indexing import SPOKEN, company_index
from chambers.services import jobs

WORDS_JOB = "chambers.words"
FOUND_JOB = "marketplace.reindex"  # done by the app above; a job is data, not an import
REINDEX_JOB = "chambers.reindex"
_CHUNK = 200  # rows that are written at once
_MANY = 5_000  # words that are written at once

_IMPORTED_WORDS = """
SELECT DISTINCT word.lexeme FROM chambers_company AS company, unnest(company.search) AS word
WHERE company.id = ANY(%s)
"""


def learn_words(spoken: Collection[str]) -> None:
    """Remember words that something public has, for questions that are spelled otherwise."""
    known = set(SearchWord.objects.filter(word__in=spoken).values_list("word", flat=True))
    new = sorted(set(spoken) - known)
    if new:
        # In one order, so that two who learn the same words wait for each other and do not meet.
        rows = [SearchWord(word=word, sound=names.sound(word)) for word in new]
        SearchWord.objects.bulk_create(rows, batch_size=_MANY, ignore_conflicts=True)


def learn_company(company: Company, spoken: Collection[str] | None = None) -> None:
    """``learn_words`` of a company if it stands in the directory: no page hints at another's name.

    ``spoken`` for whoever has them already.
    """
    if Company.objects.listed().filter(pk=company.pk).exists():
        learn_words(company_index(company).spoken if spoken is None else spoken)


def learn_all_words() -> int:
    """``learn_words`` of all listed companies, as after an import; how many words were read."""
    keys = list(Company.objects.listed().order_by("pk").values_list("pk", flat=True))
    read = 0
    for start in range(0, len(keys), _MANY):
        with connection.cursor() as cursor:
            cursor.execute(_IMPORTED_WORDS, [keys[start : start + _MANY]])
            found = [word for (word,) in cursor.fetchall() if SPOKEN.fullmatch(word)]
        with transaction.atomic():
            learn_words(found)
        read += len(found)
    return read


@jobs.handles(WORDS_JOB)
def _learn_words(lease: jobs.Lease) -> None:
    """Learn the words of all listed companies; a second time changes nothing."""
    with lease.held():
        read = learn_all_words()
    with lease.finish({"words": read}):
        pass


def ask_to_reindex() -> None:
    """Have everything that search reads written anew, as after labels of codes have changed."""
    if Company.objects.exists():
        jobs.enqueue(REINDEX_JOB, key="all")


@jobs.handles(REINDEX_JOB)
def _reindex(lease: jobs.Lease) -> None:
    """Write what search reads of every company anew, then have opportunities follow."""
    keys = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    with lease.held():
        for at in range(0, len(keys), _CHUNK):
            _reindex_companies(keys[at : at + _CHUNK])
            lease.progress(min(at + _CHUNK, len(keys)), len(keys))
    with lease.finish({"companies": len(keys)}):
        jobs.enqueue(FOUND_JOB, key="all")


@transaction.atomic
def _reindex_companies(keys: Collection[int]) -> None:
    # Locked, so that a change of the same moment is not overwritten with what stood before it.
    rows = Company.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    listed = set(Company.objects.listed().filter(pk__in=keys).values_list("pk", flat=True))
    spoken: set[str] = set()
    for company in rows.order_by("pk").prefetch_related("codes__parent__parent"):
        made = company_index(company, list(company.codes.all()))
        Company.objects.filter(pk=company.pk).update(names=made.names, **made.columns())
        if company.pk in listed:
            spoken.update(made.spoken)
    learn_words(spoken)
