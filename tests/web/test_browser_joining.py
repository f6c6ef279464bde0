"""C-1 in a real browser, without scripts, on a phone: into a known company, and into a new one."""

import re

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from chambers.models import Company, Mail, Representative
from tests.chambers.pictures import pdf
from tests.factories import PASSWORD, ChamberFactory, CompanyFactory, RepresentativeFactory

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 800}, "java_script_enabled": False}


def test_a_person_signs_up_finds_the_company_asks_and_acts_for_it(tab, settings):
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"
    settings.ACCOUNT_RATE_LIMITS = False
    company = CompanyFactory(
        member=True, indexed=True, legal_name="ООО «Ромашка»", registration_number="7701234567"
    )
    anna = RepresentativeFactory(company=company).person
    boris, contact = tab(**PHONE), tab(reader=anna, **PHONE)

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


def test_a_new_company_passes_its_namesake_applies_to_two_chambers_and_is_acted_for(
    live_server, tab, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    moscow, tokyo = (
        ChamberFactory(name_ja="モスクワ商工会議所"),
        ChamberFactory(name_ja="東京商工会議所"),
    )
    CompanyFactory(member=True, indexed=True, legal_name="Novaya LLC", city="Perm")
    first = RepresentativeFactory(company__legal_name="Asahi")
    keiko = tab(reader=first.person, **PHONE)
    page, main = keiko.page, keiko.page.locator("main")
    with override("ja"):
        new_address, memberships = reverse("company-new"), reverse("memberships")
        pending = gettext("Pending verification")

    keiko.go(new_address)
    page.fill("[name=legal_name]", "ООО «Новая»")
    page.select_option("[name=country]", "RU")
    page.fill("[name=registration_number]", "7709")
    page.click("#company button[type=submit]")
    expect(main).to_contain_text("Novaya LLC")  # in another script
    expect(page.locator("[name=registration_number]")).to_have_value("7709")
    page.check("[name=is_new]")
    page.click("#company button[type=submit]")
    page.wait_for_url(f"**{memberships}")
    company = Company.objects.get(legal_name="ООО «Новая»")

    extract = {"name": "extract.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    for number, chamber in enumerate((moscow, tokyo), start=1):
        page.select_option("[name=chamber]", str(chamber.public_id))
        page.set_input_files("[name=extract]", extract)
        page.click("#apply button[type=submit]")
        expect(main.get_by_text(pending)).to_have_count(number)
        expect(main).to_contain_text(chamber.name_ja)
    applied = company.memberships.order_by("pk")
    assert [(one.chamber, one.decision, one.extract.name) for one in applied] == [
        (moscow, "pending", "extract.pdf"),
        (tokyo, "pending", "extract.pdf"),
    ]

    sides = page.locator("#account button[name=side]")
    page.click("button[popovertarget=account]")
    assert [one.get_attribute("aria-pressed") for one in sides.all()].count("true") == 1
    sides.filter(has_text="Asahi").click()
    expect(page.locator("button[popovertarget=account]")).to_contain_text("Asahi")
    expect(main).not_to_contain_text("ООО «Новая»")
    assert keiko.sideways() == 0
