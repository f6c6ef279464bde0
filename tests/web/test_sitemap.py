"""What search engines are told of."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.sitemaps import _Pages
from tests.factories import CompanyFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looked_up_anew():
    """Where files begin is kept for hours."""
    cache.delete_many(["sitemap:Company", "sitemap:Opportunity"])


def listed(client, section, **query):
    answer = client.get(f"/sitemap-{section}.xml", query)
    assert answer["Content-Type"] == "application/xml"
    return answer.content.decode()


def test_the_list_leads_to_public_pages_in_every_language_and_to_no_other(client):
    seen, hidden = CompanyFactory(member=True), CompanyFactory(member=True, is_listed=False)
    stranger = CompanyFactory()
    shown = OpportunityFactory(company=seen, published=True)
    draft = OpportunityFactory(company=seen)
    of_hidden = OpportunityFactory(company=hidden, published=True)

    files = client.get("/sitemap.xml").content.decode()

    for language in ("en", "ru", "ja"):
        assert f"/sitemap-companies-{language}.xml" in files
        companies = listed(client, f"companies-{language}")
        items = listed(client, f"opportunities-{language}")
        assert companies.count("<loc>") == items.count("<loc>") == 1
        page = f"/{language}/companies/{seen.public_id}/"
        assert page in companies
        assert client.get(page).status_code == 200
        assert f"/{language}/opportunities/{shown.public_id}/" in items
        for secret in (hidden, stranger, draft, of_hidden):
            assert str(secret.public_id) not in companies + items
    assert client.get("/sitemap-people-en.xml").status_code == 404


def test_a_file_takes_the_same_queries_however_long(client):
    counted = []
    client.get("/sitemap.xml")  # looks up where files begin
    for number in (1, 2):
        for _ in range(number):
            CompanyFactory(member=True)
        with CaptureQueriesContext(connection) as told:
            text = listed(client, "companies-en")
        counted.append((text.count("<loc>"), len(told)))

    assert [length for length, _queries in counted] == [1, 3]
    assert counted[0][1] == counted[1][1]


def test_files_are_cut_by_keys_that_are_looked_up_once_in_hours(client, monkeypatch):
    monkeypatch.setattr(_Pages, "limit", 2)
    companies = [CompanyFactory(member=True) for _ in range(5)]

    def told(number):
        text = listed(client, "companies-ru", p=number)
        return [one for one in companies if str(one.public_id) in text]

    assert client.get("/sitemap.xml").content.decode().count("companies-ru.xml") == 3
    assert [told(number) for number in (1, 2, 3)] == [companies[:2], companies[2:4], companies[4:]]
    assert client.get("/sitemap-companies-ru.xml", {"p": 4}).status_code == 404
    companies += [CompanyFactory(member=True) for _ in range(4)]
    type(companies[0]).objects.filter(pk=companies[2].pk).update(is_listed=False)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/sitemap.xml").content.decode().count("companies-ru.xml") == 3
    assert len(asked) == 0
    assert told(2) == companies[3:4]
    assert told(3) == companies[4:8]  # no longer than twice a file, whatever an import brings
    assert len(companies) == 9


def test_programs_that_read_the_web_are_told_where_the_list_is(client, settings):
    text = client.get("/robots.txt").content.decode()

    assert f"Sitemap: {settings.BASE_URL}/sitemap.xml" in text
    assert "Disallow: /admin/" in text


def test_an_item_names_the_chambers_of_its_company_unless_it_is_anonymous(client):
    company = CompanyFactory(member=True)
    chamber = company.memberships.get().chamber
    named = OpportunityFactory(company=company, published=True)
    blind = OpportunityFactory(company=company, published=True, is_anonymous=True)

    pages = [
        client.get(f"/en/opportunities/{one.public_id}/").content.decode() for one in (named, blind)
    ]

    assert [chamber.name_en in page for page in pages] == [True, False]
