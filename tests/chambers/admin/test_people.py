"""Who works for a chamber, speaks for a company and holds a key, as its staff keeps it."""

from django.urls import reverse

from chambers.models import ApiToken, Company, Mail, Representative, Staff, User
from tests import factories
from tests.forms import decide, sent_back


def test_a_manager_appoints_somebody_new_who_is_told(client, manager, chamber):
    client.post(
        reverse("admin:chambers_staff_add"),
        {"chamber": chamber.pk, "email": "New@Example.org", "name": "Newcomer", "role": "viewer"},
    )

    staff = Staff.objects.get(person__email="new@example.org")
    assert (staff.chamber, staff.role) == (chamber, Staff.Role.VIEWER)
    assert (staff.person.is_staff, staff.person.has_usable_password()) == (True, False)
    assert Mail.objects.get(to="new@example.org").kind == "staff_appointed"


def test_nobody_appoints_where_they_do_not_manage(client, manager):
    elsewhere = factories.ChamberFactory()

    sent = client.post(
        reverse("admin:chambers_staff_add"),
        {"chamber": elsewhere.pk, "email": "x@example.org", "name": "X", "role": "manager"},
    )

    assert "chamber" in sent.context["adminform"].form.errors
    assert not User.objects.filter(email="x@example.org").exists()


def test_nobody_changes_or_ends_their_own_role(client, manager, chamber):
    own = manager.staff_roles.get()

    sent = client.post(
        reverse("admin:chambers_staff_change", args=[own.pk]), {"role": Staff.Role.VIEWER}
    )
    decide(client, "chambers_staff", "dismiss", own, decided="1")

    own.refresh_from_db()
    assert "another manager" in str(sent.context["adminform"].form.errors)
    assert own.role == Staff.Role.MANAGER


def test_a_dismissed_colleague_leaves_the_administration(client, manager, chamber):
    colleague = factories.StaffFactory(chamber=chamber)

    decide(client, "chambers_staff", "dismiss", colleague, decided="1")

    person = User.objects.get(pk=colleague.person_id)
    assert (person.is_staff, list(Staff.objects.filter(person=person))) == (False, [])


def test_a_key_is_shown_once_and_ends_by_revoking(client, manager):
    sent = client.post(
        reverse("admin:chambers_apitoken_add"),
        {"name": "Our CRM", "scopes": ["companies:read"], "days": "30"},
    )
    token = ApiToken.objects.get()
    key = sent.context["key"]
    pages = [
        client.get(reverse("admin:chambers_apitoken_changelist")),
        client.get(reverse("admin:chambers_apitoken_change", args=[token.pk])),
    ]

    assert key.encode() in sent.content
    assert not any(key.encode() in page.content for page in pages)
    decide(client, "chambers_apitoken", "revoke", token, decided="1")
    assert not ApiToken.objects.exists()


def test_the_text_of_account_mail_is_shown_to_nobody(client, superuser):
    mail = factories.MailFactory(kind="account", text="https://example.org/reset/secret")

    shown = client.get(reverse("admin:chambers_mail_change", args=[mail.pk]))

    assert b"secret" not in shown.content


def test_a_superuser_creates_a_person_and_makes_them_speak_for_a_company(client, superuser):
    company = factories.CompanyFactory()

    client.post(
        reverse("admin:chambers_user_add"),
        {"email": "anna@example.org", "name": "Anna", "language": "ru", "time_zone": "UTC"},
    )
    anna = User.objects.get(email="anna@example.org")
    address = reverse("admin:chambers_company_change", args=[company.pk])
    typed = sent_back(client.get(address), "company_form")
    client.post(
        address,
        {
            **typed,
            "representatives-TOTAL_FORMS": "1",
            "representatives-0-company": company.pk,
            "representatives-0-person": anna.pk,
            "representatives-0-role": Representative.Role.OWNER,
        },
    )

    assert Company.objects.run_by(anna).get() == company


def test_a_deactivated_person_loses_session_and_tokens(client, superuser, chamber):
    person = factories.StaffFactory(chamber=chamber).person
    factories.token_for(person)
    address = reverse("admin:chambers_user_change", args=[person.pk])

    client.post(address, {"name": person.name, "language": "en", "time_zone": "UTC"})

    assert not ApiToken.objects.exists()
    client.force_login(person)
    assert client.get(reverse("admin:index")).status_code == 302
