import json
import stat

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, validate_totp_code
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction

from chambers.models import ApiToken, Company, Membership, User
from marketplace.models import Opportunity, Registration

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def file(django_db_setup, django_db_blocker, tmp_path_factory):
    """Where the keys of the small world are; made once, each test sees it as it was made."""
    target = tmp_path_factory.mktemp("keys") / "keys.json"
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", json=target)
        yield target
        transaction.set_rollback(True)


@pytest.fixture
def keys(file):
    """What the file says of the small world."""
    return read(file)


def read(file):
    return json.loads(file.read_text(encoding="utf-8"))


def people_of(document):
    yield document["superuser"]
    for chamber in document["chambers"]:
        yield from chamber["staff"]
        for company in chamber["companies"]:
            yield from company["people"]


def test_the_small_world_has_every_role(keys):
    assert keys["base_url"] == "http://localhost"
    assert len(keys["chambers"]) == 3
    for chamber in keys["chambers"]:
        assert [one["role"] for one in chamber["staff"]] == ["manager", "viewer"]
        assert len(chamber["companies"]) == 3
        for company in chamber["companies"]:
            assert [one["role"] for one in company["people"]] == ["owner", "editor", "viewer"]
            statuses = [one["status"] for one in company["opportunities"]]
            assert statuses == ["published", "published", "in_review", "draft"]
    assert Company.objects.listed().count() == 9
    assert Opportunity.objects.on_show().count() == 18
    assert Membership.objects.filter(decision="pending").count() == 1


def test_the_small_world_has_one_event_where_all_take_part(keys, api):
    event, companies = keys["event"], keys["chambers"][0]["companies"]
    assert len(event["registrations"]) == 9
    assert {one["consent"] for one in event["registrations"]} == set(Registration.Consent.values)
    assert [one["status"] for one in event["requests"]] == ["accepted", "pending"]
    assert [one["status"] for one in event["meetings"]] == ["confirmed"]
    token = companies[0]["people"][0]["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    guests = api.get(f"/api/v1/events/{event['id']}/guests/").json()["results"]
    assert len(guests) == 6  # the listed of three chambers
    assert api.get("/api/v1/meetings/").json()["results"][0]["id"] == event["meetings"][0]["id"]


def test_every_key_in_the_file_opens(keys, api):
    for person in people_of(keys):
        assert authenticate(None, email=person["email"], password=person["password"])
        api.credentials(HTTP_AUTHORIZATION=f"Token {person['token']}")
        assert api.get("/api/v1/companies/").status_code == 200


def test_staff_have_a_second_factor_that_works(keys):
    staff = [one for chamber in keys["chambers"] for one in chamber["staff"]]
    for person in [keys["superuser"], *staff]:
        code = format_hotp_value(hotp_value(person["totp_secret"], next(iter(counters()))))
        assert validate_totp_code(person["totp_secret"], code)
        user = User.objects.get(email=person["email"])
        assert Authenticator.objects.get(user=user).type == Authenticator.Type.TOTP


def test_asked_again_the_world_stays_and_every_key_is_new(keys, tmp_path):
    first = keys
    rows = (User.objects.count(), Company.objects.count(), Opportunity.objects.count())

    call_command("seed_demo", json=tmp_path / "keys.json")
    second = read(tmp_path / "keys.json")

    assert (User.objects.count(), Company.objects.count(), Opportunity.objects.count()) == rows
    assert ApiToken.objects.count() == len(list(people_of(second)))
    for old, new in zip(people_of(first), people_of(second), strict=True):
        assert old["email"] == new["email"]
        assert old["password"] != new["password"]
        assert old["token"] != new["token"]
        assert authenticate(None, email=old["email"], password=old["password"]) is None
    assert [one["id"] for one in first["chambers"]] == [one["id"] for one in second["chambers"]]


def test_only_its_owner_can_read_the_file(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
