"""True and false in what programs send are true and false: no numbers, no words for them."""

import pytest
from rest_framework import serializers

from chambers.api.account import TickField
from config import api_urls
from tests import factories

pytestmark = pytest.mark.django_db


def bodies(kind=serializers.Serializer):
    for one in kind.__subclasses__():
        yield from bodies(one)
        if one.__name__.endswith("In") and one.__module__.partition(".")[0] != "tests":
            yield one


def test_no_body_takes_numbers_or_words_for_true_and_false():
    assert api_urls.urlpatterns  # all doors are read by now
    found = {
        (one.__name__, name): field
        for one in bodies()
        for name, field in one().fields.items()
        if isinstance(field, serializers.BooleanField)
    }

    assert len(found) > 8
    assert [key for key, field in found.items() if not isinstance(field, TickField)] == []


@pytest.mark.parametrize("sent", [0, 1, "yes", "true", None])
def test_what_is_neither_true_nor_false_changes_nothing(client, sent):
    lead = factories.RepresentativeFactory(role="owner")
    client.force_login(lead.person)
    address = f"/api/v1/companies/{lead.company.public_id}/conditions/"
    before = client.get(address).json()

    refused = client.post(address, {"accepts_interpreter": sent}, content_type="application/json")

    assert refused.status_code == 400
    assert client.get(address).json() == before
    wanted = not before["accepts_interpreter"]
    taken = client.post(address, {"accepts_interpreter": wanted}, content_type="application/json")
    assert taken.json()["accepts_interpreter"] is wanted
