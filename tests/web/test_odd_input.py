"""What a program or a broken link sends: a plain refusal, never a fault of ours."""

import pytest
from django.urls import reverse

from tests.factories import CompanyFactory, MembershipFactory

NUL = "a\x00b"


@pytest.fixture
def own(speaks_for):
    company = MembershipFactory().company
    speaks_for(company)
    return company


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/en/language/", "/en/theme/"])
@pytest.mark.parametrize("target", ["9026", "javascript:alert(1)", "//evil.example/", "x\x00"])
def test_a_way_back_that_is_no_path_of_this_site_leads_home(client, address, target):
    answer = client.post(address, {"language": "en", "theme": "dark", "next": target})

    assert (answer.status_code, answer["Location"]) == (302, "/en/")


@pytest.mark.django_db
def test_signs_that_no_database_keeps_are_refused_like_any_unknown_word(client, own, settings):
    settings.MAIL_VIEWER = True
    partner = MembershipFactory().company

    asked = client.get(reverse("direct-ask", args=[partner.public_id]), {"about": NUL})
    mails = client.get(reverse("demo-mails"), {"q": NUL})
    entered = client.post(reverse("company-new"), {"country": NUL, "legal_name": "Maulwurf"})
    one = client.post(reverse("advice-code"), {"code": NUL}, follow=True)
    several = client.post(reverse("suggested-codes"), {"code": [f"hs:{NUL}"]})

    answers = [asked, mails, entered, one, several]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 200, 422]
    assert "There is no such code." in one.content.decode()
    assert not own.codes.exists()


@pytest.mark.django_db
def test_who_comes_by_the_address_of_a_form_is_led_to_its_page(client, own):
    refused = client.post(reverse("profile-logo"))

    assert refused.status_code == 422
    # As a change of the language does: it comes back to where the reader is.
    language = {"language": "ru", "next": refused.wsgi_request.get_full_path()}
    assert client.post("/en/language/", language, follow=True).redirect_chain == [
        ("/ru/my/profile/logo/", 302),
        ("/ru/my/profile/", 302),
    ]
    other = CompanyFactory()
    block = client.get(reverse("message-block", args=[other.public_id]))
    assert block["Location"] == reverse("conversations")
    assert client.put(reverse("profile-logo")).status_code == 405
