"""People of the demo world: those who can sign in, and placeholders for everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password

from chambers.models import Representative, Staff, User
from chambers.services import people
from seeds import sources

PASSWORD = "business-market-demo"  # noqa: S105 - printed at start; refused outside of a demo
_LANGUAGES = dict.fromkeys(("RU", "BY", "KZ", "UZ", "AM"), "ru") | {"JP": "ja"}


def operator() -> User:
    """The demo's superuser, in whose name the demo is built."""
    login = next(one for one in sources.document("people")["logins"] if one.get("superuser"))
    return create_login(login)


def create_login(login: dict[str, Any]) -> User:
    """Save a person who can sign in with the demo's password."""
    person = people.create_person(
        login["email"],
        name=login["name"],
        language=login["language"],
        time_zone=login["time_zone"],
    )
    is_superuser = login.get("superuser", False)
    return people.change_person(
        person, password=_hashed(), is_staff=is_superuser, is_superuser=is_superuser
    )


@cache
def _hashed() -> str:
    # Hashing is slow on purpose, and this password is no secret: once is enough.
    return make_password(PASSWORD)


def create_contacts() -> dict[str, list[User]]:
    """Save the placeholder people of each country, who cannot sign in; country code → people."""
    return {
        country: [
            people.create_person(
                f"contact{number}@{country.lower()}.example",
                name=name,
                language=_LANGUAGES.get(country, "en"),
            )
            for number, name in enumerate(names, start=1)
        ]
        for country, names in sources.document("people")["contacts"].items()
    }


def demo_logins() -> Iterator[tuple[str, str, str]]:
    """(e-mail, password, who) of the demo people there are, in the order of the file."""
    wanted = [login["email"] for login in sources.document("people")["logins"]]
    found = User.objects.in_bulk(wanted, field_name="email")
    for email in wanted:
        if email in found:
            yield email, PASSWORD, describe(found[email])


def describe(person: User) -> str:
    """A person's name with all they act for: "Борис, ООО «Ромашка Сенсор» (representative)"."""
    parts = [person.name]
    if person.is_superuser:
        parts.append("superuser")
    roles = Staff.objects.filter(person=person).select_related("chamber").order_by("role", "pk")
    parts += [f"{one.chamber.name_en} ({one.role})" for one in roles]
    represented = Representative.objects.filter(person=person).select_related("company")
    parts += [
        f"{one.company.legal_name} ({one.get_role_display()})" for one in represented.order_by("pk")
    ]
    return ", ".join(parts)
