"""Lists and their files hold what plain queries find, whoever reads them, in worlds of chance.

What hides rows is in every world: companies that are no members, not listed, refused, of the past
or of tomorrow; drafts, items past their last day, anonymous ones; fields for members or partners.
"""

import datetime as dt
import random

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils import timezone

from chambers.models import Company, Membership
from chambers.selectors import lists
from chambers.selectors.facets import narrowed
from chambers.selectors.search import answering_companies
from chambers.selectors.shown import sight_of
from chambers.services.companies import reindex_company
from marketplace.models import Opportunity, SavedSearch
from marketplace.selectors import exports
from marketplace.selectors.search import answering_opportunities
from marketplace.selectors.searches import new_for, read_asked, shelf_of
from marketplace.services import reindex_opportunity
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    InvestmentTermsFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.world import hs

pytestmark = pytest.mark.django_db
WORDS = ("pumps", "valves", "насосы", "ポンプ", "copper", "Romashka", "Ромашка", "cables", "glass")
CODES = ("902610", "902620", "848620", "843351")
SEEN_BY = ("description", "codes", "languages", "size")
YEAR = dt.timedelta(days=365)
QUESTIONS = (
    "", "q=pumps", "q=nasosy", "q=pmups", "q=romashka", "q=cables+glass", "q=of", "q=9026",
    "country=JP", "q=pumps&country=JP&country=RU", "goods=90", "goods=9026&q=valves",
    "sort=new&q=glass", "sort=name", "sort=closing&q=pumps", "side=offer&country=JP",
    "kind=service", "speaks=fi&q=copper", "size=small", "size=large&country=JP",
    "trade=offer", "chamber=harbour&q=pumps",
    "cooperation=supply&cooperation=licence", "wanted=JP&q=valves", "instrument=loan&amount=EUR-5",
)  # fmt: skip


def some(chance, most=2):
    return " ".join(chance.sample(WORDS, chance.randint(1, most)))


def membership(chance, company, chamber):
    """Of any state: it admits, is asked for, refused, over, in its grace or yet to begin."""
    today, state = timezone.localdate(), chance.randrange(9)
    fields = {}
    if state == 1:
        fields = {"applied": True}
    elif state == 2:
        fields = {"decision": Membership.Decision.REFUSED, "reason": "No", "starts_on": None}
    elif state == 3:
        fields = {"ends_on": today - YEAR / 2}
    elif state == 4:
        fields = {"ends_on": today - dt.timedelta(days=2)}
    elif state == 5:
        fields = {"starts_on": today + dt.timedelta(days=1)}
    MembershipFactory(company=company, chamber=chamber, **fields)


def make_world(seed):
    """Companies and opportunities of chance; those who look at them."""
    chance = random.Random(seed)
    chambers = [ChamberFactory(slug=slug, grace_days=30) for slug in ("harbour", "hill")]
    companies = []
    for number in range(22):
        levels = ("public", "members", "partners")
        company = CompanyFactory(
            legal_name=f"{some(chance)} {number}",
            country__code=chance.choice(("JP", "RU", "FI")),
            description={"en": some(chance, 4)},
            languages=chance.sample(("fi", "ru", "ja"), chance.randrange(3)),
            size=chance.choice(("", "small", "large")),
            codes=hs(*chance.sample(CODES, chance.randrange(3))),
            is_listed=chance.random() < 0.8,
            visibility={field: chance.choice(levels) for field in SEEN_BY},
        )
        for chamber in chance.sample(chambers, chance.choice((0, 1, 1, 1, 2))):
            membership(chance, company, chamber)
        companies.append(company)
    for company in companies:
        state = chance.choice(("published", "published", "published", "expired", "in_review"))
        row = OpportunityFactory(
            **{state: True},
            company=company,
            side=chance.choice(("offer", "demand")),
            kind=chance.choice(("goods", "service", "investment")),
            cooperation=chance.sample(("supply", "agency", "licence"), chance.randrange(3)),
            target_countries=chance.sample(("JP", "RU", "FI"), chance.randrange(3)),
            title={"en": some(chance)},
            text={"en": some(chance, 4)},
            codes=hs(*chance.sample(CODES, chance.randrange(3))),
            is_anonymous=chance.random() < 0.4,
        )
        if row.kind == "investment":
            instrument = chance.choice(("loan", "equity"))
            InvestmentTermsFactory(opportunity=row, instrument=instrument)
        reindex_opportunity(row)
    hidden = next(one for one in companies if not one.is_listed)
    viewers = {
        "guest": AnonymousUser(),
        "person": UserFactory(),
        "member": RepresentativeFactory(company=CompanyFactory(member=True)).person,
        "hidden": RepresentativeFactory(company=hidden).person,
        "staff": StaffFactory(chamber=chambers[0]).person,
        "superuser": UserFactory(superuser=True),
    }
    for company in Company.objects.all():
        reindex_company(company)
    return viewers


def lists_of(viewers, seed, number):
    """Some questions by everybody: (a name for it, kind, shelf, the rows that plainly answer)."""
    chance = random.Random(seed)
    for kind in ("companies", "opportunities"):
        for who, viewer in viewers.items():
            if kind == "opportunities" and who not in ("guest", "staff"):
                continue  # what is on show is the same for all
            for query in chance.sample(QUESTIONS, number):
                asked = read_asked(kind, QueryDict(query), viewer)
                shelf = shelf_of(kind, asked, viewer).settled
                yield (kind, who, query), kind, shelf, plainly(kind, viewer, shelf)


def plainly(kind, viewer, shelf):
    """The rows that answer the words, as one query asks the database for them."""
    text = shelf.asked.text
    if kind == "opportunities":
        return answering_opportunities(Opportunity.objects.on_show(), shelf.question, text)
    rows, member = Company.objects.visible_to(viewer), sight_of(viewer).member
    return answering_companies(rows, shelf.question, text, member=member)


def ordered(shelf, rows):
    return list(shelf.order(narrowed(rows, shelf.facets, shelf.asked)))


def counted(shelf, rows, made):
    """The counts beside the choices by one query each; each facet without its own choices."""
    found = {}
    for group in made.groups:
        (facet,) = [one for one in shelf.facets if one.key == group.key]
        wider = narrowed(rows, shelf.facets, shelf.asked, besides=facet)
        chosen = narrowed(rows, shelf.facets, shelf.asked)
        if group.key == "guild":
            continue
        for value in values_of(facet, group):
            base = chosen if facet.is_below(value) else wider
            number = facet.narrow(base, [value]).order_by().count()
            if number:
                found[group.key, value] = number
    return found


def values_of(facet, group):
    """What might be offered, and what is."""
    every = {
        "country": {"JP", "RU", "FI"}, "side": {"offer", "demand"}, "trade": {"offer", "demand"},
        "kind": {"goods", "service", "investment"}, "wanted": {"JP", "RU", "FI"},
        "cooperation": {"supply", "agency", "licence"}, "instrument": {"loan", "equity"},
        "amount": {"EUR-4", "EUR-5", "EUR-6"}, "speaks": {"fi", "ru", "ja"}, "goods": {"90", "84"},
        "chamber": {"harbour", "hill"}, "industry": set(), "size": {"small", "large"},
    }[facet.key]  # fmt: skip
    return every | {option.value for option in group.options}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_list_holds_and_counts_what_plain_queries_find(seed):
    sizes = set()
    for name, _kind, shelf, rows in lists_of(make_world(seed), seed, 5):
        expected = ordered(shelf, rows)

        made = lists.listed(shelf, shelf.rows, None, 100)

        told = {
            (group.key, option.value): option.count
            for group in made.groups
            for option in group.options
            if option.count
        }
        assert list(made.page) == expected, name
        assert (made.total, made.is_more) == (len(expected), False), name
        assert shelf.first() == [row.pk for row in expected], name
        assert told == counted(shelf, rows, made), name
        sizes.add(len(expected))
    assert len(sizes) > 4  # else the world shows nothing


def test_a_long_list_holds_the_first_that_are_seen(monkeypatch):
    monkeypatch.setattr(lists, "MOST", 3)
    monkeypatch.setattr(lists, "_kept", {})  # totals of this small world are nobody else's
    for name, _kind, shelf, rows in lists_of(make_world(4), 4, 5):
        expected = ordered(shelf, rows)
        if shelf.is_open:
            continue

        made = lists.listed(shelf, shelf.rows, None, 100)

        assert list(made.page) == expected[:3], name
        assert made.is_more == (len(expected) > 3), name


def test_a_file_and_a_mail_hold_what_the_list_holds():
    viewers = make_world(5)
    anonymous = set(
        Opportunity.objects.filter(is_anonymous=True).values_list("reference", flat=True)
    )
    for name, kind, shelf, rows in lists_of(viewers, 5, 4):
        viewer = viewers[name[1]]
        if name[1] == "guest":
            continue
        expected = ordered(shelf, rows)

        search = SavedSearch(
            person=viewer, kind=kind, query=name[2], told_until=timezone.now() - YEAR
        )
        mailed = new_for(search, timezone.now(), 100)

        assert {row.pk for row in mailed} == {row.pk for row in expected}, name
        if kind == "companies":
            lines = [line[0] for line in exports.company_rows(shelf, viewer)]
            assert lines == [row.legal_name for row in expected], name
        else:
            lines = list(exports.opportunity_rows(shelf, viewer))
            assert [line[0] for line in lines] == [row.reference for row in expected], name
            named = {line[0] for line in lines if line[6] != "company not named"}
            own = set(
                Opportunity.objects.filter(
                    company__in=Company.objects.members_served_by(viewer)
                ).values_list("reference", flat=True)
            )
            assert not named & (anonymous - own), name
