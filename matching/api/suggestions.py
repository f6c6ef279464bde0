"""Suggested partners, to read with their reasons; matching runs, to start, watch and stop."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Resource
from chambers.api.companies import CompanyPart
from chambers.models import Company, Scope, TradeCode
from chambers.services.companies import CODES_AT_ONCE, state_codes
from matching.engine import Against, Band
from matching.engine.explain import Close
from matching.models import Dismissal, Run
from matching.selectors import Reason, Suggestion, suggestions_for
from matching.selectors.advice import tips
from matching.selectors.codes import codes_spoken_of
from matching.selectors.triads import proposals_for
from matching.services.advice import ask_for_advice
from matching.services.runs import start_run, stop_run


class RunPart(serializers.Serializer):
    """Which run a list comes from."""

    id = serializers.UUIDField(source="public_id")
    rules = serializers.CharField(help_text=_("Version of the rules."))
    tables = serializers.CharField(help_text=_("Version of the tables of who trades with whom."))
    finished_at = serializers.DateTimeField(allow_null=True)


class RunOut(RunPart):
    """A matching run with how far it is."""

    state = serializers.ChoiceField(Run.State.values)
    state_label = serializers.CharField(source="get_state_display")
    stage = serializers.ChoiceField(Run.Stage.values)
    stage_label = serializers.CharField(
        source="stage_told", allow_blank=True, help_text=_("Empty once it is done.")
    )
    percent = serializers.IntegerField(min_value=0, max_value=100)
    is_current = serializers.BooleanField(help_text=_("Its lists are the ones shown now."))
    companies = serializers.IntegerField()
    served = serializers.IntegerField(help_text=_("Companies with at least one partner."))
    pairs = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    snapshot_at = serializers.DateTimeField(allow_null=True)


class Runs(Resource):
    """Matching runs: a matter of chamber staff."""

    queryset = Run.objects.none()
    tag = "runs"
    read_scope = Scope.RUNS_READ
    write_scope = Scope.RUNS_WRITE
    newest_first = True

    @extend_schema(summary=_("List matching runs"), responses=RunOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of runs, newest first."""
        page = self.page(request, Run.objects.visible_to(request.user))
        return self.pages(RunOut(page, many=True).data)

    @extend_schema(summary=_("Watch a matching run"), responses=RunOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One run with its progress."""
        run = get_object_or_404(Run.objects.visible_to(request.user), public_id=public_id)
        return Response(RunOut(run).data)

    @extend_schema(summary=_("Start a matching run"), request=None, responses={202: RunOut})
    def create(self, request: Request) -> Response:
        """A new run; workers do it, its address tells how far they are."""
        run = start_run(by=self.person(request))
        address = self.reverse_action("detail", [run.public_id])
        return Response(RunOut(run).data, status=202, headers={"Location": address})

    @extend_schema(summary=_("Stop a matching run"), request=None, responses={202: RunOut})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, public_id: Any) -> Response:
        """Stop it; the lists shown stay as they are."""
        run = get_object_or_404(Run.objects.visible_to(request.user), public_id=public_id)
        return Response(RunOut(stop_run(run, by=self.person(request))).data, status=202)


class ReasonOut(serializers.Serializer):
    """One thing that matched: a trade code, or a word as each side wrote it."""

    kind = serializers.ChoiceField(["code", "word"])
    code = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # the framework takes fields out of the class
    need_word = serializers.CharField(allow_blank=True)
    answer_word = serializers.CharField(allow_blank=True)
    tenths = serializers.IntegerField(min_value=0, max_value=10)
    need = serializers.CharField(
        source="need.reference",
        required=False,
        help_text=_("The request that asks for it; absent where the profile does."),
    )
    answer = serializers.CharField(
        source="answer.reference",
        required=False,
        help_text=_("The offer that answers it; absent where the profile does."),
    )

    def to_representation(self, instance: Reason) -> dict[str, Any]:
        """The fields above at once: a list has a hundred reasons."""
        named = ("kind", "code", "label", "need_word", "answer_word", "tenths")
        told = {name: getattr(instance, name) for name in named}
        sides = {"need": instance.need, "answer": instance.answer}
        return told | {name: side.reference for name, side in sides.items() if side is not None}


class WayOut(serializers.Serializer):
    """One direction of a match: how much of the need is covered, 0 to 10, and why."""

    tenths = serializers.IntegerField(min_value=0, max_value=10)
    reasons = ReasonOut(many=True)
    more = serializers.IntegerField(help_text=_("Further reasons that are not listed."))


class AgainstOut(serializers.Serializer):
    """What speaks against a match."""

    code = serializers.ChoiceField([one.value for one in Against])
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class


class CloseOut(serializers.Serializer):
    """A limit of the company's own that a match only just keeps."""

    code = serializers.ChoiceField([one.value for one in Close])
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class


class DismissalOut(serializers.Serializer):
    """Why the company marked this partner as not relevant."""

    reason = serializers.ChoiceField(Dismissal.Reason.values)
    reason_label = serializers.CharField(source="get_reason_display")
    at = serializers.DateTimeField()


class SuggestionOut(serializers.Serializer):
    """A partner with what speaks for and against, from both sides."""

    partner = CompanyPart()
    band = serializers.ChoiceField([one.value for one in Band])
    band_label = serializers.CharField(source="band_name")
    mutual = serializers.IntegerField(source="tenths", min_value=0, max_value=10)
    they_cover = WayOut(help_text=_("What they bring of what you seek."))
    you_cover = WayOut(help_text=_("What you bring of what they seek."))
    shared = WayOut(help_text=_("What both work on."))
    against = serializers.SerializerMethodField()
    close = serializers.SerializerMethodField(help_text=_("Limits that the pair only just keeps."))
    is_usual = serializers.BooleanField(
        help_text=_("Companies of these trades often work together; never a reason by itself.")
    )
    dismissal = DismissalOut(allow_null=True)

    @extend_schema_field(AgainstOut(many=True))
    def get_against(self, one: Suggestion) -> list[dict[str, str]]:
        """Each with its code and in the reader's language."""
        return [
            {"code": code, "label": label}
            for code, label in zip(one.against_codes, one.against, strict=True)
        ]

    @extend_schema_field(CloseOut(many=True))
    def get_close(self, one: Suggestion) -> list[dict[str, str]]:
        """Each with its code and in the reader's language."""
        return [
            {"code": code, "label": label}
            for code, label in zip(one.close_codes, one.close, strict=True)
        ]


class SuggestionsOut(serializers.Serializer):
    """A company's whole list: at most 20 partners, and those it marked as not relevant."""

    company = CompanyPart()
    run = RunPart(allow_null=True)
    computed_at = serializers.DateTimeField(
        allow_null=True,
        help_text=_("The end of the run, or the latest change that the list has followed since."),
    )
    results = SuggestionOut(many=True, source="shown")
    dismissed = SuggestionOut(many=True)
    met = serializers.IntegerField(
        help_text=_("Partners that it has met before; left out unless asked for.")
    )


class SuggestionsQuery(serializers.Serializer):
    """Which of the list."""

    with_met = serializers.BooleanField(
        required=False, help_text=_("Also partners that the company has met before.")
    )


class CompanySuggestions(Resource):
    """The partners suggested to a company that one speaks for or whose chamber one works for."""

    queryset = Company.objects.none()
    tag = "suggestions"
    read_scope = Scope.SUGGESTIONS_READ
    queries = {"retrieve": SuggestionsQuery}

    @extend_schema(
        summary=_("Read the partners suggested to a company"),
        parameters=[SuggestionsQuery],
        responses=SuggestionsOut,
    )
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """The list with its reasons; of a stranger's company there is none."""
        company = looked_after(request, public_id)
        asked = self.asked(request)
        found = suggestions_for(company, request.user, with_met=asked.get("with_met", False))
        return Response(SuggestionsOut(found).data)


def looked_after(request: Request, public_id: Any) -> Company:
    """A company one speaks for or whose chamber one works for; 404 for any other."""
    own = Company.objects.run_by(request.user)
    rows = own | Company.objects.members_served_by(request.user)
    found: Company = get_object_or_404(rows.select_related("country"), public_id=public_id)
    return found


class TipOut(serializers.Serializer):
    """One change and what it brings: exactly so many more, if nothing else changes."""

    kind = serializers.CharField()
    text = serializers.CharField()
    mutual = serializers.IntegerField(help_text=_("More companies where each covers a need."))
    matches = serializers.IntegerField(
        help_text=_("More companies where a need is met either way.")
    )
    code = serializers.CharField(
        allow_blank=True, help_text=_("An HS code that the company may add to its own.")
    )


class AdviceOut(serializers.Serializer):
    """What would bring a company more partners."""

    is_ready = serializers.BooleanField(
        help_text=_("Otherwise it is being worked out: ask again in a minute.")
    )
    worked_out_at = serializers.DateTimeField(allow_null=True)
    mutual = serializers.IntegerField(allow_null=True, help_text=_("Mutual matches now."))
    matches = serializers.IntegerField(allow_null=True, help_text=_("Matches in all now."))
    tips = TipOut(many=True)


class CompanyAdvice(Resource):
    """What a company could change, one thing at a time."""

    queryset = Company.objects.none()
    tag = "suggestions"
    read_scope = Scope.SUGGESTIONS_READ

    @extend_schema(summary=_("Read what would bring a company more partners"), responses=AdviceOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """The best changes of at most 200 tried; reading has them worked out where they are not."""
        advice = ask_for_advice(looked_after(request, public_id))
        data = {
            "is_ready": advice is not None,
            "worked_out_at": advice.worked_out_at if advice else None,
            "mutual": advice.mutual if advice else None,
            "matches": advice.matches if advice else None,
            "tips": tips(advice) if advice else [],
        }
        return Response(AdviceOut(data).data)


class CodeOut(serializers.Serializer):
    """A trade code with its label."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class


class SpokenOfOut(serializers.Serializer):
    """A code that a text speaks of and its company does not state."""

    scheme = serializers.ChoiceField(TradeCode.Scheme.values, source="code.scheme")
    code = serializers.CharField(source="code.code")
    label = serializers.CharField(source="code.label")  # type: ignore[assignment]  # the framework takes fields out of the class
    tenths = serializers.IntegerField(
        min_value=0,
        max_value=10,
        help_text=_("Right for at least so many of ten texts that read so."),
    )
    counts = serializers.BooleanField(
        help_text=_("Counts in matching already, for less than a code that is stated.")
    )


class SuggestedCodesOut(serializers.Serializer):
    """All that are sure enough to be shown, surest first."""

    results = SpokenOfOut(many=True)


class CodesIn(serializers.Serializer):
    """Codes to state beside those stated already."""

    codes = serializers.ListField(
        child=serializers.RegexField(r"^(hs:[0-9]{2,6}|nace:([A-U]|[0-9]{2}))\Z"),
        min_length=1,
        max_length=CODES_AT_ONCE,
        help_text=_("Such as hs:8413 or nace:28."),
    )


class CompanySuggestedCodes(Resource):
    """Codes that a company's description speaks of, and stating them."""

    queryset = Company.objects.none()
    tag = "companies"
    read_scope = Scope.COMPANIES_READ
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(
        summary=_("Read the codes that the text of a company speaks of"),
        responses=SuggestedCodesOut,
    )
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """None where nothing is sure enough."""
        return self._told(looked_after(request, public_id))

    @extend_schema(
        summary=_("State trade codes of a company"), request=CodesIn, responses=SuggestedCodesOut
    )
    def state(self, request: Request, public_id: Any) -> Response:
        """Add codes to those stated; what else its text speaks of is left. Suggestions follow."""
        company = looked_after(request, public_id)
        asked = self.sent(request, CodesIn)
        state_codes(company, asked["codes"], by=self.person(request))
        return self._told(company)

    def _told(self, company: Company) -> Response:
        return Response(SuggestedCodesOut({"results": codes_spoken_of(company)}).data)


class PartOut(serializers.Serializer):
    """A supplier in a proposal, and the parts of the demand that it covers."""

    company = CompanyPart()
    codes = CodeOut(many=True)


class ProposalOut(serializers.Serializer):
    """Two suppliers of different countries that together cover a demand of a third company."""

    id = serializers.UUIDField(source="triad.public_id")
    seeker = CompanyPart()
    demand = serializers.CharField(source="demand.reference")
    parts = PartOut(many=True)


class ProposalsOut(serializers.Serializer):
    """Open proposals, best first."""

    results = ProposalOut(many=True)


class CompanyTriads(Resource):
    """Proposals of three in which a company has a part."""

    queryset = Company.objects.none()
    tag = "suggestions"
    read_scope = Scope.SUGGESTIONS_READ

    @extend_schema(summary=_("Read proposals of three"), responses=ProposalsOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """What one seeks and nobody offers alone, two cover together."""
        company = looked_after(request, public_id)
        return Response(ProposalsOut({"results": proposals_for(company, request.user)}).data)
