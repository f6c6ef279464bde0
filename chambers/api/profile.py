"""The profile of a company: read from inside, changed by the rules of the page's own form."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, NumberField, TickField
from chambers.api.base import Resource
from chambers.api.companies import AmountField, YearField
from chambers.api.conditions import conditioned
from chambers.api.reference import TextsField, TradeCodePart
from chambers.forms.codes import MOST_CODES
from chambers.forms.profile import LEVELS, LONGEST_TEXT, ProfileForm
from chambers.models import Company, Level, Scope
from chambers.selectors.codes import key_of
from chambers.selectors.completeness import completeness_of
from chambers.services.people import demand_editor
from chambers.services.profiles import PROFILE, change_profile

_LINE = r"^[^\x00\n]{0,300}\Z"
# How the form names the parts of a value that is one object in a body.
_PARTS = {"description": "text", "visibility": "level"}


class MissingOut(serializers.Serializer):
    """Something that the profile should have, and why."""

    key = serializers.CharField()
    name = serializers.CharField()
    why = serializers.CharField()


class CompletenessOut(serializers.Serializer):
    """How many of all things a profile has, and those that it lacks, the weightiest first."""

    done = serializers.IntegerField()
    of = serializers.IntegerField()
    missing = MissingOut(many=True)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string", "enum": list(Level.values)},
    }
)
class LevelsField(serializers.DictField):
    """Who sees each field."""

    child = serializers.ChoiceField(Level.values)


class ProfileOut(serializers.Serializer):
    """All that a company says of itself, and to whom."""

    id = serializers.UUIDField(source="public_id")
    legal_name = serializers.CharField(help_text=_("Changed by its chamber alone, as the next."))
    registration_number = serializers.CharField(allow_blank=True)
    legal_name_latin = serializers.CharField(allow_blank=True)
    city = serializers.CharField(allow_blank=True)
    size = serializers.ChoiceField(Company.Size.values, allow_blank=True)
    founded = YearField()
    languages = serializers.ListField(child=serializers.CharField())
    website = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    turnover = AmountField(max_digits=17, decimal_places=2)
    turnover_currency = serializers.CharField(allow_blank=True, help_text="ISO 4217")
    industry = serializers.CharField(allow_blank=True)
    is_family_business = serializers.BooleanField()
    is_listed = serializers.BooleanField()
    description = TextsField()
    codes = TradeCodePart(many=True)
    visibility = LevelsField(help_text=_("Who sees each field."))
    completeness = CompletenessOut()


def _line(**options: Any) -> LineField:
    return LineField(_LINE, required=False, allow_blank=True, **options)


class ProfileIn(serializers.Serializer):
    """What to change; what is left out stays as it is, text by text and field by field."""

    legal_name_latin = _line()
    city = _line()
    size = serializers.ChoiceField(Company.Size.values, required=False, allow_blank=True)
    founded = NumberField(required=False, allow_null=True)
    languages = serializers.ListField(
        child=LineField(r"^[a-z]{2}\Z"),
        required=False,
        max_length=100,
        help_text=_("Working languages, ISO 639-1."),
    )
    website = _line()
    email = _line()
    phone = _line()
    turnover = LineField(
        r"^(?=.*[1-9])[0-9]{1,15}(\.[0-9]{1,2})?\Z",
        required=False,
        allow_null=True,
        help_text=_("Of a year, as text with a dot; null: not stated."),
    )
    turnover_currency = LineField(
        r"^([A-Z]{3})?\Z", required=False, allow_blank=True, help_text="ISO 4217"
    )
    industry = _line()
    is_family_business = TickField(required=False)
    is_listed = TickField(required=False)
    description = serializers.DictField(
        child=LineField(
            rf"^[^\x00]{{0,{LONGEST_TEXT}}}\Z", allow_blank=True, trim_whitespace=False
        ),
        required=False,
        help_text=_("A text for each language to change; an empty one takes it away."),
    )
    hs = serializers.ListField(
        child=LineField(r"^([0-9]{2}){1,3}\Z"),
        required=False,
        max_length=MOST_CODES,
        help_text=_("Chapters, headings or subheadings of HS 2022."),
    )
    nace = serializers.ListField(
        child=LineField(r"^([A-U]|[0-9]{2})\Z"),
        required=False,
        max_length=MOST_CODES,
        help_text=_("Sections or divisions of NACE Rev. 2."),
    )
    visibility = LevelsField(
        required=False,
        help_text=_("Who sees each field: %(fields)s.") % {"fields": ", ".join(LEVELS)},
    )


class CompanyProfile(Resource):
    """The profile of a company that one speaks for or whose chamber one works for."""

    queryset = Company.objects.none()
    tag = "companies"
    read_scope = Scope.COMPANIES_READ
    write_scope = Scope.PROFILE_WRITE

    @extend_schema(summary=_("Read the profile of a company from inside"), responses=ProfileOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """All of it, with who sees which field and what it still lacks."""
        return Response(_told(conditioned(request, public_id)))

    @extend_schema(
        summary=_("Change the profile of a company"), request=ProfileIn, responses=ProfileOut
    )
    def change(self, request: Request, public_id: Any) -> Response:
        """Change what is given; search and suggestions follow."""
        company, person = conditioned(request, public_id), self.person(request)
        demand_editor(person, company)
        form = _form(company, self.sent(request, ProfileIn))
        if not form.is_valid():
            raise ValidationError(_faults(form))
        return Response(_told(change_profile(company, by=person, **form.changes())))


def _told(company: Company) -> Any:
    answer = {name: getattr(company, name) for name in PROFILE}
    answer |= {
        "public_id": company.public_id,
        "legal_name": company.legal_name,
        "registration_number": company.registration_number,
        "description": company.description,
        "codes": list(company.codes.all()),
        "visibility": {name: company.level_of(name) for name in LEVELS},
        "completeness": completeness_of(company),
    }
    return ProfileOut(answer).data


def _form(company: Company, sent: dict[str, Any]) -> ProfileForm:
    """The form of the page with what it shows, but for what was ``sent``.

    Raises ValidationError ``no_language`` for a text in a language that it has no field for.
    """
    shown = ProfileForm(company=company)
    data = {name: shown.get_initial_for_field(field, name) for name, field in shown.fields.items()}
    codes = data["codes"]
    data["codes"] = [key_of(one) for one in codes if one.scheme not in sent]
    for scheme in ("hs", "nace"):
        data["codes"] += [f"{scheme}:{code}" for code in sent.pop(scheme, ())]
    for name, part in _PARTS.items():
        for key, value in sent.pop(name, {}).items():
            if f"{part}_{key}" not in data:
                raise ValidationError({f"{name}.{key}": _strange(name)})
            data[f"{part}_{key}"] = value
    return ProfileForm({**data, **sent}, company=company)


def _strange(name: str) -> ValidationError:
    if name == "visibility":
        return ValidationError(gettext("There is no such field."), code="unknown_field")
    said = gettext("State this language among the working languages first, then its text.")
    return ValidationError(said, code="no_language")


def _faults(form: ProfileForm) -> dict[str, Any]:
    """What the form refuses, by the names of the body."""
    named = {part: name for name, part in _PARTS.items()}
    found: dict[str, Any] = {}
    for field, faults in form.errors.as_data().items():
        part, _sign, key = field.partition("_")
        name = f"{named[part]}.{key}" if part in named else field
        found["hs" if name == "codes" else name] = faults
    return found
