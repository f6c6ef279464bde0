"""The page on which people make and end keys for their programs."""

import datetime as dt
import re

import pytest

from chambers.models import ApiToken, today
from chambers.services.people import issue_token, note_use
from tests.factories import RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/en/my/tokens/"


@pytest.fixture
def reader(client):
    """Whoever speaks for a company, even who only looks, may have keys of their own."""
    person = RepresentativeFactory(company__member=True, role="viewer").person
    client.force_login(person)
    return person


def text_of(answer):
    return answer.content.decode()


def make(client, **fields):
    sent = {"name": "Our CRM", "reads": ["people:read"], "days": "30", **fields}
    return client.post(PAGE, sent)


def test_a_token_is_shown_once_works_and_is_told_as_used(client, reader, api):
    assert "No token yet" in text_of(client.get(PAGE))

    made = make(client, writes=["searches:write"])

    key = re.search(r'id="key" value="(\w+)"', text_of(made))[1]
    token = ApiToken.objects.get()
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert (token.user, token.scopes) == (reader, ["people:read", "searches:write"])
    page = text_of(client.get(PAGE))
    assert key not in page
    assert "not used yet" in page
    assert "read who speaks for a company" in page

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    told = api.get("/api/v1/me/").json()

    assert told["email"] == reader.email
    token.refresh_from_db()
    assert token.last_used_on == today()
    assert "last used" in text_of(client.get(PAGE))


def test_what_is_wrong_is_told_beside_its_field_and_stays_typed(client, reader):
    answer = make(client, name="Our CRM", reads=[], days="999")

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"reads", "days"}
    assert "Tick what the program is to read or to change." in text_of(answer)
    assert 'value="Our CRM"' in text_of(answer)
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_refused(client, reader, api):
    token, key = issue_token(reader, name="Old", scopes=["people:read"])

    answer = client.post(f"{PAGE}{token.public_id}/revoke/", follow=True)

    assert "Revoked" in text_of(answer)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert api.get("/api/v1/me/").status_code == 401


def test_nobody_sees_or_ends_the_token_of_another(client, reader):
    token, _key = issue_token(UserFactory(), name="Somebody else's", scopes=["people:read"])
    client.force_login(UserFactory(superuser=True))

    assert "Somebody else" not in text_of(client.get(PAGE))
    assert client.post(f"{PAGE}{token.public_id}/revoke/").status_code == 404
    assert ApiToken.objects.get() == token


def test_the_use_is_written_once_a_day(user, django_assert_num_queries):
    token, _key = issue_token(user, name="CRM", scopes=["people:read"])
    ApiToken.objects.update(last_used_on=today() - dt.timedelta(days=1))
    token.refresh_from_db()

    with django_assert_num_queries(1):
        note_use(token)
        note_use(token)

    token.refresh_from_db()
    assert token.last_used_on == today()
    with django_assert_num_queries(0):
        note_use(token)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_tokens(
    client, reader, count, django_assert_num_queries
):
    for _ in range(count):
        issue_token(reader, name="CRM", scopes=["people:read"])

    with django_assert_num_queries(4):
        answer = client.get(PAGE)

    assert len(answer.context["tokens"]) == count
