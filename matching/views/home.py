"""The first page: what this is for guests, one's own matches for those who act for a company."""

from __future__ import annotations

from django.db.models import Count
from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chambers.http import PageRequest
from chambers.models import Chamber, Company, Membership, TradeCode, User
from chambers.selectors.bodies import with_members
from chambers.selectors.completeness import completeness_of
from marketplace.models import Opportunity
from marketplace.selectors.activity import activity_of, busiest_month, by_month, visitors_of
from marketplace.selectors.listing import newest_encounter
from matching.selectors import suggestions_for
from matching.selectors.advice import tips
from matching.selectors.work import work_of
from matching.services.advice import ask_for_advice

HS = TradeCode.Scheme.HS
TOP = 3  # matches shown
READ = TOP + 3  # matches read: of some there is nothing to show
EXAMPLES = 3  # searches proposed
LARGEST = 9  # chambers shown


@require_safe
def home(request: PageRequest) -> HttpResponse:
    """What a reader most likely came for."""
    if request.acting.company is not None and request.user.is_authenticated:
        return _for_company(request, request.acting.company, request.user)
    if request.acting.chamber is not None:
        return _for_chamber(request, request.acting.chamber)
    return _for_guests(request)


def _for_guests(request: PageRequest) -> HttpResponse:
    listed = Company.objects.listed()
    facts = listed.aggregate(companies=Count("pk"), countries=Count("country", distinct=True))
    chambers = with_members(Chamber.objects.visible_to(request.user)).select_related("country")
    context = {
        "facts": facts | {"open": Opportunity.objects.on_show().count()},
        "examples": _examples(),
        "encounter": newest_encounter(),
        "chambers": chambers.order_by("-members", "name_en")[:LARGEST],
    }
    return render(request, "matching/home.html", context)


def _for_company(request: PageRequest, company: Company, person: User) -> HttpResponse:
    found = suggestions_for(company, person, limit=READ)
    activity = activity_of(company, person)
    published = Opportunity.objects.on_show().filter(company=company)
    sides = set(published.order_by().values_list("side", flat=True).distinct())
    missing = {
        "demand": Opportunity.Side.DEMAND not in sides,
        "offer": Opportunity.Side.OFFER not in sides,
    }
    advice = ask_for_advice(company)
    context = {
        "company": company,
        "tip": next(iter(tips(advice, 1)), None) if advice else None,
        "run": found.run,
        "under_way": found.under_way,
        "suggestions": found.shown[:TOP],
        "met": found.met,
        "waits": found.awaits_chamber(),
        "completeness": completeness_of(company),
        "missing": [name for name, is_missing in missing.items() if is_missing],
        "work": work_of(company, person),
        "visitors": visitors_of(company, person),
        "activity": activity,
        "busiest": busiest_month(activity),
        "months": by_month(activity),
    }
    return render(request, "matching/home_company.html", context)


def _for_chamber(request: PageRequest, chamber: Chamber) -> HttpResponse:
    served = Membership.objects.served_by(request.user).filter(chamber=chamber)
    shown = with_members(Chamber.objects.filter(pk=chamber.pk)).get()
    waiting = served.filter(decision=Membership.Decision.PENDING).count()
    context = {"chamber": shown, "waiting": waiting}
    return render(request, "matching/home_chamber.html", context)


def _examples() -> list[str]:
    """The HS headings published most often, as searches worth trying."""
    through = Opportunity.codes.through.objects
    headings = (
        through.filter(opportunity__in=Opportunity.objects.on_show(), tradecode__scheme=HS)
        .filter(tradecode__level__gte=4)
        .values(heading=Left("tradecode__code", 4))
        .annotate(times=Count("opportunity"))
        .order_by("-times", "heading")
    )
    wanted = [str(one["heading"]) for one in headings[:EXAMPLES]]
    codes = {one.code: one for one in TradeCode.objects.filter(scheme=HS, code__in=wanted)}
    return [codes[heading].label for heading in wanted if heading in codes]
