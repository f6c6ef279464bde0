import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.http import Http404
from rest_framework.exceptions import Throttled

from chambers.models import ApiToken
from config.api import document, exception_handler
from matching.models import Run
from tests.factories import (
    CompanyFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    UserFactory,
    token_for,
)

pytestmark = pytest.mark.django_db


def problem(answer):
    """The body of a well-formed problem answer."""
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["API-Version"] == "1"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == answer.status_code
    return body


@pytest.mark.parametrize(
    "path", ["nope", "v1/nope/", "v1/companies/17/", "v1/companies/%00/", "v2/", "a%0Ab/"]
)
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_an_unknown_address_is_a_problem_not_a_page(api, path, method):
    body = problem(getattr(api, method)(f"/api/{path}"))

    assert (body["status"], body["code"]) == (404, "not_found")
    assert body["type"] == "http://localhost/api/docs/#not-found"


@pytest.mark.parametrize("method", ["put", "patch", "options", "trace", "post"])
def test_a_method_that_is_not_possible_names_those_that_are(api, method):
    request = {"REQUEST_METHOD": method.upper(), "PATH_INFO": "/api/v1/companies/"}
    answer = api.generic(method.upper(), request["PATH_INFO"])

    assert problem(answer)["code"] == "method_not_allowed"
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_only_json_is_spoken(api, accept):
    answer = api.get("/api/v1/companies/", HTTP_ACCEPT=accept)

    assert problem(answer)["status"] == 406


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "multipart/form-data", "x"])
def test_only_json_is_understood(client, user, kind):
    client.force_login(user)

    answer = client.generic("POST", "/api/v1/tokens/", b"a=b", content_type=kind)

    assert problem(answer)["status"] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"days": 1' + b"0" * 5_000 + b"}",
        b'{"name": "\\ud800", "scopes": ["runs:read"]}',
        b'{"name": "\\u0000", "scopes": ["runs:read"]}',
        b'{"name": NaN}',
    ],
)
def test_a_broken_body_is_a_problem_of_the_client(client, user, body):
    client.force_login(user)

    answer = client.generic("POST", "/api/v1/tokens/", body, content_type="application/json")

    assert problem(answer)["status"] == 400


def test_an_unknown_field_of_a_body_is_refused_with_its_name(client, user):
    client.force_login(user)
    body = {"name": "Nightly", "scopes": ["runs:read"], "dais": 3, "x" * 500: 1, "\ud800": 1}

    answer = client.post("/api/v1/tokens/", json.dumps(body), content_type="application/json")

    told = problem(answer)
    assert (told["status"], told["code"]) == (400, "unknown_field")
    assert [one["field"] for one in told["errors"]] == ["?", "dais", "x" * 100]
    assert told["errors"][1]["detail"] == "There is no such field."
    assert not ApiToken.objects.exists()


def test_a_misspelt_condition_changes_nothing(client, user):
    ours = CompanyFactory(member=True, accepts_interpreter=True)
    RepresentativeFactory(company=ours, person=user)
    client.force_login(user)
    token = token_for(user, "companies:write")

    answer = client.post(
        f"/api/v1/companies/{ours.public_id}/conditions/",
        json.dumps({"accepts_interpretor": False, "target_countries": []}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert [one["field"] for one in problem(answer)["errors"]] == ["accepts_interpretor"]


def test_the_document_says_that_bodies_have_no_other_fields():
    schemas = document("en")["components"]["schemas"]
    sent = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        for methods in document("en")["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    }

    assert len(sent) >= 4
    assert {schemas[name]["additionalProperties"] for name in sent} == {False}


def test_a_body_beyond_the_limit_is_not_read(client, user):
    client.force_login(user)
    body = json.dumps({"name": "x" * 1_100_000})

    answer = client.generic("POST", "/api/v1/tokens/", body, content_type="application/json")

    assert problem(answer)["status"] == 413


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 100_000,
        "q=x",
        "q=%00ab",
        "country=%00",
        "country=Japan",
        "country=JP&country=RU",
        "chamber=1",
        "hs=902",
        "hs=90%27%20or%201=1",
        "nace=99999",
        "language=klingon",
        "side=both",
        "page_size=0",
        "page_size=101",
        "page_size=1000000000",
        "page_size=-1",
        "page_size=²",
        "page=2",
        "format=xml",
        "contry=JP",
        "ordering=legal_name",
        "&".join(f"f{n}=1" for n in range(900)),
    ],
)
def test_a_hostile_or_mistaken_query_is_refused_with_the_parameter(api, query):
    body = problem(api.get(f"/api/v1/companies/?{query}"))

    assert body["status"] == 400
    assert 1 <= len(body["errors"]) <= 10
    assert len(json.dumps(body)) < 3_000


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzAsMV0", "W" * 50_000, "%00", "[[[[", "é"])
def test_a_cursor_of_ones_own_making_names_no_page(api, cursor):
    body = problem(api.get("/api/v1/companies/", {"cursor": cursor}))

    assert (body["status"], body["code"]) == (404, "bad_cursor")


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "The request is wrong"), ("en-GB,en;q=0.5", "The request is wrong"), ("fr", None)],
)
def test_problems_speak_the_readers_language_and_codes_do_not_change(api, language, title):
    answer = api.get("/api/v1/companies/?country=1", HTTP_ACCEPT_LANGUAGE=language)

    body = problem(answer)
    assert answer["Content-Language"] == "en"
    assert body["title"] == (title or "The request is wrong")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("country", "invalid")]


@pytest.mark.parametrize("language", ["ru", "ja"])
def test_labels_and_problems_follow_accept_language(api, language):
    CompanyFactory(member=True)

    answer = api.get("/api/v1/companies/", HTTP_ACCEPT_LANGUAGE=f"{language},en;q=0.1")
    refused = api.get("/api/v1/companies/?country=1", HTTP_ACCEPT_LANGUAGE=language)

    label = answer.json()["results"][0]["country"]["name"]
    assert label == {"ru": "Страна RU", "ja": "国 RU"}[language]
    assert answer["Content-Language"] == refused["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_without_accept_language_a_person_reads_their_own(speaking_for):
    CompanyFactory(member=True)
    reader = speaking_for(UserFactory(language="ja"))

    answer = reader.get("/api/v1/companies/")

    assert answer["Content-Language"] == "ja"
    assert answer.json()["results"][0]["country"]["name"] == "国 RU"


class TestFromErrors:
    """Each kind of error, through the handler that every address uses."""

    def told(self, error):
        answer = exception_handler(error, {"request": None})
        return answer.status_code, answer.data, answer.headers

    def test_a_validation_error_of_a_service_names_its_fields(self):
        error = ValidationError(
            {"reason": ValidationError("Say why.", code="no_reason"), "__all__": ["Both."]}
        )

        status, body, _ = self.told(error)

        assert (status, body["code"], body["detail"]) == (400, "invalid", "Both.")
        assert body["errors"] == [
            {"field": "reason", "code": "no_reason", "detail": "Say why."},
            {"field": "", "code": "invalid", "detail": "Both."},
        ]

    @pytest.mark.parametrize(
        ("code", "expected"), [("bad_scopes", 400), ("over", 409), ("already_member", 409)]
    )
    def test_what_the_present_state_forbids_is_a_conflict(self, code, expected):
        status, body, _ = self.told(ValidationError("It is over.", code=code))

        assert (status, body["code"], body["detail"]) == (expected, code, "It is over.")

    def test_permission_and_absence(self):
        assert self.told(PermissionDenied("No."))[0] == 403
        assert self.told(PermissionDenied("No."))[1]["detail"] == "No."
        assert self.told(Http404("secret"))[1]["detail"] != "secret"

    def test_a_broken_constraint_is_a_conflict_with_its_own_message(self):
        RunFactory(running=True)
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Run.objects.create(rules="1", seed=1)

        status, body, _ = self.told(caught.value)

        assert (status, body["code"]) == (409, "already_running")
        assert body["detail"] == "A matching run is under way: wait for it or stop it."
        assert self.told(IntegrityError("unknown"))[0] == 409

    def test_a_query_that_takes_too_long_is_a_503(self):
        with (
            pytest.raises(OperationalError) as caught,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("set local statement_timeout = 20; select pg_sleep(1)")

        status, body, headers = self.told(caught.value)

        assert (status, body["code"], headers["Retry-After"]) == (503, "timeout", "5")
        assert self.told(OperationalError("gone"))[1]["code"] == "unavailable"

    def test_a_value_the_database_cannot_hold_is_the_clients(self):
        assert self.told(DataError("out of range"))[0] == 400

    def test_waiting_time_is_said(self):
        status, _, headers = self.told(Throttled(12.3))

        assert (status, headers["Retry-After"]) == (429, "13")

    def test_what_nobody_foresaw_tells_nothing(self, caplog):
        status, body, _ = self.told(RuntimeError("password=hunter2"))

        assert (status, body["code"]) == (500, "internal_error")
        assert "hunter2" not in json.dumps(body)
        assert "hunter2" in caplog.text


def test_an_unforeseen_error_is_a_problem_too(client, rf, monkeypatch):
    from chambers.api.chambers import Chambers

    monkeypatch.setattr(Chambers, "list", lambda *args: 1 // 0)
    client.raise_request_exception = False

    body = problem(client.get("/api/v1/chambers/"))

    assert body["status"] == 500


def test_a_second_start_is_a_conflict(speaking_for):
    staff = speaking_for(StaffFactory().person)

    first, second = staff.post("/api/v1/runs/"), staff.post("/api/v1/runs/")

    assert first.status_code == 202
    assert (problem(second)["status"], problem(second)["code"]) == (409, "already_running")
