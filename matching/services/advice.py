"""What would bring a company more partners: one change at a time, counted by the engine.

A match is a company that no limit of either side keeps apart, that is not hidden, and of which one
of the two meets a stated need of the other; a mutual match one where each does. The numbers come
true when a change is made and nothing else has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company, Level, TradeCode, User
from chambers.services import jobs
from chambers.services.companies import state_codes
from marketplace.models import Opportunity
from matching import engine, reading
from matching.engine import Row, Side
from matching.engine.codes import OFFERED
from matching.models import Advice, Profile, Run
from matching.profiles import PROFILE, opportunity_texts
from matching.services import boards
from matching.services.lists import lock_lists

if TYPE_CHECKING:
    from matching.engine.advice import Change, Matches
    from matching.engine.index import Index

JOB = "matching.advice"
_KEPT = 20  # pieces of advice stored
_CODES = 150  # changes of codes tried
_COUNTRIES = 12  # countries tried for each list of countries
_HS = ("hs2:", "hs4:", "hs6:")
_Data = dict[str, Any]
_Tried = tuple[_Data, "Change"]


def advice_held(company: Company) -> Advice | None:
    """What was worked out for a company as it is now, by the run that is shown. One query."""
    holds = Q(run__is_current=True) & Q(digest=F("company__profile__digest")) & ~Q(digest="")
    rows = Advice.objects.filter(holds, company=company).exclude(run__index_digest="")
    return rows.select_related("run", "company").first()


def ask_for_advice(company: Company) -> Advice | None:
    """What is stored, if it still holds; otherwise none, and it is asked to be worked out.

    Nothing is asked for without a run, or for a company that the run has not read.
    """
    held = advice_held(company)
    if held is None:
        read = Profile.objects.filter(company=company).exclude(digest="")
        readers = Run.objects.filter(Exists(read), is_current=True).exclude(index_digest="")
        if readers.exists():
            jobs.enqueue(JOB, {"company": company.pk}, key=str(company.pk), priority=1)
    return held


@jobs.handles(JOB)
def work_out(lease: jobs.Lease) -> None:
    """Try what one company could change, and keep what brings most."""
    company = Company.objects.matched().filter(pk=lease.job.payload["company"]).first()
    run = Run.objects.current()
    found = None if company is None or run is None else advice_for(company, run)
    with lease.finish() as result:
        if found is None:
            result["skipped"] = "no run has read this company"
            return
        Advice.objects.update_or_create(
            company=found.company,
            defaults={
                "run": found.run,
                "digest": found.digest,
                "mutual": found.mutual,
                "matches": found.matches,
                "changes": found.changes,
                "worked_out_at": found.worked_out_at,
            },
        )
        result["changes"] = len(found.changes)


def advice_for(company: Company, run: Run) -> Advice | None:
    """The best of at most 200 changes, as a row that is not saved; None for who is not matched.

    Codes are tried on the profile and on each demand: one on an offer meets no demand that it does
    not meet on the profile. Only such as the company's own texts and codes speak for.
    """
    from matching.engine.advice import MOST_CHANGES, weigh  # compiled code: only where it works

    profile = Profile.objects.filter(company=company).first()
    asking = boards.asking([company.pk]).get(company.pk)
    if profile is None or asking is None or not profile.digest or not run.index_digest:
        return None
    indexes, (own, rows) = segments(run), asking
    tried = [
        *_codes(company, own, rows),
        *_limits(own, _wanted_by(indexes, own, rows)),
        *_targets(
            rows, _wanted_by(indexes, own, [replace(one, targets=frozenset()) for one in rows])
        ),
    ][:MOST_CHANGES]
    now, after = weigh(indexes, own, rows, [change for _data, change in tried])
    return Advice(
        company=company,
        run=run,
        digest=profile.digest,
        mutual=now.mutual,
        matches=now.all,
        changes=_best(tried, now, after),
        worked_out_at=timezone.now(),
    )


@transaction.atomic
def add_code(company: Company, code: str, *, by: User) -> Company:
    """Add an HS code to those of a company; suggestions follow.

    Raises ValidationError ``unknown_code`` or ``already_stated``, PermissionDenied for who may not
    decide for the company.
    """
    if not state_codes(company, [f"{TradeCode.Scheme.HS}:{code}"], by=by):
        raise ValidationError(_("Your company states this code already."), code="already_stated")
    return company


def segments(run: Run) -> list[tuple[Index, Any]]:
    """The indexes of everybody as they are now, with the positions that hold in each."""
    with transaction.atomic():
        lock_lists()
        board = boards.current(run)
        return [(one.index, one.standings.here.copy()) for one in board.segments]


def _codes(company: Company, own: engine.Company, rows: Sequence[Row]) -> Iterator[_Tried]:
    """HS codes to state, likeliest first, row by row: what the company's own texts speak of.

    What others ask for is no reason to state a code: it would not be true.
    """
    from matching.engine.advice import Change  # see above

    known = set(
        TradeCode.objects.filter(scheme=TradeCode.Scheme.HS, level__in=[4, 6]).values_list(
            "code", flat=True
        )
    )
    places = [
        at
        for at, row in enumerate(rows)
        if row.side is Side.DEMAND or (row.side is Side.PROFILE and _shows_codes(company))
    ]
    spoken = _spoken_of(company, rows) if places else {}
    for at in places:
        row = rows[at]
        stated = _stated(row)
        likely = [one for one in spoken.get(row.ref, []) if one in known and one not in stated]
        for code in dict.fromkeys(likely[: _CODES // len(places)]):
            changed = replace(row, terms=_with_code(row.terms, code))
            trades = own.trades | ({code[:4]} if row.side is Side.PROFILE else set())
            limits = replace(own, trades=trades) if trades != own.trades else None
            yield {"kind": "code", "row": row.ref, "code": code}, Change(at, changed, limits)


def _shows_codes(company: Company) -> bool:
    return company.level_of("codes") in {Level.PUBLIC, Level.MEMBERS}


def _spoken_of(company: Company, rows: Sequence[Row]) -> dict[str, list[str]]:
    """By row, the HS codes that its text speaks of or, for the profile, that offers state."""
    stated = [code for row in rows if row.side is Side.OFFER for code in _stated(row)]
    found = {PROFILE: [*stated, *_read(company.description)]}
    published = Opportunity.objects.on_show().named().filter(company=company)
    for one in published:
        of_needs = one.side == Opportunity.Side.DEMAND
        codes = _read(opportunity_texts(one), of_needs=of_needs)
        if of_needs:
            found[one.reference] = codes
        else:
            found[PROFILE] += codes
    return found


def _read(texts: Mapping[str, str], *, of_needs: bool = False) -> list[str]:
    return [
        code
        for scheme, code, sure in reading.suggested_codes(texts, of_needs=of_needs)
        if scheme == TradeCode.Scheme.HS and sure >= OFFERED
    ]


def _stated(row: Row) -> list[str]:
    return [_code(term) for term, sure in row.terms.items() if term.startswith(_HS) and sure >= 1]


def _code(term: str) -> str:
    return term.partition(":")[2]


def _with_code(terms: Mapping[str, float], code: str) -> dict[str, float]:
    """A row's terms with one more code stated; then none is read from its text any more."""
    said = {term: sure for term, sure in terms.items() if sure >= 1 or not term.startswith(_HS)}
    return engine.merged(said, engine.code_terms([f"hs:{code}"]))


def _wanted_by(
    indexes: Sequence[tuple[Index, Any]], own: engine.Company, rows: Sequence[Row]
) -> list[str]:
    """Countries with most matches if this company named none, most first."""
    everywhere = replace(own, wanted=frozenset(), excluded=frozenset())
    found: Counter[int] = Counter()
    for index, here in indexes:
        scores = index.scores_for(everywhere, rows)
        meets = here & ((scores.they_cover > 0) | (scores.you_cover > 0))
        found.update(scores.companies[meets].tolist())
    countries = Company.objects.filter(pk__in=list(found)).values_list("country_id", flat=True)
    return [country for country, _times in Counter(countries).most_common()]


def _limits(own: engine.Company, countries: Sequence[str]) -> Iterator[_Tried]:
    """Each limit of the company's own, relaxed alone."""
    from matching.engine.advice import Change  # see above

    def tried(data: _Data, **limits: Any) -> _Tried:
        return data, Change(company=replace(own, **limits))

    if own.wanted:
        yield tried({"kind": "any_country"}, wanted=frozenset())
        for code in [one for one in countries if one not in own.wanted | own.excluded][:_COUNTRIES]:
            yield tried({"kind": "wanted", "code": code}, wanted=own.wanted | {code})
    for code in sorted(own.excluded)[:_COUNTRIES]:
        yield tried({"kind": "excluded", "code": code}, excluded=own.excluded - {code})
    for code in sorted(own.requires):
        yield tried({"kind": "requires", "code": code}, requires=own.requires - {code})
    if own.sizes:
        yield tried({"kind": "sizes"}, sizes=frozenset())
    if own.avoids_competitors:
        yield tried({"kind": "competitors"}, avoids_competitors=False)
    if not own.interpreter:
        yield tried({"kind": "interpreter"}, interpreter=True)
    if own.languages and "en" not in own.languages:
        yield tried({"kind": "language", "code": "en"}, languages=own.languages | {"en"})


def _targets(rows: Sequence[Row], countries: Sequence[str]) -> Iterator[_Tried]:
    """Countries that an offer or demand does not name."""
    from matching.engine.advice import Change  # see above

    for at, row in enumerate(rows):
        if not row.targets:
            continue
        yield {"kind": "any_target", "row": row.ref}, Change(at, replace(row, targets=frozenset()))
        for code in [one for one in countries if one not in row.targets][:4]:
            changed = replace(row, targets=row.targets | {code})
            yield {"kind": "target", "row": row.ref, "code": code}, Change(at, changed)


def _best(tried: Sequence[_Tried], now: Matches, after: Sequence[Matches]) -> list[_Data]:
    """What brings most, of each HS heading and row only the best."""
    gained = [
        data | {"mutual": then.mutual - now.mutual, "matches": then.all - now.all}
        for (data, _change), then in zip(tried, after, strict=True)
    ]
    ranked = sorted(
        (one for one in gained if one["mutual"] >= 0 and one["matches"] >= 0),
        key=lambda one: (-one["mutual"], -one["matches"], str(one.get("code", ""))),
    )
    kept: dict[tuple[Any, ...], _Data] = {}
    for one in ranked:
        if one["mutual"] or one["matches"]:
            key = (one["kind"], one.get("row"), one.get("code", "")[:4])
            kept.setdefault(key, one)
    return list(kept.values())[:_KEPT]
