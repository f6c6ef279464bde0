import datetime as dt
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.urls import reverse

from chambers.models import Company, Document, Membership
from chambers.selectors.documents import brochures_of, document_for
from chambers.services.files import (
    MOST_BROCHURES,
    clean_name,
    delete_orphans,
    keep_document,
    remove_document,
)
from tests.chambers.pictures import pdf, picture, upload
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CompanyFactory,
    DocumentFactory,
    MembershipFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

LOGO, BROCHURE = Document.Kind.LOGO, Document.Kind.BROCHURE
PAPERS = [Document.Kind.EXTRACT, Document.Kind.EVIDENCE]


@pytest.fixture
def company(db):
    return CompanyFactory(member=True)


@pytest.fixture
def owner(company):
    return RepresentativeFactory(company=company).person


def test_a_logo_is_kept_as_we_drew_it_and_stands_on_the_company(company, owner):
    logo = keep_document(
        company, kind=LOGO, upload=upload(picture(), "C:\\files\\Our logo.png"), by=owner
    )

    company.refresh_from_db()
    assert company.logo_id == logo.public_id
    assert (logo.name, logo.content_type, logo.uploaded_by) == (
        "Our logo.webp",
        "image/webp",
        owner,
    )
    assert default_storage.size(logo.file.name) == logo.size
    assert str(logo.public_id) in logo.file.name


def test_a_file_whose_work_failed_after_it_was_written_goes_the_next_night(company, owner):
    kept = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)
    with transaction.atomic():
        lost = keep_document(company, kind=BROCHURE, upload=upload(pdf(), "b.pdf"), by=owner)
        transaction.set_rollback(True)
    names = [kept.file.name, lost.file.name]

    assert delete_orphans() == 0  # it could be of work under way
    assert [default_storage.exists(name) for name in names] == [True, True]
    assert delete_orphans(older_than=dt.timedelta(0)) >= 1
    assert [default_storage.exists(name) for name in names] == [True, False]


def test_another_logo_takes_the_place_of_the_first_and_its_file_goes(
    company, owner, django_capture_on_commit_callbacks
):
    first = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)

    with django_capture_on_commit_callbacks(execute=True):
        second = keep_document(
            company, kind=LOGO, upload=upload(picture(color="#b3301d")), by=owner
        )

    company.refresh_from_db()
    assert list(company.documents.all()) == [second]
    assert company.logo_id == second.public_id
    assert not default_storage.exists(first.file.name)
    assert default_storage.exists(second.file.name)


def test_what_is_refused_leaves_the_old_logo_and_no_file(company, owner):
    logo = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)
    kept = set(default_storage.listdir("documents")[0])

    with pytest.raises(ValidationError) as refused:
        keep_document(company, kind=LOGO, upload=upload(pdf(), "logo.png"), by=owner)

    assert refused.value.error_dict["upload"][0].code == "bad_file"
    company.refresh_from_db()
    assert company.logo_id == logo.public_id
    assert set(default_storage.listdir("documents")[0]) == kept


def test_a_logo_can_be_taken_away_again(company, owner, django_capture_on_commit_callbacks):
    logo = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)

    with django_capture_on_commit_callbacks(execute=True):
        remove_document(logo, by=owner)

    company.refresh_from_db()
    assert company.logo_id is None
    assert not default_storage.exists(logo.file.name)


def test_a_company_shows_so_many_brochures_and_no_more(company, owner):
    for number in range(MOST_BROCHURES):
        keep_document(
            company, kind=BROCHURE, upload=upload(pdf(), f"{number}.pdf"), by=owner, language="en"
        )

    with pytest.raises(ValidationError) as refused:
        keep_document(company, kind=BROCHURE, upload=upload(pdf(), "one more.pdf"), by=owner)

    assert refused.value.error_dict["upload"][0].code == "too_many"
    assert [one.name for one in brochures_of(company)] == ["0.pdf", "1.pdf", "2.pdf", "3.pdf",
                                                           "4.pdf", "5.pdf"]  # fmt: skip


def test_only_who_decides_for_the_company_changes_its_files(company, owner):
    brochure = keep_document(company, kind=BROCHURE, upload=upload(pdf()), by=owner)
    reader = RepresentativeFactory(company=company, role="viewer").person

    for person in (reader, RepresentativeFactory().person):
        with pytest.raises(PermissionDenied):
            keep_document(company, kind=LOGO, upload=upload(picture()), by=person)
        with pytest.raises(PermissionDenied):
            remove_document(brochure, by=person)
    assert brochures_of(company) == [brochure]


@pytest.mark.parametrize("kind", PAPERS)
def test_papers_that_a_chamber_decides_upon_are_not_taken_away(company, owner, kind):
    paper = keep_document(company, kind=kind, upload=upload(pdf(), "scan.pdf"), by=owner)

    with pytest.raises(PermissionDenied):
        remove_document(paper, by=owner)
    assert Document.objects.filter(pk=paper.pk).exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Anna\\Выписка 2026.PDF", "Выписка 2026.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ("会社案内.pdf", "会社案内.pdf"),
        ("", "file.pdf"),
        (".pdf", ".pdf.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_a_name_is_for_people_and_leads_nowhere(given, kept):
    assert clean_name(given, "application/pdf") == kept


# ---------------------------------------------------------------- who may open which
def may_open(user, document):
    return document_for(user, document.public_id) == document


@pytest.mark.parametrize("kind", PAPERS)
def test_a_paper_is_opened_by_own_people_and_serving_staff_alone(company, owner, kind):
    paper = DocumentFactory(company=company, kind=kind)
    chamber = company.memberships.get().chamber
    applied = ChamberFactory()
    MembershipFactory(company=company, chamber=applied, applied=True)
    refused = ChamberFactory()
    MembershipFactory(
        company=company, chamber=refused, decision=Membership.Decision.REFUSED,
        reason="no", starts_on=None,
    )  # fmt: skip
    partner = ChamberFactory()
    AgreementFactory(first=chamber, second=partner)

    assert may_open(owner, paper)
    assert may_open(StaffFactory(chamber=chamber).person, paper)
    assert may_open(StaffFactory(chamber=applied).person, paper)
    assert may_open(UserFactory(superuser=True), paper)
    assert not may_open(StaffFactory(chamber=refused).person, paper)
    assert not may_open(StaffFactory(chamber=partner).person, paper)
    assert not may_open(RepresentativeFactory(company__member=True).person, paper)
    assert not may_open(AnonymousUser(), paper)


@pytest.mark.parametrize(
    ("level", "guest", "member"),
    [("public", True, True), ("members", False, True), ("accepted", False, False)],
)
def test_a_brochure_is_opened_by_whom_the_company_shows_it(company, owner, level, guest, member):
    Company.objects.filter(pk=company.pk).update(visibility={"brochures": level})
    brochure = DocumentFactory(company=company)

    assert may_open(AnonymousUser(), brochure) == guest
    assert may_open(RepresentativeFactory(company__member=True).person, brochure) == member
    assert may_open(owner, brochure)


def test_a_company_that_is_not_listed_shows_no_file_to_others(company, owner):
    Company.objects.filter(pk=company.pk).update(is_listed=False)
    logo = DocumentFactory(company=company, kind=LOGO, content_type="image/webp")

    assert may_open(owner, logo)
    assert not may_open(AnonymousUser(), logo)
    assert not may_open(RepresentativeFactory(company__member=True).person, logo)


# ---------------------------------------------------------------- as a browser gets it
def test_a_paper_is_saved_not_shown_and_believed_to_be_what_it_is(client, company, owner):
    paper = keep_document(
        company, kind=BROCHURE, upload=upload(pdf(), "Каталог.html"), by=owner, language="ru"
    )

    response = client.get(reverse("document", args=[paper.public_id]))

    assert b"".join(response.streaming_content) == pdf()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert "%D0%9A" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"


def test_a_logo_is_shown_in_place_and_fetched_once(client, company, owner):
    logo = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)
    address = reverse("document", args=[logo.public_id])

    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    Company.objects.filter(pk=company.pk).update(is_listed=False)
    gone = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert first["Content-Disposition"].startswith("inline")
    assert (first.status_code, again.status_code, gone.status_code) == (200, 304, 404)


def test_a_lost_file_is_not_found_and_breaks_nothing(client, company, owner):
    logo = keep_document(company, kind=LOGO, upload=upload(picture()), by=owner)
    default_storage.delete(logo.file.name)

    assert client.get(reverse("document", args=[logo.public_id])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_logos_at_once_leave_one():
    company = CompanyFactory()
    people = [RepresentativeFactory(company=company).person for _ in range(2)]
    together, failed = Barrier(2), []

    def put(person):
        try:
            together.wait(timeout=60)
            keep_document(company, kind=LOGO, upload=upload(picture()), by=person)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=put, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    company.refresh_from_db()
    assert failed == []
    assert [one.public_id for one in company.documents.all()] == [company.logo_id]


def test_staff_open_the_papers_of_whom_they_serve_from_the_administration(client, company, owner):
    paper = keep_document(company, kind="extract", upload=upload(pdf(), "Выписка.pdf"), by=owner)
    client.force_login(StaffFactory(chamber=company.memberships.get().chamber).person)

    page = client.get(reverse("admin:chambers_company_change", args=[company.pk])).content.decode()

    assert f'<a href="{reverse("document", args=[paper.public_id])}">Выписка.pdf</a>' in page
    assert client.get(reverse("document", args=[paper.public_id])).status_code == 200
