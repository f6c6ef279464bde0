"""Pages for what went wrong."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.utils import translation

from chambers.views import errors
from tests.factories import UserFactory

CASES = {
    400: (errors.bad_request, SuspiciousOperation()),
    403: (errors.forbidden, PermissionDenied()),
    404: (errors.not_found, Exception()),
}


@pytest.mark.parametrize("status", CASES)
@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_an_error_page_needs_no_database_and_leads_on(status, language):
    view, cause = CASES[status]

    with translation.override(language):
        answer = view(RequestFactory().get(f"/{language}/nowhere/"), cause)

    assert answer.status_code == status
    assert f'href="/{language}/"' in answer.content.decode()
    assert "<h1>" in answer.content.decode()


def test_a_fault_of_ours_answers_with_a_page():
    answer = errors.server_error(RequestFactory().get("/en/companies/"))

    assert (answer.status_code, "<h1>" in answer.content.decode()) == (500, True)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_programs_get_the_error_as_a_problem_document(status):
    request = RequestFactory().get("/api/v1/anything/")
    view, cause = CASES.get(status, (errors.server_error, None))

    answer = view(request, cause) if cause else view(request)

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.status_code == status


@pytest.mark.django_db
def test_an_unknown_address_is_not_found_even_when_the_session_cannot_be_read(client):
    client.force_login(UserFactory())

    with connection.execute_wrapper(_out_of_order):
        answer = errors.not_found(RequestFactory().get("/en/nowhere/"), Exception())

    assert answer.status_code == 404
    assert client.get("/en/nowhere/").status_code == 404


def _out_of_order(execute, sql, params, many, context):
    raise AssertionError("the error page asked the database")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "language", "told"),
    [
        ("/en/companies/", "en", "Too much work or a short outage"),
        ("/ru/companies/", "ru", "Большая нагрузка или краткий сбой"),
        ("/ja/companies/", "ja", "混雑または一時的な障害です"),
        ("/api/v1/companies/", "en", "Service Unavailable"),
    ],
)
def test_a_database_too_busy_to_answer_is_said_to_be_that_and_when_to_try_again(
    address, language, told
):
    reader = Client(raise_request_exception=False)
    reader.force_login(UserFactory(language=language))

    with connection.execute_wrapper(_too_busy):
        answer = reader.get(address)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert told in answer.content.decode()


def _too_busy(execute, sql, params, many, context):
    raise OperationalError("couldn't get a connection after 30.00 sec")


@pytest.mark.django_db
def test_a_form_older_than_its_session_says_so():
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/en/theme/", {"theme": "dark"})

    assert answer.status_code == 403
    assert "Your session ended" in answer.content.decode()


@pytest.mark.django_db
def test_a_fragment_older_than_its_session_reloads_the_page_with_a_word_on_why():
    client = Client(enforce_csrf_checks=True, headers={"HX-Request": "true"})

    answer = client.post("/en/theme/", {"theme": "dark"})

    assert answer["HX-Refresh"] == "true"
    assert "Your session ended" in Client.get(client, "/en/scoring/").content.decode()


@pytest.mark.django_db
def test_a_lapsed_session_sends_a_fragment_to_the_sign_in_page(htmx):
    answer = htmx.get("/en/matches/")

    assert answer["HX-Redirect"].startswith("/en/accounts/login/")
    assert answer.content == b""
