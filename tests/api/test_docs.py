"""The page that explains the door: complete, readable, and inside the security policy."""

import re
from itertools import product

import pytest
from playwright.sync_api import expect

from chambers.models import Scope
from config.api import TITLES, document
from config.api_docs import sections
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""


def test_every_operation_and_scope_and_problem_is_explained(client):
    page = client.get("/api/docs/").content.decode()

    operations = [one for methods in document("en")["paths"].values() for one in methods.values()]
    for operation in operations:
        assert f'id="{operation["operationId"]}"' in page
        assert operation["summary"] in page
    for scope in Scope.values:
        assert f"<code>{scope}</code>" in page
    for slug, _title in TITLES.values():
        assert f'id="{slug}"' in page
    assert len(operations) == sum(len(section.operations) for section in sections("en"))


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(client):
    page = client.get("/api/docs/").content.decode()

    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_type_of_a_problem_leads_to_its_explanation(client):
    problem = client.get("/api/v1/me/").json()

    address, _, fragment = problem["type"].partition("#")
    page = client.get(address.removeprefix("http://localhost")).content.decode()
    assert f'<tr id="{fragment}">' in page


def test_fields_are_told_with_kind_and_place():
    told = {one.key: one for section in sections("en") for one in section.operations}

    answer = {(one.name, one.depth): one for one in told["companies_list"].answer}
    assert answer["next", 0].kind == "address or null"
    assert answer["results", 0].kind == "list of: object"
    assert (answer["id", 1].kind, answer["id", 1].needed) == ("id", True)
    assert (answer["website", 1].needed, answer["code", 2].depth) == (False, 2)
    assert answer["size", 1].choices == ["micro", "small", "medium", "large"]
    assert answer["description", 1].kind == "text per language"
    parameters = [one.name for one in told["companies_list"].parameters]
    assert parameters[-2:] == ["cursor", "page_size"]
    assert told["tokens_create"].body[1].choices == Scope.values
    assert told["tokens_create"].session_only
    assert told["tokens_create"].example == ""
    assert told["runs_stop_create"].example.startswith("curl -X POST ")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_is_only_read(client, method):
    assert getattr(client, method)("/api/docs/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_browser_shows_it_without_complaint_in_any_width_and_theme(browse):
    page = browse(StaffFactory().person)
    page.add_init_script(VIOLATIONS)

    answer = page.goto("/api/docs/")
    for summary in page.locator("details > summary").all():
        summary.click()

    assert answer.status == 200
    assert "unsafe" not in answer.headers["content-security-policy"]
    for width, scheme in product([390, 1280], ["light", "dark"]):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_role("heading", name="REST API")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.violations") == []
    assert page.complaints == []
    with page.expect_response("**/api/schema/") as document:
        page.get_by_role("link", name="OpenAPI document").click()
    assert document.value.json()["openapi"] == "3.0.3"
    page.wait_for_url("**/api/schema/")
    assert page.evaluate("window.violations") == []
