"""Which mails one gets, and how soon."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Resource
from chambers.models import ALWAYS, Delivery, MailChoice, Topic
from chambers.services.topics import choices_of, choose_delivery, deliveries_for

_CHOSEN = [one.value for one in Topic if one not in ALWAYS]


class MailChoiceOut(serializers.Serializer):
    """How soon mails of a topic come."""

    topic = serializers.ChoiceField(_CHOSEN)
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class
    delivery = serializers.ChoiceField(Delivery.values)
    deliveries = serializers.ListField(
        child=serializers.ChoiceField(Delivery.values),
        help_text=_("What may be chosen for this topic."),
    )


class MailChoicesOut(serializers.Serializer):
    """All topics that one may choose for."""

    choices = MailChoiceOut(many=True)


class MailChoiceIn(serializers.Serializer):
    """Another choice for one topic."""

    topic = serializers.ChoiceField(_CHOSEN)
    delivery = serializers.ChoiceField(Delivery.values)


class MailChoices(Resource):
    """One's own mails, by topic. A token reads the choices; a person makes them."""

    queryset = MailChoice.objects.none()
    tag = "account"
    session_actions = ("change",)
    private = True

    @extend_schema(summary=_("Read which mails you get"), responses=MailChoicesOut)
    def retrieve(self, request: Request) -> Response:
        """All topics that one may choose for; mails of the others always come at once."""
        return Response(self._told(request))

    @extend_schema(
        summary=_("Choose how soon you get the mails of a topic"),
        request=MailChoiceIn,
        responses=MailChoicesOut,
    )
    def change(self, request: Request) -> Response:
        """Want the mails of a topic at once, once a day or never."""
        person, asked = self.person(request), self.sent(request, MailChoiceIn)
        topic, delivery = Topic(asked["topic"]), Delivery(asked["delivery"])
        if topic not in choices_of(person):
            refused = gettext("This topic is not for you to choose.")
            raise ValidationError({"topic": ValidationError(refused, "not_for_topic")})
        if delivery not in (possible := deliveries_for(topic)):
            refused = gettext("Mails of this topic cannot come so. Choose one of these: %(those)s.")
            refused %= {"those": ", ".join(possible)}
            raise ValidationError({"delivery": ValidationError(refused, "not_for_topic")})
        choose_delivery(person, topic, delivery)
        return Response(self._told(request))

    def _told(self, request: Request) -> Any:
        rows = [
            {
                "topic": topic.value,
                "label": str(topic.label),
                "delivery": choice.delivery,
                "deliveries": [one.value for one in deliveries_for(topic)],
            }
            for topic, choice in choices_of(self.person(request)).items()
        ]
        return MailChoicesOut({"choices": rows}).data
