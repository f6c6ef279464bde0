"""A small world of companies that the matching tests share."""

from chambers.services import jobs
from matching import tasks
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
