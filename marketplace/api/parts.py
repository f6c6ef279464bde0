"""The small parts that answers about events are made of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from chambers.api.account import LineField
from chambers.api.companies import CompanyPart
from chambers.api.reference import NamePart, TextsField
from marketplace.models import DeclineReason, Event, Participant, Registration, Session, Slot


class EventPart(serializers.Serializer):
    """An event by its id and its name in each language."""

    id = serializers.UUIDField(source="public_id")
    name = TextsField()


class NamedPart(serializers.Serializer):
    """A group or delegation of an event by its id and its name in each language."""

    id = serializers.UUIDField(source="public_id")
    name = TextsField()


class SlotPart(serializers.Serializer):
    """A time in which meetings may be."""

    id = serializers.UUIDField(source="public_id")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class TablePart(serializers.Serializer):
    """Where people meet."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.IntegerField()
    hall = serializers.CharField(source="hall.name", default="", allow_blank=True)
    has_screen = serializers.BooleanField()


class SessionPart(serializers.Serializer):
    """A part of the programme."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(Session.Kind.values)
    kind_label = serializers.CharField(source="get_kind_display")
    title = TextsField()
    chair = serializers.CharField(allow_blank=True)
    hall = serializers.CharField(source="hall.name", default="", allow_blank=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class SidePart(serializers.Serializer):
    """A company at an event: ``id`` is that of its registration."""

    id = serializers.UUIDField(source="public_id")
    company = CompanyPart()


class PersonPart(serializers.Serializer):
    """Somebody whom a company sends."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    position = serializers.CharField(allow_blank=True)
    presence = serializers.ChoiceField(Participant.Presence.values)
    presence_label = serializers.CharField(source="get_presence_display")


class AttenderPart(PersonPart):
    """Somebody who meets, with the company they come from."""

    side = SidePart(source="registration")


class StagePart(serializers.Serializer):
    """A stage of the process line and when it begins; null where no date is set."""

    stage = serializers.ChoiceField(Event.Stage.values)
    stage_label = serializers.CharField()
    begins_at = serializers.DateTimeField(allow_null=True)


class DelegationPart(NamedPart):
    """Companies that a chamber brings."""

    chamber = NamePart()
    leader = serializers.CharField(allow_blank=True)


class GuestOut(SidePart):
    """A company that takes part and agreed that others read so."""

    group = NamedPart(allow_null=True)
    delegation = NamedPart(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), source="speaks")
    people = serializers.SerializerMethodField()

    @extend_schema_field(PersonPart(many=True))
    def get_people(self, one: Registration) -> list[dict[str, str]]:
        """Whom it sends; nobody where it is listed without contact."""
        if one.consent != Registration.Consent.LISTED_WITH_CONTACT:
            return []
        return list(PersonPart(one.participants.all(), many=True).data)


class WordsField(LineField):
    """Text of any number of lines that may be empty; left out it is empty."""

    def __init__(self, **options: Any) -> None:
        options = {"required": False, "default": "", "allow_blank": True, **options}
        super().__init__(r"^[^\x00]{0,2000}\Z", trim_whitespace=False, **options)


class RefusalIn(serializers.Serializer):
    """Why not; the other side reads the wording in its own language, and the words."""

    reason_code = serializers.ChoiceField(
        DeclineReason.values,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy(
            "Left out: `other` where `reason` has words, which `other` needs. `time` is for"
            " meetings; `nobody` and `rules` for chambers, which do not say `field`, `capacity` or"
            " `partner`; `unclear` for interests."
        ),
    )
    reason = WordsField()


class AmountField(LineField):
    """An amount above zero as text with a dot: numbers of JSON are not exact.

    ``whole``: how many digits it has before the dot at most; there are up to two after it.
    """

    default_error_messages = {"invalid": gettext_lazy("Give an amount above zero.")}

    def __init__(self, whole: int, **options: Any) -> None:
        pattern = rf"^(?=.*[1-9])[0-9]{{1,{whole}}}(\.[0-9]{{1,2}})?\Z"
        super().__init__(pattern, trim_whitespace=False, **options)

    def run_validation(self, data: Any = empty) -> Any:
        """The exact amount, of text that fits the pattern."""
        found = super().run_validation(data)
        return Decimal(found) if isinstance(found, str) else found


class SlotsField(serializers.ListField):
    """Slots of an event by their ids."""

    child = serializers.UUIDField()

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 500, **options})


def slots_of(event: Event, wanted: Iterable[Any], name: str) -> list[Slot]:
    """The slots with these ids; ``name`` is the field that named them.

    Raises ValidationError ``other_event`` for one that the event does not have.
    """
    keys = set(wanted)
    found = list(Slot.objects.filter(event=event, public_id__in=keys))
    if len(found) < len(keys):
        error = ValidationError(_("This event has no such slot."), code="other_event")
        raise ValidationError({name: error})
    return found
