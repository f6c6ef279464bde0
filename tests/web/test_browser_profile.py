"""A representative completes the profile by keyboard, and another reads it in Japanese."""

import pytest

from chambers.models import TradeCode
from chambers.services.codes import index_codes
from tests.chambers.pictures import pdf, picture
from tests.factories import RepresentativeFactory
from tests.web.inspection import barriers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_profile_is_completed_by_keyboard_and_read_abroad(tab, world):
    labels = {"label_en": "Flow", "label_ru": "Приборы для расхода", "label_ja": "流量計"}
    TradeCode.objects.update_or_create(
        scheme="hs", code="9026", defaults={"level": 4, "short_en": "", **labels}
    )
    index_codes(anew=True)
    ours = tab(reader=world.owner)
    page = ours.page

    assert ours.go("/ru/my/profile/") == 200
    ours.tab_to(page.locator("#id_codes_words"))
    page.keyboard.type("расхо")
    found = page.locator("#id_codes_lists input[value='hs:9026']:not(:checked)")
    found.wait_for()
    ours.tab_to(found)
    page.keyboard.press("Space")
    page.fill("#id_codes_words", "zzz")  # what is ticked stays ticked, whatever is looked for next
    page.wait_for_selector("#id_codes_lists input[value='hs:9026']:checked")
    page.fill("#id_text_ru", "Расходомеры")
    page.focus("#id_city")
    page.keyboard.press("Enter")  # saves, although another button comes first on the form
    page.wait_for_selector(".notes")

    assert [one.code for one in world.ours.codes.filter(code="9026")] == ["9026"]
    assert page.input_value("#id_text_ru") == "Расходомеры"
    assert barriers(ours) == []

    page.set_input_files("#logo_upload", {"name": "l.png", "mimeType": "", "buffer": picture()})
    page.click("#logo form[enctype] button")
    page.wait_for_selector("img.logo--l")
    page.set_input_files("#brochure_upload", {"name": "К.pdf", "mimeType": "", "buffer": pdf()})
    page.click("#brochures form[enctype] button")
    page.wait_for_selector("#brochures .things")
    logo = page.locator("img.logo--l")
    assert logo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    theirs = tab(reader=RepresentativeFactory(company=world.theirs).person)
    theirs.go(f"/ja/companies/{world.ours.public_id}/")
    told = theirs.page.inner_text("main")
    assert "流量計" in told
    assert "Расходомеры" in told
    assert "К.pdf" in told
    assert theirs.page.get_attribute("p.prose", "lang") == "ru"
    assert ours.complaints == theirs.complaints == []
