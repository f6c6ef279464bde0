"""How we score: the constants of the rules, for programs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Door
from chambers.models import Scope
from matching.engine import Weights
from matching.models import Run
from matching.models.constants import CONSTANTS
from matching.services.weights import weights_in_force


class ConstantOut(serializers.Serializer):
    """One number of the score."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class
    help = serializers.CharField()
    part = serializers.CharField()
    value = serializers.FloatField()


class ScoringOut(serializers.Serializer):
    """The rules of the lists that are shown now; before the first run, those in force."""

    rules = serializers.CharField(help_text=_("Version of the rules."))
    tables = serializers.CharField(
        allow_blank=True,
        help_text=_("Version of the tables of who trades with whom; empty before the first run."),
    )
    constants = ConstantOut(many=True)


class Scoring(Door):
    """What the page "How we score" tells."""

    tag = "suggestions"
    guests_read = True
    read_scope = Scope.SUGGESTIONS_READ

    @extend_schema(summary=_("Read how we score"), responses=ScoringOut)
    def get(self, request: Request) -> Response:
        """The constants with their names and what they do."""
        run = Run.objects.current()
        weights = Weights(**run.weights) if run else weights_in_force()
        told: dict[str, Any] = {
            "rules": weights.version,
            "tables": run.tables if run else "",
            "constants": [
                {
                    "name": one.name,
                    "label": one.label,
                    "help": one.help,
                    "part": one.part,
                    "value": one.of(weights),
                }
                for one in CONSTANTS
            ],
        }
        return Response(ScoringOut(told).data)
