"""What is typed about an interest: the three standard questions, a line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.models import Company
from marketplace.services.routing import Route, Ways

LONGEST = 2000
THROUGH, DIRECT = "through", "direct"


class InterestForm(forms.Form):
    """The three standard questions, and the way where there is a choice."""

    cooperation = forms.CharField(
        label=_("What cooperation do you seek?"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("For example: 500 sensors a month, first samples in spring, a long contract."),
    )
    missing = forms.CharField(
        label=_("What do you still need to know?"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Certificates, terms, capacity: they answer before contacts are open."),
    )
    about = forms.CharField(
        label=_("About your company"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4}),
    )
    way = forms.ChoiceField(label=_("How it goes there"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, company: Company, ways: Ways, **kwargs: Any) -> None:
        """``ways``: how ``company`` may send it; with one way nothing is asked."""
        about = company.described_in()[0][:LONGEST]
        kwargs["initial"] = {"about": about, "way": THROUGH}
        super().__init__(*args, **kwargs)
        if about:
            said = gettext("Taken from your profile: shorten it, or add what matters here.")
            self.fields["about"].help_text = said
        if ways.route is None or not ways.direct:
            del self.fields["way"]
            return
        field = self.fields["way"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared so above
        field.choices = [
            (THROUGH, told_route(ways.route)),
            (DIRECT, gettext("Directly, without the support of the chambers")),
        ]

    def answers(self) -> dict[str, Any]:
        """What the service takes; ``direct`` stays open where there was no choice."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "way"}
        way = self.cleaned_data.get("way")
        return {**said, "direct": None if way is None else way == DIRECT}


class LineForm(forms.Form):
    """A line to the other side."""

    text = forms.CharField(max_length=LONGEST, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, label: str, needed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label
        self.fields["text"].required = needed
        self.fields["text"].help_text = gettext(
            "The other side and the chambers on the way read it."
        )


def told_route(route: Route) -> str:
    """The chambers of a way and how long it takes at most: A → B (up to 10 working days)."""
    names = " → ".join(stop.chamber.name for stop in route.stops)
    days = sum(route.days[:-1])
    last = ngettext("up to %(days)d working day", "up to %(days)d working days", days)
    return gettext("Through the chambers: %(names)s (%(days)s)") % {
        "names": names,
        "days": last % {"days": days},
    }
