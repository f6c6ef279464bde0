"""A small world of companies that the matching tests share."""

from contextlib import contextmanager

from chambers.services import jobs
from matching import reading, tasks
from matching.models import Run, SuggestionList
from tests.factories import CompanyFactory, OpportunityFactory, TradeCodeFactory

SENSORS, CHIPS, HARVESTERS = "902610", "848620", "843351"


def hs(*codes):
    """Trade codes with their parents."""
    found = []
    for code in codes:
        parent = None
        for digits in (2, 4, 6):
            parent = TradeCodeFactory(scheme="hs", code=code[:digits], parent=parent)
        found.append(parent)
    return found


def company(country, name, **fields):
    return CompanyFactory(country__code=country, legal_name=name, member=True, **fields)


def offers(who, *codes, side="offer", title=None, **fields):
    return OpportunityFactory(
        company=who,
        side=side,
        published=True,
        codes=hs(*codes),
        title=title or {"en": "Something"},
        **fields,
    )


def seeks(who, *codes, **fields):
    return offers(who, *codes, side="demand", **fields)


def goods_and_services(**fields):
    """Who seeks goods and services, who sells goods and who lends services; matched.

    ``fields`` are of the first.
    """
    ours = company("RU", "Ours", **fields)
    sells, lends = company("JP", "Sells"), company("KZ", "Lends")
    for kind, code, other in (("goods", "9026", sells), ("service", "8486", lends)):
        seeks(ours, code, kind=kind)
        offers(other, code, kind=kind)
    match()
    return ours, sells, lends


def match(seed=1):
    """A whole run, worked off here; the run as it ended."""
    run = tasks.runs.start_run(seed=seed)
    jobs.work_off()
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error
    return run


def partners_of(who):
    """Names of the partners in a company's current list, best first."""
    stored = SuggestionList.objects.current().filter(company=who).first()
    names = dict(type(who).objects.values_list("pk", "legal_name"))
    return [names[pk] for pk in stored.partners] if stored else None


def lists():
    """All current lists as plain data."""
    return {
        one.company_id: [one.partners, [round(x, 5) for x in one.mutual]]
        for one in SuggestionList.objects.current()
    }


def labelled(digits, label, scheme="hs", **fields):
    """A trade code that says what it is."""
    return TradeCodeFactory(
        scheme=scheme, code=digits, label_en=label, short_en="", level=len(digits), **fields
    )


@contextmanager
def nomenclature():
    """A few labelled codes, learnt anew inside and forgotten after it."""
    chapter = labelled("84", "Machinery")
    labelled("8413", "Pumps for liquids", parent=chapter, label_ru="Насосы для жидкостей")
    for digits, thing in (("2703", "Peat"), ("7010", "Bottles of glass"), ("9401", "Seats")):
        labelled(digits, thing)
    for division, thing in (("28", "Machinery and pumps"), ("10", "Food"), ("62", "Software")):
        labelled(division, thing, scheme="nace")
    reading.forget_labels()
    try:
        yield
    finally:
        reading.forget_labels()
