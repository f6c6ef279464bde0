"""The pages between an account and a company."""

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile

from chambers.models import Company, JoinRequest, Mail, Membership, Representative
from chambers.services import joining
from tests.chambers.pictures import pdf
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    InvitationFactory,
    JoinRequestFactory,
    RepresentativeFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_it_runs(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"


@pytest.fixture
def person(client, user):
    """A signed-in person without a company, whose address is confirmed."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user)
    return user


def member(**fields):
    return CompanyFactory(member=True, indexed=True, **fields)


def find(client, **fields):
    return client.get("/en/join/", {"country": "RU", "number": "", "name": "", **fields})


# ---------------------------------------------------------------- finding and asking
def test_a_person_finds_their_company_by_number_and_asks_to_join(client, person):
    contact = RepresentativeFactory(company=member(registration_number="7701234567"))
    company = contact.company

    shown = find(client, number="7701 234567")
    sent = client.post(
        "/en/join/ask/",
        {"country": "RU", "number": "7701 234567", "name": "", "company": company.public_id,
         "message": "From sales"},
    )  # fmt: skip

    assert company.legal_name in shown.content.decode()
    assert sent["Location"] == "/en/join/"
    asked = JoinRequest.objects.get()
    assert (asked.company, asked.person, asked.message) == (company, person, "From sales")
    assert company.legal_name in client.get("/en/join/").content.decode()
    assert Mail.objects.get().to == contact.person.email


def test_a_company_out_of_the_directory_can_be_asked_but_is_never_named(client, person):
    hidden = member(legal_name="ООО «Тайна»", city="Tver", registration_number="42",
                    is_listed=False)  # fmt: skip
    RepresentativeFactory(company=hidden, role="owner")

    shown = find(client, number="42")
    client.post(
        "/en/join/ask/",
        {"country": "RU", "number": "42", "name": "", "company": hidden.public_id, "message": ""},
    )
    waiting = client.get("/en/join/")

    for page in (shown, waiting):
        assert "Тайна" not in page.content.decode()
        assert "Tver" not in page.content.decode()
    assert JoinRequest.objects.get().company == hidden
    assert "A company with this registration number" in shown.content.decode()


@pytest.mark.parametrize("wrong", [{"number": "43"}, {"country": "JP"}, {"country": "??"}])
def test_only_a_company_that_was_found_can_be_asked(client, person, wrong):
    CountryFactory(code="JP")
    company = member(registration_number="42", is_listed=False)
    form = {"country": "RU", "number": "42", "name": "", "company": company.public_id, **wrong}

    assert client.post("/en/join/ask/", form).status_code == 404
    assert not JoinRequest.objects.exists()


def test_a_refused_request_is_explained_beside_the_company_and_keeps_the_message(client, person):
    company = member(registration_number="42")
    JoinRequestFactory.create_batch(joining.MOST_REQUESTS, person=person)

    answer = client.post(
        "/en/join/ask/",
        {"country": "RU", "number": "42", "name": "", "company": company.public_id,
         "message": "From sales"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert "From sales</textarea>" in answer.content.decode()
    assert "Withdraw a request" in answer.content.decode()


def test_the_search_wants_a_number_or_a_name(client, person):
    CountryFactory()

    answer = find(client)

    assert answer.status_code == 422
    assert list(answer.context["find"].errors) == ["number"]
    assert "Give the number" in answer.content.decode()


def test_a_request_is_taken_back_by_who_sent_it_and_by_nobody_else(client, person):
    mine, other = JoinRequestFactory(person=person), JoinRequestFactory()

    done = client.post(f"/en/join/requests/{mine.public_id}/withdraw/")
    foreign = client.post(f"/en/join/requests/{other.public_id}/withdraw/")

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (done.status_code, foreign.status_code) == (302, 404)
    assert (mine.state, other.state) == ("withdrawn", "pending")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number(
    client, person, count, django_assert_num_queries
):
    CountryFactory()
    for number in range(count):
        company = member(legal_name="ООО «Ромашка»", registration_number=f"7{number}")
        JoinRequestFactory(person=person, company=company)
        InvitationFactory(email=person.email)
    client.get("/en/join/")

    with django_assert_num_queries(15):
        answer = find(client, name="Romashka")

    assert len(answer.context["found"]) == count


# ---------------------------------------------------------------- entering a company
def new(**fields):
    return {
        "legal_name": "ООО «Новая»",
        "legal_name_latin": "",
        "country": "RU",
        "registration_number": "7709",
        "city": "Tver",
        "website": "",
        **fields,
    }


def test_a_company_is_entered_acted_for_and_brought_before_a_chamber(client, person):
    CountryFactory()
    first = RepresentativeFactory(person=person).company

    answer = client.post("/en/join/new/", new())

    company = Company.objects.exclude(pk=first.pk).get()
    assert answer["Location"] == "/en/my/memberships/"
    page = client.get(answer["Location"])
    assert page.wsgi_request.acting.company == company
    assert Representative.objects.get(company=company).role == "owner"


def test_a_name_like_another_is_shown_first_and_kept_as_typed(client, person):
    member(legal_name="Novaya LLC", city="Perm")

    warned = client.post("/en/join/new/", new())
    page = warned.content.decode()
    saved = client.post("/en/join/new/", new(is_new="on"))

    assert warned.status_code == 422
    assert "Novaya LLC" in page
    assert "None of these companies is mine" in page
    assert 'value="7709"' in page
    assert saved.status_code == 302
    assert Company.objects.filter(legal_name="ООО «Новая»").exists()


def test_a_company_found_while_entering_one_can_be_asked_from_there(client, person):
    known = RepresentativeFactory(company=member(legal_name="Novaya LLC"), role="owner").company

    page = client.post("/en/join/new/", new(legal_name="Новая", legal_name_latin="Novaya"))
    typed = page.context["typed"]
    sent = client.post(
        "/en/join/ask/",
        {"country": typed["country"], "number": typed["number"], "name": typed["names"],
         "company": known.public_id, "message": ""},
    )  # fmt: skip

    assert sent.status_code == 302
    assert JoinRequest.objects.get().company == known


def test_a_known_number_is_an_error_of_its_field_and_no_tick_gets_past_it(client, person):
    known = member(registration_number="77-09", is_listed=False, legal_name="ООО «Тайна»")

    answer = client.post("/en/join/new/", new(is_new="on"))

    page = answer.content.decode()
    assert list(answer.context["form"].errors) == ["registration_number"]
    assert str(known.public_id) in page  # it can be asked
    assert "Тайна" not in page
    assert Company.objects.count() == 1


def test_what_was_looked_for_stands_in_the_form_of_the_new_company(client, person):
    CountryFactory()

    found = find(client, number="7709", name="Новая")
    page = client.get(found.context["new"]).content.decode()

    assert "No company like this is here" in found.content.decode()
    assert 'value="7709"' in page
    assert 'value="Новая"' in page


# ---------------------------------------------------------------- memberships
def test_a_company_applies_with_an_extract_and_reads_how_long_it_takes(
    client, person, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    company = RepresentativeFactory(person=person).company
    chamber = ChamberFactory(decision_days=12)

    sent = client.post(
        "/en/my/memberships/",
        {
            "chamber": chamber.public_id,
            "kind": "full",
            "extract": SimpleUploadedFile("extract.pdf", pdf()),
        },
    )
    row = Membership.objects.get(company=company)
    page = client.get("/en/my/memberships/").content.decode()

    assert sent["Location"] == "/en/my/memberships/"
    assert (row.chamber, row.decision, row.extract.company) == (chamber, "pending", company)
    assert "Pending verification" in page
    assert "within 12 days" in page
    assert str(row.extract.public_id) in page


@pytest.mark.parametrize("wrong", ["file", "chamber"])
def test_an_application_with_a_fault_names_the_field_and_changes_nothing(client, person, wrong):
    RepresentativeFactory(person=person)
    chamber = ChamberFactory()

    form = {"chamber": chamber.public_id, "kind": "full"}
    if wrong == "file":
        form["extract"] = SimpleUploadedFile("extract.pdf", b"<html>", "application/pdf")
    else:
        form["chamber"] = ""
    answer = client.post("/en/my/memberships/", form)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["extract" if wrong == "file" else "chamber"]
    assert not Membership.objects.exists()


def test_a_chamber_that_has_the_application_is_not_offered_again(client, person):
    company = RepresentativeFactory(person=person).company
    taken, free = ChamberFactory(), ChamberFactory()
    Membership.objects.create(chamber=taken, company=company)

    form = client.get("/en/my/memberships/").context["form"]

    assert [value for value, _ in form.fields["chamber"].choices] == ["", free.public_id]


def test_the_notes_of_a_chamber_are_read_neither_by_the_company_nor_by_another_chamber(client):
    row = RepresentativeFactory(company__member=True)
    membership = Membership.objects.get()
    Membership.objects.update(notes="Pays late")

    client.force_login(row.person)
    own = client.get("/en/my/memberships/").content.decode()
    other = StaffFactory()
    Membership.objects.create(chamber=other.chamber, company=row.company)
    client.force_login(other.person)
    seen = client.get(f"/admin/chambers/company/{row.company.pk}/change/").content.decode()
    foreign = client.get(f"/admin/chambers/membership/{membership.pk}/change/")
    staff = StaffFactory(chamber=membership.chamber).person
    client.force_login(staff)
    inside = client.get(f"/admin/chambers/membership/{membership.pk}/change/").content.decode()

    assert "Pays late" not in own + seen
    assert foreign.status_code == 404
    assert "Pays late" in inside
