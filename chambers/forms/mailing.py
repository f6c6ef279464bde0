"""Which mails a person gets, and how soon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chambers.models import Delivery, MailChoice, Topic
from chambers.services.topics import deliveries_for


class MailChoicesForm(forms.Form):
    """One field for each topic, and whether mails quote what others write."""

    with_text = forms.BooleanField(
        label=_("Quote the text of new messages in mails"),
        required=False,
        help_text=_("Without it a mail says who wrote, and you read the message here."),
    )

    def __init__(self, choices: dict[Topic, MailChoice], *args: Any, **kwargs: Any) -> None:
        """Show what was chosen so far."""
        super().__init__(*args, **kwargs)
        self.topics = list(choices)
        for topic, choice in choices.items():
            self.fields[topic.value] = forms.ChoiceField(
                label=topic.label,
                choices=[(one.value, one.label) for one in deliveries_for(topic)],
                initial=choice.delivery,
            )
        self.fields["with_text"].initial = choices[Topic.MESSAGES].with_text
        self.order_fields([*(topic.value for topic in self.topics), "with_text"])

    def chosen(self) -> Iterator[tuple[Topic, Delivery]]:
        """What was chosen for each topic."""
        for topic in self.topics:
            yield topic, Delivery(self.cleaned_data[topic.value])
