"""From a new account to a company, in a real browser, without scripts, on a phone, in Russian."""

import re

import pytest
from playwright.sync_api import expect

from chambers.models import Mail, Representative
from tests.factories import PASSWORD, CompanyFactory, RepresentativeFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_signs_up_finds_the_company_asks_and_acts_for_it(tab, settings):
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"
    settings.ACCOUNT_RATE_LIMITS = False
    company = CompanyFactory(
        member=True, indexed=True, legal_name="ООО «Ромашка»", registration_number="7701234567"
    )
    anna = RepresentativeFactory(company=company).person
    phone = {"viewport": {"width": 390, "height": 800}, "java_script_enabled": False}
    boris, contact = tab(**phone), tab(reader=anna, **phone)

    boris.go("/ru/accounts/signup/")
    boris.page.fill("[name=name]", "Борис Лепестков")
    boris.page.fill("[name=email]", "boris@romashka.example")
    boris.page.fill("[name=password1]", PASSWORD)
    with boris.page.expect_navigation():
        boris.page.click("main form button[type=submit]")
    link = re.search(r"https?://[^/\s]+(/\S+)", Mail.objects.get().text)[1]
    boris.go(link)
    with boris.page.expect_navigation():
        boris.page.click("main form button[type=submit]")
    assert boris.page.url.partition("?")[0].endswith("/ru/join/")

    boris.page.select_option("[name=country]", "RU")
    boris.page.fill("[name=number]", "7701 234567")
    with boris.page.expect_navigation():
        boris.page.click("#find button[type=submit]")
    boris.page.click("#results details summary")
    boris.page.fill("#results textarea", "Отдел продаж")
    with boris.page.expect_navigation():
        boris.page.click("#results details button[type=submit]")
    expect(boris.page.locator("main")).to_contain_text("ООО «Ромашка»")

    contact.go("/ru/my/people/")
    contact.page.click("main a.btn--main")
    with contact.page.expect_navigation():
        contact.page.click("main button[name=accept]")
    boris.go("/ru/my/people/")

    expect(boris.page.locator("main")).to_contain_text("Борис Лепестков")
    assert Representative.objects.get(person__name="Борис Лепестков").role == "editor"
    assert boris.sideways() == contact.sideways() == 0
    assert boris.complaints == contact.complaints == []
