"""Who speaks for a company, and that somebody always decides there."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections

from chambers.models import Mail, Representative
from chambers.services.representatives import change_role, remove_representative
from tests.factories import RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    return RepresentativeFactory()


def colleague(of, role="editor"):
    return RepresentativeFactory(company=of.company, role=role)


def test_a_main_contact_gives_a_colleague_another_role_and_they_are_told(contact):
    other = colleague(contact)

    change_role(other, role="viewer", by=contact.person)

    other.refresh_from_db()
    mail = Mail.objects.get()
    assert (other.role, mail.kind, mail.to) == ("viewer", "role_changed", other.person.email)
    assert "reader" in mail.subject


def test_a_role_that_stays_is_no_news(contact):
    change_role(colleague(contact), role="editor", by=contact.person)

    assert not Mail.objects.exists()


def test_a_colleague_who_is_removed_is_told_and_one_who_leaves_is_told_of(contact):
    removed, leaver = colleague(contact), colleague(contact, "viewer")

    remove_representative(removed, by=contact.person)
    remove_representative(leaver, by=leaver.person)

    assert [(one.kind, one.to) for one in Mail.objects.order_by("pk")] == [
        ("representative_removed", removed.person.email),
        ("representative_left", contact.person.email),
    ]
    assert list(Representative.objects.all()) == [contact]


@pytest.mark.parametrize("what", ["role", "leave"])
def test_the_last_main_contact_stays_until_there_is_another(contact, what):
    second = colleague(contact)

    def go():
        if what == "role":
            change_role(contact, role="viewer", by=contact.person)
        else:
            remove_representative(contact, by=contact.person)

    with pytest.raises(ValidationError) as error:
        go()
    change_role(second, role="owner", by=contact.person)
    go()

    assert error.value.code == "last_main_contact"
    roles = dict(Representative.objects.values_list("person", "role"))
    assert roles.pop(second.person_id) == "owner"
    assert list(roles.values()) == (["viewer"] if what == "role" else [])


@pytest.mark.parametrize("role", ["editor", "viewer", None])
def test_only_main_contacts_decide_about_others(contact, role):
    by = colleague(contact, role).person if role else UserFactory()
    other = colleague(contact)

    with pytest.raises(PermissionDenied):
        change_role(other, role="owner", by=by)
    with pytest.raises(PermissionDenied):
        remove_representative(other, by=by)

    other.refresh_from_db()
    assert other.role == "editor"


def test_a_main_contact_of_one_company_decides_nothing_at_another(contact):
    foreign = RepresentativeFactory(role="editor")

    with pytest.raises(PermissionDenied):
        change_role(foreign, role="viewer", by=contact.person)


@pytest.mark.django_db(transaction=True)
def test_of_two_last_main_contacts_who_leave_at_once_one_stays():
    first = RepresentativeFactory()
    second = RepresentativeFactory(company=first.company)

    def leave(one):
        try:
            remove_representative(one, by=one.person)
        except ValidationError as error:
            return error.code
        finally:
            connections.close_all()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(leave, [first, second]))

    assert answers == ["last_main_contact", "left"]
    assert Representative.objects.filter(role="owner").count() == 1
