import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from rest_framework.test import APIClient

from chambers.models import ApiToken, Company, Scope
from chambers.services.people import issue_token, revoke_token
from tests.factories import (
    PASSWORD,
    ChamberFactory,
    CompanyFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    TradeCodeFactory,
    UserFactory,
    token_for,
)

pytestmark = pytest.mark.django_db

ANYONE = ["chambers", "companies", "opportunities"]
SIGNED_IN = ["runs", "tokens", "me"]


@pytest.mark.parametrize("name", ANYONE)
def test_guests_read_what_is_public(api, name):
    assert api.get(f"/api/v1/{name}/").status_code == 200


@pytest.mark.parametrize("name", SIGNED_IN)
def test_guests_are_asked_who_they_are(api, name):
    answer = api.get(f"/api/v1/{name}/")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("word", ["Bearer", "Token", "bEARER"])
def test_a_token_speaks_for_its_person(api, user, word):
    key = token_for(user)

    answer = api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"{word} {key}")

    assert answer.json()["email"] == user.email
    assert answer.json()["token"]["key_starts_with"] == key[:15]
    assert key not in answer.content.decode()


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer nonsense", "Token cl\xe9"])
@pytest.mark.parametrize("name", ANYONE + SIGNED_IN)
def test_a_token_that_does_not_hold_is_refused_even_where_guests_may_read(api, header, name):
    answer = api.get(f"/api/v1/{name}/", HTTP_AUTHORIZATION=header)

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


def test_an_expired_token_is_refused(api, user):
    key = token_for(user)
    ApiToken.objects.update(expiry=timezone.now() - dt.timedelta(seconds=1))

    answer = api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {key}")

    assert (answer.status_code, answer.json()["code"]) == (401, "expired_token")


def test_a_revoked_token_is_refused_at_once(api, user):
    token, key = issue_token(user, name="sync", scopes=[Scope.COMPANIES_READ])
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert api.get("/api/v1/companies/").status_code == 200

    revoke_token(token)

    assert api.get("/api/v1/companies/").status_code == 401


def test_a_closed_account_has_no_tokens_that_hold(api, user):
    key = token_for(user)
    user.is_active = False
    user.save()

    answer = api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {key}")

    assert (answer.status_code, answer.json()["code"]) == (401, "inactive_user")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "chambers/", Scope.CHAMBERS_READ),
        ("get", "companies/", Scope.COMPANIES_READ),
        ("get", "companies/{company}/", Scope.COMPANIES_READ),
        ("get", "companies/{company}/suggestions/", Scope.SUGGESTIONS_READ),
        ("get", "companies/{company}/conditions/", Scope.COMPANIES_READ),
        ("get", "companies/{company}/exclusions/", Scope.COMPANIES_READ),
        ("get", "companies/{company}/codes/suggested/", Scope.COMPANIES_READ),
        ("get", "opportunities/", Scope.OPPORTUNITIES_READ),
        ("get", "runs/", Scope.RUNS_READ),
        ("post", "runs/", Scope.RUNS_WRITE),
        ("post", "runs/{run}/stop/", Scope.RUNS_WRITE),
    ],
)
def test_a_token_does_only_what_its_scopes_say(speaking_for, method, path, scope):
    run = RunFactory(running=True)
    company = CompanyFactory(member=True)
    staff = StaffFactory(chamber=company.memberships.get().chamber).person
    path = f"/api/v1/{path.format(company=company.public_id, run=run.public_id)}"
    others = [one for one in Scope.values if one != scope]

    refused = getattr(speaking_for(staff, *others), method)(path)
    admitted = getattr(speaking_for(staff, scope), method)(path)

    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert scope.value in refused.json()["detail"]
    # A start while a run is open is a conflict, not forbidden.
    assert admitted.status_code in {200, 202, 409}


def test_a_token_is_made_in_a_browser_session_and_shown_once(client, user):
    client.force_login(user)
    wanted = {"name": "ERP sync", "scopes": ["companies:read"], "days": 30}

    made = client.post("/api/v1/tokens/", wanted, content_type="application/json")

    assert made.status_code == 201
    key = made.json()["key"]
    assert made["Cache-Control"] == "no-store"
    assert key not in client.get("/api/v1/tokens/").content.decode()
    used = APIClient().get("/api/v1/companies/", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert used.status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scopes) == (user, "ERP sync", ["companies:read"])
    assert token.expiry - timezone.now() < dt.timedelta(days=30)


def test_a_session_writes_only_with_its_csrf_token(user):
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(email=user.email, password=PASSWORD)

    answer = client.post("/api/v1/tokens/", {"name": "x", "scopes": ["runs:read"]}, format="json")

    assert answer.status_code == 403
    assert not ApiToken.objects.exists()


def test_a_token_makes_no_token(speaking_for, user):
    answer = speaking_for(user).post(
        "/api/v1/tokens/", {"name": "x", "scopes": ["runs:read"]}, format="json"
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")
    assert ApiToken.objects.count() == 1


def test_a_token_sees_and_ends_only_itself(speaking_for, user):
    mine = speaking_for(user)
    other, _ = issue_token(user, name="other", scopes=[Scope.RUNS_READ])
    listed = mine.get("/api/v1/tokens/").json()["results"]

    assert [one["name"] for one in listed] == ["tests"]
    assert mine.delete(f"/api/v1/tokens/{other.public_id}/").status_code == 404
    assert mine.delete(f"/api/v1/tokens/{listed[0]['id']}/").status_code == 204
    assert mine.get("/api/v1/me/").status_code == 401
    assert list(ApiToken.objects.all()) == [other]


def test_a_person_sees_and_ends_their_own_tokens_and_nobody_elses(client, user):
    theirs, _ = issue_token(UserFactory(), name="theirs", scopes=[Scope.RUNS_READ])
    mine, _ = issue_token(user, name="mine", scopes=[Scope.RUNS_READ])
    client.force_login(user)

    listed = client.get("/api/v1/tokens/").json()["results"]
    assert [one["id"] for one in listed] == [str(mine.public_id)]
    assert client.delete(f"/api/v1/tokens/{theirs.public_id}/").status_code == 404
    assert client.delete(f"/api/v1/tokens/{mine.public_id}/").status_code == 204
    assert list(ApiToken.objects.all()) == [theirs]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "name"),
        ({"name": " ", "scopes": ["runs:read"]}, "name"),
        ({"name": "x\x00", "scopes": ["runs:read"]}, "name"),
        ({"name": "x" * 101, "scopes": ["runs:read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["all"]}, "scopes.0"),
        ({"name": "x", "scopes": "runs:read"}, "scopes"),
        ({"name": "x", "scopes": ["runs:read"], "days": 0}, "days"),
        ({"name": "x", "scopes": ["runs:read"], "days": 366}, "days"),
    ],
)
def test_what_is_wrong_with_a_wanted_token_is_said_field_by_field(client, user, wanted, field):
    client.force_login(user)

    answer = client.post("/api/v1/tokens/", wanted, content_type="application/json")

    assert answer.status_code == 400
    assert field in {one["field"] for one in answer.json()["errors"]}
    assert not ApiToken.objects.exists()


def test_nobody_sets_what_a_token_must_not_choose(client, user):
    client.force_login(user)
    wanted = {"name": "x", "scopes": ["runs:read"]}
    more = {"user": 1, "expiry": "2099-01-01", "key": "a"}

    refused = client.post("/api/v1/tokens/", wanted | more, content_type="application/json")
    made = client.post("/api/v1/tokens/", wanted, content_type="application/json")

    assert (refused.status_code, made.status_code) == (400, 201)
    assert {one["field"] for one in refused.json()["errors"]} == set(more)
    token = ApiToken.objects.get()
    assert token.user == user
    assert token.expiry < timezone.now() + dt.timedelta(days=91)


def test_staff_without_their_second_factor_get_nothing(speaking_for, client, settings):
    settings.STAFF_MFA = True
    staff = StaffFactory().person
    program = speaking_for(staff)
    client.force_login(staff)
    paths = ["chambers", "companies", "opportunities", "runs", "tokens", "me"]

    answers = [one.get(f"/api/v1/{path}/") for one in (program, client) for path in paths]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {
        (403, "second_factor_needed")
    }
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})
    assert program.get("/api/v1/runs/").status_code == 200


class TestRows:
    """What is not for the reader is answered as what does not exist."""

    MISSING = "01890000-0000-7000-8000-000000000000"

    def same(self, one, other):
        drop = {"Content-Length"}
        heads = [{k: v for k, v in r.headers.items() if k not in drop} for r in (one, other)]
        assert (one.status_code, one.content, heads[0]) == (404, other.content, heads[1])

    def readers(self, speaking_for):
        yield APIClient()
        yield speaking_for(UserFactory())
        yield speaking_for(RepresentativeFactory(company=CompanyFactory(member=True)).person)
        yield speaking_for(StaffFactory().person)

    def test_an_unlisted_company(self, speaking_for):
        company = CompanyFactory(member=True, is_listed=False)

        for client in self.readers(speaking_for):
            missing = client.get(f"/api/v1/companies/{self.MISSING}/")
            self.same(client.get(f"/api/v1/companies/{company.public_id}/"), missing)
            listed = client.get("/api/v1/companies/", {"page_size": 100}).json()["results"]
            assert str(company.public_id) not in [one["id"] for one in listed]

    def test_a_draft_by_id_and_by_number(self, speaking_for):
        draft = OpportunityFactory(in_review=True)

        for client in self.readers(speaking_for):
            missing = client.get(f"/api/v1/opportunities/{self.MISSING}/")
            for name in (draft.public_id, draft.reference):
                self.same(client.get(f"/api/v1/opportunities/{name}/"), missing)
            assert client.get("/api/v1/opportunities/").json()["results"] == []

    def test_suggestions_of_another_company(self, speaking_for):
        company = CompanyFactory(member=True)

        for client in list(self.readers(speaking_for))[1:]:
            missing = client.get(f"/api/v1/companies/{self.MISSING}/suggestions/")
            path = f"/api/v1/companies/{company.public_id}/suggestions/"
            self.same(client.get(path), missing)

    def test_a_matching_run(self, speaking_for):
        run = RunFactory(running=True)

        for client in list(self.readers(speaking_for))[1:3]:
            missing = client.get(f"/api/v1/runs/{self.MISSING}/")
            self.same(client.get(f"/api/v1/runs/{run.public_id}/"), missing)
            missing = client.post(f"/api/v1/runs/{self.MISSING}/stop/")
            self.same(client.post(f"/api/v1/runs/{run.public_id}/stop/"), missing)
            assert client.get("/api/v1/runs/").json()["results"] == []

    def test_a_company_that_left_the_chamber_keeps_its_suggestions_from_the_staff(
        self, speaking_for
    ):
        today = timezone.localdate()
        left = MembershipFactory(ends_on=today - dt.timedelta(days=100))
        staff = speaking_for(StaffFactory(chamber=left.chamber).person)

        answer = staff.get(f"/api/v1/companies/{left.company.public_id}/suggestions/")

        assert answer.status_code == 404


def test_a_hidden_field_is_absent_for_whom_it_is_hidden(api, speaking_for):
    chamber = ChamberFactory()
    company = CompanyFactory(
        member=True,
        membership__chamber=chamber,
        registration_number="canary-number",
        external_id="canary-source",
        website="https://canary.example/",
        visibility={"website": "partners", "founded": "members"},
        founded=1987,
    )
    own = RepresentativeFactory(company=company).person
    member = RepresentativeFactory(company=CompanyFactory(member=True)).person
    path = f"/api/v1/companies/{company.public_id}/"
    governed = ["website", "registration_number", "external_id", "founded", "is_listed"]

    def seen(client):
        one = client.get(path).json()
        (listed,) = [
            each
            for each in client.get("/api/v1/companies/").json()["results"]
            if each["id"] == one["id"]
        ]
        assert listed == one
        return [field for field in governed if field in one]

    assert seen(api) == []
    assert seen(speaking_for(member)) == ["registration_number", "external_id", "founded"]
    assert seen(speaking_for(own)) == governed
    assert "canary" not in api.get(path).content.decode()


@pytest.mark.parametrize(
    ("field", "query"),
    [("codes", {"hs": "90"}), ("codes", {"nace": "26"}), ("languages", {"language": "fi"})],
)
def test_nobody_finds_a_company_by_a_hidden_field(api, speaking_for, field, query):
    codes = [TradeCodeFactory(code="9026"), TradeCodeFactory(scheme="nace", code="26")]
    company = CompanyFactory(
        member=True, codes=codes, languages=["fi"], visibility={field: "members"}
    )
    member = RepresentativeFactory(company=CompanyFactory(member=True)).person

    def found(client):
        answer = client.get("/api/v1/companies/", query).json()
        return [one["id"] for one in answer["results"]]

    assert found(api) == []
    assert found(speaking_for(member)) == [str(company.public_id)]
    Company.objects.update(visibility={})
    assert found(api) == [str(company.public_id)]
