"""What is shown of the matching: lists expanded, explained, and told in the reader's language.

The page, the endpoint and the administration all show what ``suggestions_for`` returns.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from chambers.models import Company, TradeCode, today
from marketplace.models import Opportunity
from matching import engine, profiles
from matching.engine import Against, Band, Direction, Explanation, Weights
from matching.engine.explain import Close
from matching.engine.prior import shipped
from matching.models import Dismissal, Profile, Run, SuggestionList, Term
from matching.selectors.limits import limits_of
from matching.ties import NO_TIES, ties_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

REASONS_SHOWN = 6  # per direction
_SHOWN = (
    *("public_id", "legal_name", "legal_name_latin", "city", "country"),
    *(f"profile__{name}" for name in ("rows", "surfaces", "trades", "topic")),
)
_SPARE = 4  # so many more than are wanted are read first, for those who are left out
DISMISSED_SHOWN = 50  # the latest marks "not relevant"
BAND_NAMES = {
    Band.STRONG_BOTH: gettext_lazy("Strong, both ways"),
    Band.STRONG_ONE: gettext_lazy("Strong, one way"),
    Band.POSSIBLE: pgettext_lazy("how good a match is", "Possible"),
    Band.SAME_FIELD: pgettext_lazy("how good a match is", "Possible"),
}
AGAINST_TEXTS = {
    Against.NO_COMMON_LANGUAGE: gettext_lazy("No common working language"),
    Against.MET_BEFORE: gettext_lazy("You have met before"),
    Against.SELDOM_TRADE: gettext_lazy("Companies of your fields and countries seldom trade"),
    Against.THEIR_NEEDS_UNKNOWN: gettext_lazy("What they seek is not stated"),
    Against.YOUR_NEEDS_UNKNOWN: gettext_lazy("What you seek is not stated"),
    Against.THEIR_MARKETS_DO_NOT_NAME_YOURS: gettext_lazy("Their markets do not name your country"),
    Against.ONLY_THEY_COVER_YOU: gettext_lazy("You do not cover what they seek"),
    Against.ONLY_YOU_COVER_THEM: gettext_lazy("They do not cover what you seek"),
}

CLOSE_TEXTS = {
    Close.ONLY_AN_INTERPRETER: gettext_lazy("Only with an interpreter"),
    Close.THEIR_SIZE_AT_YOUR_EDGE: gettext_lazy("Their size is at the edge of what you accept"),
    Close.THEIR_SIZE_UNKNOWN: gettext_lazy("You ask for a size, theirs is not stated"),
    Close.NEARLY_COMPETITORS: gettext_lazy("Both offer something of one chapter"),
}


@dataclass(frozen=True)
class Reason:
    """One thing that matched, ready to show.

    ``code`` and ``label`` for a trade code, in the reader's language; ``need_word`` and
    ``answer_word`` are the word as the seeking and the offering side wrote it (for what both work
    on: you and they). ``tenths`` is its share of the direction, 0 to 10.
    """

    kind: str
    code: str
    label: str
    need_word: str
    answer_word: str
    tenths: int
    need: Opportunity | None
    answer: Opportunity | None


@dataclass(frozen=True)
class Way:
    """One direction: ``tenths`` of the need that is covered (0 to 10), and why."""

    tenths: int
    reasons: list[Reason] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class Suggestion:
    """A partner for a company, with everything that page, endpoint and administration show.

    ``is_usual``: beyond the reasons, companies of these trades and countries often work together.
    ``against`` speaks against the pair; ``close`` are limits of the company's own that it only just
    keeps; those of the partner are the partner's.
    """

    partner: Company
    band: Band
    band_name: str
    tenths: int
    they_cover: Way
    you_cover: Way
    shared: Way
    against: list[str]
    against_codes: list[str]
    close: list[str] = field(default_factory=list)
    close_codes: list[str] = field(default_factory=list)
    is_usual: bool = False
    dismissal: Dismissal | None = None

    @property
    def has_reason(self) -> bool:
        """Whether anything can be said for it; a suggestion without a reason is not shown."""
        return any(way.reasons for way in (self.they_cover, self.you_cover, self.shared))

    @property
    def same_field(self) -> bool:
        """Whether no stated need is met: both only work on the same."""
        return self.band == Band.SAME_FIELD


@dataclass(frozen=True)
class Suggestions:
    """A company's list: ``shown`` best first, and those it marked as not relevant.

    ``met`` is how many it has met before that fit, on the list or not; they are shown only on
    request. Of the marked only the latest ``DISMISSED_SHOWN`` stand here. ``computed_at`` is later
    than the end of the run where the list has followed a change since. ``under_way`` is the first
    run until it ends.
    """

    company: Company
    run: Run | None
    computed_at: dt.datetime | None = None
    shown: list[Suggestion] = field(default_factory=list)
    dismissed: list[Suggestion] = field(default_factory=list)
    met: int = 0
    under_way: Run | None = None

    def awaits_chamber(self) -> bool:
        """Whether it is empty because no chamber has admitted the company. At most one query."""
        return not self.shown and not Company.objects.members().filter(pk=self.company.pk).exists()


def suggestions_for(
    company: Company, viewer: User | AnonymousUser, *, limit: int = 20, with_met: bool = False
) -> Suggestions:
    """The current list of ``company`` as ``viewer`` may see it. A constant number of queries.

    Partners it has met before only ``with_met``: those among the best of the list stand in it,
    lower for that, and all others that fit follow beyond the ``limit``, best first. The list's
    reserve takes the places of those who are left out; it is read only where more than a few are.

    Empty for who neither speaks for the company nor looks after it, and while it is on hold. Who
    was put on hold, is a partner already, or is kept apart by a limit of either side, is left out
    at once, before the lists follow.
    """
    stored = _list_of(company, viewer)
    if stored is None or company.held_on is not None:
        run = Run.objects.current()
        if run is None:
            return Suggestions(company, None, under_way=Run.objects.open().first())
        return Suggestions(company, run, run.finished_at)
    made = Dismissal.objects.filter(company=company)
    dismissals = {one.partner_id: one for one in made[:DISMISSED_SHOWN]}
    ties = ties_of([company.pk])
    acquainted = sorted(ties.get(company.pk, NO_TIES).met)
    stands = [*stored.partners, *stored.reserve]
    apart = {*dismissals, *(() if with_met else acquainted)}
    for few in (_first(stands, limit + _SPARE, besides=apart), stands):
        listed = list(dict.fromkeys([*few, *acquainted, *dismissals]))
        rows = Company.objects.visible_to(viewer).filter(pk__in=[company.pk, *listed])
        partners = {one.pk: one for one in _presentable(rows)}
        read = _profiles_read(partners.values())
        partners.pop(company.pk, None)
        limits = limits_of({company.pk: company, **partners}, read, own=company, ties=ties)
        ours = limits[company.pk]
        wanted = [pk for pk in listed if pk in partners and engine.may_meet(ours, limits[pk])]
        places = [pk for pk in wanted if pk not in ours.dismissed]
        met = [pk for pk in places if ours.knows(limits[pk])]
        among = set(few)
        fresh = [pk for pk in places if pk in among and (with_met or pk not in met)][:limit]
        if len(fresh) == limit or len(few) == len(stands):
            break
    hidden_ones = [pk for pk in dismissals if pk in wanted]
    wanted = list(dict.fromkeys([*fresh, *met, *hidden_ones]))
    found = _explained(limits, ours, wanted, read, stored.run)
    met = [pk for pk in met if pk in found and found[pk].has_reason]
    beyond = sorted(
        set(met) - set(fresh), key=lambda pk: (-found[pk].mutual, _by_chance(company.pk, pk))
    )
    order = [*fresh, *(beyond if with_met else []), *hidden_ones]
    found = {pk: found[pk] for pk in order if pk in found}
    told = _Telling.of(found.values())
    shown: list[Suggestion] = []
    hidden: list[Suggestion] = []
    for pk, explanation in found.items():
        suggestion = told.suggestion(partners[pk], explanation, dismissals.get(pk))
        if suggestion.dismissal is not None:
            hidden.append(suggestion)
        elif suggestion.has_reason:
            shown.append(suggestion)
    # A change while the run was under way is noted before the run ends with a list that holds it.
    moments = [one for one in (stored.run.finished_at, stored.changed_at) if one is not None]
    computed_at = max(moments, default=None)
    return Suggestions(company, stored.run, computed_at, shown, hidden, len(met))


def _by_chance(one: int, other: int) -> int:
    """The place of a pair among equals, another one each day, alike for both sides."""
    return crc32(f"{today()} {min(one, other)} {max(one, other)}".encode())


def _first(stands: Sequence[int], number: int, *, besides: Collection[int]) -> list[int]:
    """The beginning of a list that has ``number`` companies ``besides`` those."""
    counted = [at for at, pk in enumerate(stands, start=1) if pk not in besides]
    return list(stands[: counted[number - 1]] if len(counted) >= number else stands)


def _list_of(company: Company, viewer: User | AnonymousUser) -> SuggestionList | None:
    """Its current list with the run, if it is ``visible_to`` the viewer.

    Who speaks for the company, as nearly all who ask, is known without a look at the staff.
    """
    mine = Company.objects.run_by(viewer).filter(pk=company.pk)
    rows = SuggestionList.objects.current().filter(company=company).select_related("run")
    found = rows.annotate(is_own=Exists(mine)).first()
    if found is None or found.is_own:
        return found
    served = Company.objects.members_served_by(viewer).filter(pk=company.pk)
    return found if served.exists() else None


def suggestion_between(
    company: Company, partner: Company, viewer: User | AnonymousUser
) -> Suggestion | None:
    """How ``company`` and one other fit by the rules of the current run, listed or not.

    None for who neither speaks for the company nor looks after it, without a run, where a limit
    of either side keeps the two apart, or where nothing speaks for them.
    """
    return suggestions_among(company, [partner.pk], viewer).get(partner.pk)


def suggestions_among(
    company: Company,
    partners: Sequence[int],
    viewer: User | AnonymousUser,
    *,
    with_dismissals: bool = True,
) -> dict[int, Suggestion]:
    """How ``company`` fits each of some partners, by key, in their order; see above.

    A constant number of queries, one less where nobody asks who was marked as not relevant. Who
    does not fit is left out.
    """
    own = Company.objects.run_by(viewer) | Company.objects.members_served_by(viewer)
    run = Run.objects.current()
    if run is None:
        return {}
    keys = [company.pk, *partners]
    rows = _presentable(Company.objects.visible_to(viewer).filter(pk__in=keys))
    rows = rows.annotate(is_own=Exists(own.filter(pk=OuterRef("pk"))))
    shown = {one.pk: one for one in rows}
    if company.pk not in shown or not shown[company.pk].is_own:
        return {}
    read = _profiles_read(shown.values())
    limits = limits_of(shown, read, own=company)
    ours = limits[company.pk]
    others = [pk for pk in partners if pk in shown and pk != company.pk]
    wanted = [pk for pk in others if engine.may_meet(ours, limits[pk])]
    found = _explained(limits, ours, wanted, read, run)
    made = Dismissal.objects.filter(company=company, partner__in=wanted)
    dismissals = {one.partner_id: one for one in made} if with_dismissals else {}
    told = _Telling.of(found.values())
    told_of = {pk: told.suggestion(shown[pk], one, dismissals.get(pk)) for pk, one in found.items()}
    return {pk: one for pk, one in told_of.items() if one.has_reason}


def partners_by_country(suggestions: Iterable[Suggestion]) -> list[tuple[str, int]]:
    """(country or region, number of partners), most first."""
    counts: dict[str, int] = {}
    for suggestion in suggestions:
        name = suggestion.partner.country.name
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def tenths(share: float) -> int:
    """A share as tenths, 0 to 10: coarse on purpose; above nothing never shows as nothing."""
    return 0 if share <= 0 else max(1, min(10, math.floor(share * 10 + 0.5)))


def _presentable(companies: QuerySet[Company]) -> QuerySet[Company]:
    read = companies.filter(held_on=None).select_related("country", "profile")
    return read.only(*_SHOWN, *profiles.LIMITS)


def _profiles_read(companies: Iterable[Company]) -> dict[int, Profile]:
    """The profiles that came with some companies, by key; who has none is missing."""
    return {one.pk: one.profile for one in companies if getattr(one, "profile", None) is not None}


@dataclass
class _Found:
    explanation: Explanation
    your_surfaces: Mapping[str, str]
    their_surfaces: Mapping[str, str]
    items: Mapping[str, Opportunity]

    @property
    def mutual(self) -> float:
        return self.explanation.mutual

    @property
    def has_reason(self) -> bool:
        one = self.explanation
        return any(way.reasons for way in (one.they_cover, one.you_cover, one.shared))


def _explained(
    limits: Mapping[int, engine.Company],
    own: engine.Company,
    wanted: list[int],
    stored: Mapping[int, Profile],
    run: Run,
) -> dict[int, _Found]:
    """Each wanted pair explained from the two profiles, by the run's weights and rarities."""
    if own.id not in stored:
        return {}
    mine, known = stored[own.id], [pk for pk in wanted if pk in stored]
    items = _items_of([mine, *(stored[pk] for pk in known)])
    rows = _rows_now(own.id, mine, items)
    rarities = Term.rows_with(run, {term for row in rows for term in row.terms})
    weights, found = Weights(**run.weights), {}
    for pk in known:
        explanation = engine.explain(
            rows,
            _rows_now(pk, stored[pk], items),
            own,
            limits[pk],
            rarities,
            run.rows,
            weights,
            shipped().prior,
        )
        found[pk] = _Found(explanation, mine.surfaces, stored[pk].surfaces, items)
    return found


def _items_of(read: Iterable[Profile]) -> dict[str, Opportunity]:
    """What some profiles have rows of and is on show, by reference. At most one query."""
    refs = {row["ref"] for one in read for row in one.rows} - {profiles.PROFILE}
    shown = Opportunity.objects.on_show().named().filter(reference__in=refs).order_by()
    return {one.reference: one for one in shown.only("public_id", "reference", "title")}


def _rows_now(company: int, profile: Profile, items: Mapping[str, Opportunity]) -> list[engine.Row]:
    """The rows of a profile, without those of what has left the market since it was read."""
    kept = (row for row in profile.rows if row["ref"] in items or row["ref"] == profiles.PROFILE)
    return profiles.engine_rows(company, kept)


@dataclass(frozen=True)
class _Telling:
    """Labels and opportunities that the reasons of a page name, fetched at once."""

    codes: Mapping[tuple[str, str], TradeCode]
    opportunities: Mapping[str, Opportunity]

    @classmethod
    def of(cls, found: Collection[_Found]) -> _Telling:
        reasons = [
            reason
            for one in found
            for way in (
                one.explanation.they_cover,
                one.explanation.you_cover,
                one.explanation.shared,
            )
            for reason in way.reasons[:REASONS_SHOWN]
        ]
        keys = {_code_key(reason.term) for reason in reasons if reason.kind == "code"}
        codes = {
            (code.scheme, code.code): code
            for code in TradeCode.objects.filter(code__in=[code for _scheme, code in keys])
            .order_by()
            .defer("parent", "search")
            if (code.scheme, code.code) in keys
        }
        return cls(codes, next((one.items for one in found), {}))

    def suggestion(
        self, partner: Company, found: _Found, dismissal: Dismissal | None
    ) -> Suggestion:
        one = found.explanation
        return Suggestion(
            partner=partner,
            band=one.band,
            band_name=str(BAND_NAMES[one.band]),
            tenths=tenths(one.mutual),
            they_cover=self._way(one.they_cover, found.your_surfaces, found.their_surfaces),
            you_cover=self._way(one.you_cover, found.their_surfaces, found.your_surfaces),
            shared=self._way(one.shared, found.your_surfaces, found.their_surfaces),
            against=[str(AGAINST_TEXTS[code]) for code in one.against],
            against_codes=[str(code) for code in one.against],
            close=[str(CLOSE_TEXTS[code]) for code in one.close],
            close_codes=[str(code) for code in one.close],
            is_usual=one.prior > 0,
            dismissal=dismissal,
        )

    def _way(self, way: Direction, needing: Mapping[str, str], answering: Mapping[str, str]) -> Way:
        shown = [
            reason
            for reason in way.reasons
            if reason.kind == "word" or _code_key(reason.term) in self.codes
        ][:REASONS_SHOWN]
        return Way(
            tenths(way.coverage),
            [self._reason(reason, needing, answering) for reason in shown],
            max(0, len(way.reasons) - len(shown)),
        )

    def _reason(
        self, reason: engine.Reason, needing: Mapping[str, str], answering: Mapping[str, str]
    ) -> Reason:
        code = self.codes.get(_code_key(reason.term)) if reason.kind == "code" else None
        return Reason(
            kind=reason.kind,
            code=code.code if code else "",
            label=code.label if code else "",
            need_word=needing.get(reason.term, "") if code is None else "",
            answer_word=answering.get(reason.term, "") if code is None else "",
            tenths=tenths(reason.share),
            need=self.opportunities.get(reason.need),
            answer=self.opportunities.get(reason.answer),
        )


def _code_key(term: str) -> tuple[str, str]:
    """("hs", "9026") for hs4:9026; NACE divisions and sections are one scheme."""
    prefix, _sep, code = term.partition(":")
    return ("nace" if prefix in ("nace", "section") else "hs", code)
