"""The shape of what people type on the pages of this app; one module per noun."""

from marketplace.forms.declines import DeclineForm
from marketplace.forms.events import (
    PEOPLE,
    AcceptForm,
    AskForm,
    AvailabilityForm,
    CancelForm,
    ConsentForm,
    FeedForm,
    HandoverForm,
    LinkForm,
    PeopleForms,
    PersonForm,
    RegistrationForm,
    RemovePersonForm,
    TimesForm,
    WithdrawForm,
    people_of,
    told_slots,
)

__all__ = [
    "PEOPLE",
    "AcceptForm",
    "AskForm",
    "AvailabilityForm",
    "CancelForm",
    "ConsentForm",
    "DeclineForm",
    "FeedForm",
    "HandoverForm",
    "LinkForm",
    "PeopleForms",
    "PersonForm",
    "RegistrationForm",
    "RemovePersonForm",
    "TimesForm",
    "WithdrawForm",
    "people_of",
    "told_slots",
]
