"""What the tests of the REST door share."""

import pytest
from rest_framework.test import APIClient

from tests.factories import token_for


@pytest.fixture
def speaking_for(db):
    """A program's client for a person; with all scopes unless named."""

    def make(person, *scopes):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(person, *scopes)}")
        return client

    return make
