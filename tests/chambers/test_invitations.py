"""Whom a company invites, and who may take that up."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.models import Invitation, Mail, Representative, User
from chambers.selectors.joining import invitations_to
from chambers.services import joining
from chambers.services.representatives import change_role, remove_representative
from tests.factories import (
    InvitationFactory,
    JoinRequestFactory,
    RepresentativeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def confirmed(**fields):
    person = UserFactory(**fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def codes(error):
    return [one.code for one in error.value.error_list] if hasattr(error.value, "error_list") else [
        one.code for ones in error.value.error_dict.values() for one in ones
    ]  # fmt: skip


def invite(contact, email="new@example.org", role="editor"):
    return joining.invite_person(contact.company, email=email, role=role, by=contact.person)


def test_an_invitation_saves_nobody_and_its_mail_brings_the_link():
    contact = RepresentativeFactory()
    people = User.objects.count()

    made = invite(contact, "New@Example.org ")

    mail = Mail.objects.get()
    assert User.objects.count() == people
    assert (mail.to, mail.kind, mail.chamber) == ("new@example.org", "invited", None)
    assert f"/en/invite/{joining.secret_of(made)}/" in mail.text
    assert joining.invitation_of(joining.secret_of(made)) == made


def test_a_known_reader_is_invited_in_their_language_and_finds_it_under_their_address():
    contact, known = RepresentativeFactory(), confirmed(language="ja")

    made = invite(contact, known.email.upper())

    assert Mail.objects.get().language == "ja"
    assert list(invitations_to(known)) == [made]
    assert list(invitations_to(confirmed())) == []


def test_accepting_gives_the_role_tells_the_inviter_and_settles_an_own_request():
    contact, person = RepresentativeFactory(), confirmed()
    asked = JoinRequestFactory(company=contact.company, person=person)
    made = invite(contact, person.email, "viewer")

    joining.accept_invitation(made, by=person)

    asked.refresh_from_db()
    made.refresh_from_db()
    assert Representative.objects.get(person=person).role == "viewer"
    assert (made.state, made.accepted_by, asked.state) == ("accepted", person, "accepted")
    assert Mail.objects.filter(kind="invitation_accepted", to=contact.person.email).count() == 1


def test_only_who_confirmed_the_address_accepts():
    contact, person = RepresentativeFactory(), UserFactory()
    EmailAddress.objects.create(user=person, email="new@example.org", verified=False)
    made = invite(contact)

    with pytest.raises(PermissionDenied):
        joining.accept_invitation(made, by=person)

    assert not Representative.objects.filter(person=person).exists()


@pytest.mark.parametrize("state", ["accepted", "withdrawn", "old"])
def test_an_invitation_that_is_answered_taken_back_or_too_old_opens_nothing(state):
    person = confirmed()
    past = timezone.now() - dt.timedelta(days=20)
    fields = {"sent_at": past, "expires_at": past + joining.INVITED_FOR}
    made = InvitationFactory(email=person.email, **(fields if state == "old" else {"state": state}))

    with pytest.raises(ValidationError) as error:
        joining.accept_invitation(made, by=person)

    assert codes(error) == ["invitation_gone"]
    assert not Representative.objects.filter(person=person).exists()


def test_inviting_again_sends_the_same_invitation_anew_but_not_at_once():
    contact = RepresentativeFactory()
    first = invite(contact)

    with pytest.raises(ValidationError) as error:
        invite(contact)
    Invitation.objects.update(sent_at=timezone.now() - joining.ANEW_AFTER)
    again = invite(contact, role="viewer")

    assert codes(error) == ["already_invited"]
    assert (again.pk, again.role) == (first.pk, "viewer")
    assert Mail.objects.filter(kind="invited").count() == 2


def test_a_company_invites_only_so_many_a_day_even_when_it_takes_them_back(monkeypatch):
    contact = RepresentativeFactory()
    monkeypatch.setattr(joining, "MOST_UNKNOWN_INVITATIONS", 2)
    for number in range(2):
        joining.withdraw_invitation(invite(contact, f"{number}@example.org"), by=contact.person)

    with pytest.raises(ValidationError) as error:
        invite(contact)

    assert codes(error) == ["too_many_invitations"]


@pytest.mark.parametrize("what", ["removed", "role"])
def test_what_a_main_contact_of_before_has_invited_opens_nothing(what):
    contact = RepresentativeFactory()
    other = RepresentativeFactory(company=contact.company, role="owner")
    private, theirs = confirmed(), confirmed()
    made = invite(contact, private.email, "owner")
    kept = invite(other, theirs.email)

    if what == "removed":
        remove_representative(contact, by=other.person)
    else:
        change_role(contact, role="editor", by=other.person)

    with pytest.raises(ValidationError) as error:
        joining.accept_invitation(made, by=private)
    assert codes(error) == ["invitation_gone"]
    assert joining.accept_invitation(kept, by=theirs).role == "editor"


def test_an_address_is_mailed_once_a_day_even_when_its_invitation_is_taken_back():
    contact = RepresentativeFactory()
    first = invite(contact)
    Invitation.objects.update(sent_at=timezone.now() - dt.timedelta(hours=23))

    with pytest.raises(ValidationError) as sent_anew:
        invite(contact)
    joining.withdraw_invitation(first, by=contact.person)
    with pytest.raises(ValidationError) as taken_back:
        invite(contact)

    assert codes(sent_anew) == codes(taken_back) == ["already_invited"]
    assert Mail.objects.filter(kind="invited").count() == 1


def test_a_company_that_no_chamber_knows_invites_few(monkeypatch):
    monkeypatch.setattr(joining, "MOST_UNKNOWN_INVITATIONS", 1)
    stranger, member = RepresentativeFactory(), RepresentativeFactory(company__member=True)
    for contact in (stranger, member):
        invite(contact)

    with pytest.raises(ValidationError) as error:
        invite(stranger, "second@example.org")
    invite(member, "second@example.org")

    assert codes(error) == ["too_many_invitations"]


def test_colleagues_are_not_invited_and_only_main_contacts_invite_and_take_back():
    contact, colleague = RepresentativeFactory(), confirmed()
    RepresentativeFactory(company=contact.company, person=colleague, role="editor")
    made = invite(contact)

    with pytest.raises(ValidationError) as error:
        invite(contact, colleague.email)
    with pytest.raises(PermissionDenied):
        joining.invite_person(contact.company, email="x@example.org", role="viewer", by=colleague)
    with pytest.raises(PermissionDenied):
        joining.withdraw_invitation(made, by=colleague)

    assert codes(error) == ["already_representative"]
    assert Invitation.objects.get().state == "pending"


@pytest.mark.parametrize("secret", ["", "nonsense", "IjAxOTJlIg:1abc:def"])
def test_a_link_that_we_did_not_sign_names_no_invitation(secret):
    InvitationFactory()

    assert joining.invitation_of(secret) is None
