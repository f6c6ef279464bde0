import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from chambers.models import Company, Contact, Document
from chambers.selectors.shown import Audience
from chambers.services.codes import index_codes
from chambers.services.files import keep_document
from tests.chambers.pictures import pdf, picture, upload
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    DocumentFactory,
    MembershipFactory,
    RepresentativeFactory,
    TradeCodeFactory,
)

pytestmark = pytest.mark.django_db
PROFILE = "/en/my/profile/"


@pytest.fixture
def company():
    return CompanyFactory(member=True, legal_name="ООО «Ромашка»", description={"ru": "Насосы"})


def as_it_stands(page):
    """What a browser would send of the profile's form without a change."""
    form = page.context["form"]
    sent = {}
    for field in form:
        value = field.value()
        if field.name == "codes":
            value = list(form.fields["codes"].keys_of(value))
        if value not in (None, False, []):
            sent[field.html_name] = "on" if value is True else value
    return sent


def text_of(page):
    return page.content.decode()


def test_the_page_names_what_is_missing_and_leads_there(client, company, speaks_for):
    speaks_for(company)

    page = text_of(client.get(PROFILE))

    assert 'value="1" max="9"' in page
    assert '<a href="/en/my/profile/#id_codes_words">Trade codes</a>' in page
    assert "The description in English" in page
    assert 'id="id_codes_words"' in page


def test_saving_without_a_change_changes_nothing(client, company, speaks_for):
    speaks_for(company)
    before = Company.objects.filter(pk=company.pk).values().get()

    answer = client.post(PROFILE, as_it_stands(client.get(PROFILE)))

    after = Company.objects.filter(pk=company.pk).values().get()
    kept = {"updated_at", "search", "names", "head", "facets"}
    assert answer.status_code == 302
    assert {k: v for k, v in after.items() if k not in kept} == {
        k: v for k, v in before.items() if k not in kept
    }


def test_all_that_is_wrong_is_named_in_one_round(client, company, speaks_for):
    speaks_for(company)
    sent = as_it_stands(client.get(PROFILE)) | {
        "website": "no address", "email": "nobody", "turnover": "much", "founded": "3020",
        "phone": "abc", "city": "www.evil.example",
    }  # fmt: skip

    page = client.post(PROFILE, sent)

    assert page.status_code == 422
    assert set(page.context["form"].errors) == {
        "website", "email", "turnover", "founded", "phone", "city",
    }  # fmt: skip
    assert "no phone number" in text_of(page)
    assert 'value="abc"' in text_of(page)


def test_a_profile_is_saved_and_a_missing_english_text_is_said(client, company, speaks_for):
    speaks_for(company, role="editor")
    code = TradeCodeFactory()
    sent = as_it_stands(client.get(PROFILE)) | {
        "text_ru": "Датчики давления\r\nи расхода", "codes": ["hs:9026"], "languages": ["ru", "en"],
        "size": "small", "turnover": "1250000", "turnover_currency": "BYN",
        "level_turnover": "members", "website": "romashka.example",
    }  # fmt: skip

    page = client.post(PROFILE, sent, follow=True)

    company.refresh_from_db()
    assert company.description == {"ru": "Датчики давления\nи расхода"}
    assert list(company.codes.all()) == [code]
    assert (company.turnover, company.turnover_currency) == (Decimal("1250000.00"), "BYN")
    assert company.level_of("turnover") == "members"
    assert company.website == "https://romashka.example"
    assert sorted(company.languages) == ["en", "ru"]
    assert "The description is missing in English" in text_of(page)


def test_what_was_typed_stays_where_something_is_refused(client, company, speaks_for):
    speaks_for(company)
    sent = as_it_stands(client.get(PROFILE)) | {
        "text_en": "Half a sentence", "founded": "3000", "email": "nobody",
        "codes": ["hs:9999"],
    }  # fmt: skip

    page = client.post(PROFILE, sent)

    assert page.status_code == 422
    assert "Half a sentence" in text_of(page)
    assert set(page.context["form"].errors) == {"email", "codes", "founded"}
    company.refresh_from_db()
    assert company.description == {"ru": "Насосы"}

    sent |= {"email": "", "codes": []}
    assert "Give a year from 1000" in text_of(client.post(PROFILE, sent))


def test_codes_are_found_and_chosen_without_a_script(client, company, speaks_for):
    speaks_for(company)
    TradeCodeFactory(label_ru="Приборы для измерения расхода")
    index_codes()
    sent = as_it_stands(client.get(PROFILE)) | {"text_en": "Not lost"}

    looked = client.post(PROFILE, sent | {"codes_words": "расход", "codes_find": "1"})
    saved = client.post(PROFILE, sent | {"codes_words": "расход", "codes": ["hs:9026"]})

    assert looked.status_code == 422
    assert 'value="hs:9026"' in text_of(looked)
    assert "Not lost" in text_of(looked)
    assert saved.status_code == 302
    assert [one.code for one in company.codes.all()] == ["9026"]


def test_a_reader_looks_and_changes_nothing(client, company, speaks_for):
    speaks_for(company, role="viewer")
    logo = DocumentFactory(company=company)

    page = client.get(PROFILE)

    assert page.status_code == 200
    assert "Representatives of the company may change it." in text_of(page)
    assert 'type="submit"' not in re.sub(
        r"<(header|nav|footer).*?</\1>", "", text_of(page), flags=re.S
    )
    assert client.post(PROFILE, {}).status_code == 403
    removal = reverse("profile-file-remove", args=[logo.public_id])
    assert client.post(removal).status_code == 403
    assert Document.objects.filter(pk=logo.pk).exists()


def test_the_pages_take_the_same_queries_for_any_number_of_codes_and_brochures(
    client, company, speaks_for
):
    speaks_for(company)
    parent = TradeCodeFactory(code="90")

    def asked(page):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    counts = []
    for number in (1, 2, 3):
        company.codes.add(TradeCodeFactory(code=f"90{number}0", parent=parent))
        DocumentFactory(company=company)
        if number != 2:
            counts.append([asked(PROFILE), asked(reverse("profile-as"))])

    assert counts[0] == counts[1]
    assert counts[0][0] == 7


def test_who_speaks_for_no_company_is_told_so(client, user):
    client.force_login(user)

    assert client.get(PROFILE).status_code == 200
    assert client.post(PROFILE).status_code == 404


# ---------------------------------------------------------------- logo and brochures
def test_a_logo_stands_on_the_page_and_in_lists(client, company, speaks_for):
    speaks_for(company)

    client.post(reverse("profile-logo"), {"upload": upload(picture(), "logo.png")})

    logo = Document.objects.get(company=company)
    address = reverse("document", args=[logo.public_id])
    client.logout()
    for page in (reverse("company", args=[company.public_id]), reverse("companies")):
        assert f'src="{address}"' in text_of(client.get(page))


def test_what_is_no_picture_is_refused_in_words(client, company, speaks_for):
    speaks_for(company)

    page = client.post(reverse("profile-logo"), {"upload": upload(pdf(), "logo.png")})
    nothing = client.post(reverse("profile-logo"))

    assert (page.status_code, nothing.status_code) == (422, 422)
    assert "This file is no PNG, JPEG or WebP picture." in text_of(page)
    assert not Document.objects.exists()


def test_a_brochure_that_is_no_pdf_is_told_what_may_be_sent(client, company, speaks_for):
    speaks_for(company)

    page = client.post(reverse("profile-brochure"), {"upload": upload(b"words", "fake.pdf")})

    assert "This file is no PDF and no PNG, JPEG or WebP picture." in text_of(page)


def test_a_turnover_shows_no_decimals_where_it_has_none(client, company, speaks_for):
    speaks_for(company)
    for stated, shown in (("480000000.00", "480000000"), ("480000000.50", "480000000.50")):
        type(company).objects.filter(pk=company.pk).update(turnover=stated, turnover_currency="JPY")
        assert f'value="{shown}"' in client.get(reverse("profile")).content.decode()


def test_a_brochure_is_offered_to_whom_it_is_shown(client, company, speaks_for):
    speaks_for(company)
    client.post(
        reverse("profile-brochure"),
        {"upload": upload(pdf(), "Каталог <b>.pdf"), "language": "ru"},
    )
    page = reverse("company", args=[company.public_id])

    assert "Каталог &lt;b&gt;.pdf" in text_of(client.get(page))
    client.logout()
    assert "Каталог" in text_of(client.get(page))
    Company.objects.filter(pk=company.pk).update(visibility={"brochures": "members"})
    assert "Каталог" not in text_of(client.get(page))


def test_a_file_is_deleted_by_its_own_people_alone(client, company, speaks_for):
    other = DocumentFactory(company__member=True)
    paper = DocumentFactory(company=company, kind="extract")
    own = DocumentFactory(company=company)
    speaks_for(company)

    def remove(document):
        return client.post(reverse("profile-file-remove", args=[document.public_id])).status_code

    assert [remove(one) for one in (own, other, paper)] == [302, 404, 404]
    assert list(Document.objects.order_by("pk")) == [other, paper]


# ---------------------------------------------------------------- with the eyes of others
@pytest.fixture
def seen(db):
    """A company with a word of its own in every field, and readers of every kind."""
    moscow, tokyo, minsk = (ChamberFactory() for _ in range(3))
    AgreementFactory(first=moscow, second=tokyo)
    CountryFactory(code="JP")
    company = CompanyFactory(
        member=True, membership__chamber=moscow, description={"en": "QdescriptionZ"},
        website="https://qwebsitez.example/", size="small", founded=1987, languages=["fi"],
        codes=[TradeCodeFactory(label_en="QcodesZ")], registration_number="QnumberZ",
        target_countries=["JP"], email="qmailz@asahi.example", phone="QphoneZ",
        turnover=Decimal("987654"), turnover_currency="BYN",
    )  # fmt: skip
    keep_document(
        company, kind="brochure", upload=upload(pdf(), "QbrochureZ.pdf"),
        by=RepresentativeFactory(company=company).person,
    )  # fmt: skip
    readers = {
        Audience.PUBLIC: None,
        Audience.MEMBERS: RepresentativeFactory(company=MembershipFactory(chamber=minsk).company),
        Audience.PARTNERS: RepresentativeFactory(company=MembershipFactory(chamber=tokyo).company),
        Audience.ACCEPTED: RepresentativeFactory(company=MembershipFactory(chamber=minsk).company),
    }
    Contact.objects.create(one=company, other=readers[Audience.ACCEPTED].company)
    return company, readers


FIELDS = {
    "description": "QdescriptionZ", "website": "qwebsitez", "size": "10 to 49 people",
    "founded": "1987", "languages": "Finnish", "codes": "QcodesZ",
    "registration_number": "QnumberZ", "markets": "Wants partners in", "turnover": "987,654",
    "contacts": "QphoneZ", "brochures": "QbrochureZ",
}  # fmt: skip


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize(
    "levels",
    [{}, dict.fromkeys(FIELDS, "accepted"), {"size": "partners", "contacts": "members",
     "brochures": "partners", "description": "members", "turnover": "public"}],
    ids=["as usual", "all but nothing", "some"],
)  # fmt: skip
def test_looking_as_somebody_shows_field_by_field_what_they_see(client, seen, audience, levels):
    company, readers = seen
    Company.objects.filter(pk=company.pk).update(visibility=levels)
    reader = readers[audience]
    if reader:
        client.force_login(reader.person)
    real = told(client.get(reverse("company", args=[company.public_id])))
    client.force_login(company.representatives.get().person)

    looks = [client.get(reverse("profile-as"), {"as": audience.value})]
    if reader:
        looks.append(client.get(reverse("profile-as"), {"as": reader.company.public_id}))

    assert [told(one) for one in looks] == [real] * len(looks)


def told(page):
    """The governed fields that a page shows."""
    assert page.status_code == 200
    main = text_of(page).split("<main", 1)[1].split("</main>")[0]
    return {field for field, word in FIELDS.items() if word in main}


def test_each_kind_of_reader_sees_more_than_the_one_before(client, seen):
    company, _readers = seen
    client.force_login(company.representatives.get().person)

    shown = [
        told(client.get(reverse("profile-as"), {"as": audience.value})) for audience in Audience
    ]

    assert shown[1] - shown[0] == {"registration_number", "markets"}
    assert shown[2] - shown[1] == {"turnover"}
    assert shown[3] - shown[2] == {"contacts"}
    assert set(FIELDS) == shown[3]


def test_a_company_to_look_as_is_found_by_its_name_in_another_script(client, company, speaks_for):
    speaks_for(company)
    other = CompanyFactory(
        member=True, legal_name="株式会社アサヒ計装", legal_name_latin="Asahi Keiso", indexed=True
    )
    hidden = CompanyFactory(legal_name="Asahi Hidden", is_listed=False, indexed=True)

    page = text_of(client.get(reverse("profile-as"), {"q": "asahi"}))

    assert f"?as={other.public_id}" in page
    assert "Asahi Hidden" not in page
    as_hidden = client.get(reverse("profile-as"), {"as": hidden.public_id})
    assert as_hidden.status_code == 404
    assert client.get(reverse("profile-as"), {"as": "nonsense"}).status_code == 404


@pytest.mark.parametrize("change", [{"is_listed": False}, {}])
def test_who_is_not_found_by_anybody_is_told_so(client, change, speaks_for):
    company = CompanyFactory(description={"en": "QdescriptionZ"}, **change)
    speaks_for(company)

    page = text_of(client.get(reverse("profile-as")))

    assert "Nobody finds your page" in page
    assert "QdescriptionZ" not in page


def test_a_japanese_reader_gets_codes_in_japanese_and_is_told_of_a_foreign_text(client, company):
    company.codes.set([TradeCodeFactory(label_ja="流量計")])

    with translation.override("ja"):
        page = text_of(client.get(reverse("company", args=[company.public_id])))

    assert "流量計" in page
    assert 'lang="ru">Насосы' in page
