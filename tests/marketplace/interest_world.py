"""Two companies of two chambers that have an agreement, and an anonymous offer between them."""

from dataclasses import dataclass

from chambers.models import Agreement, Chamber, Company, User
from marketplace.models import Opportunity
from marketplace.services.interests import express_interest
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    OpportunityFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

# No word of it stands in the text of the offer, nor in a chamber's or a person's name.
SECRETS = ["Ромашка", "РОМАШКА", "Romashka", "ROMASHKA", "romashka", "anna@", "Anna Tsvetkova"]


@dataclass
class World:
    """The asking side is Japanese, the owner's Russian; ``offer`` is anonymous and published."""

    asking: Company
    owner: Company
    keiko: User
    anna: User
    tokyo: Chamber
    moscow: Chamber
    sato: User
    irina: User
    agreement: Agreement
    offer: Opportunity

    def express(self, **fields):
        """Send the interest of the asking company."""
        said = {"cooperation": "500 sensors a month", "about": "We make gauges", **fields}
        return express_interest(self.offer, self.asking, by=self.keiko, **said)


def chamber(name, **fields):
    """(chamber, its manager)."""
    made = ChamberFactory(name_en=name, **fields)
    manager = UserFactory(name=f"Manager of {name}")
    return made, StaffFactory(chamber=made, person=manager).person


def member(name, latin, place, country, *, of, person, email):
    """(company, its main contact)."""
    company = CompanyFactory(
        legal_name=name,
        legal_name_latin=latin,
        country=CountryFactory(code=country, name_en=place),
        member=True,
        membership__chamber=of,
        indexed=True,
    )
    speaker = UserFactory(name=person, email=email)
    return company, RepresentativeFactory(company=company, person=speaker).person


def build(*, anonymous=True, agreed=True):
    """A ``World`` in the database; without ``agreed`` no agreement leads anywhere."""
    tokyo, sato = chamber("Tokyo Chamber")
    moscow, irina = chamber("Moscow Chamber")
    asking, keiko = member(
        "株式会社アサヒ計装", "Asahi Keiso", "Japan", "JP",
        of=tokyo, person="Keiko Mori", email="keiko@asahi.example",
    )  # fmt: skip
    owner, anna = member(
        "ООО «Ромашка Сенсор»", "Romashka Sensor LLC", "Russia", "RU",
        of=moscow, person="Anna Tsvetkova", email="anna@romashka-sensor.example",
    )  # fmt: skip
    agreement = AgreementFactory(first=tokyo, second=moscow, response_days=3) if agreed else None
    offer = OpportunityFactory(
        company=owner,
        published=True,
        is_anonymous=anonymous,
        title={"en": "Pressure sensors for pumps", "ru": "Датчики давления", "ja": "圧力センサー"},
    )
    return World(asking, owner, keiko, anna, tokyo, moscow, sato, irina, agreement, offer)
