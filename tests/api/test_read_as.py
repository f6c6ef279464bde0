"""An answer says when words were read as others, as the page does."""

import pytest

from chambers.services.finding import learn_all_words
from tests.factories import CompanyFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sensor():
    company = CompanyFactory(
        member=True,
        legal_name="Volga LLC",
        description={"en": "Pressure sensors for steam"},
        indexed=True,
    )
    made = OpportunityFactory(
        company=company, published=True, title={"en": "Pressure sensors", "ja": "圧力センサー"}
    )
    learn_all_words()
    return made


@pytest.mark.parametrize("kind", ["opportunities", "companies"])
def test_the_answer_tells_the_words_that_were_answered_in_place_of_the_typed(client, sensor, kind):
    answer = client.get(f"/api/v1/{kind}/", {"q": "pressure sesnor"}).json()

    assert len(answer["results"]) == 1
    assert answer["read_as"].lower() == "pressure sensors"
    page = client.get(f"/en/{kind}/", {"q": "pressure sesnor"})
    assert answer["read_as"] == page.context["read_as"]


@pytest.mark.parametrize("kind", ["opportunities", "companies"])
@pytest.mark.parametrize(
    "query",
    [{}, {"q": "pressure sensors"}, {"q": "pressure sesnor", "exact": "true"}, {"q": "xqwzzk"}],
)
def test_nothing_is_told_where_words_were_taken_as_they_are(client, sensor, kind, query):
    answer = client.get(f"/api/v1/{kind}/", query).json()

    assert answer["read_as"] == ""
    assert len(answer["results"]) == ("exact" not in query and query.get("q") != "xqwzzk")


def test_what_nobody_may_find_stands_in_no_answer(client, sensor):
    hidden = CompanyFactory(is_listed=False, description={"en": "Gyroscope"}, indexed=True)
    learn_all_words()

    answer = client.get("/api/v1/companies/", {"q": "gyroscoep"}).json()

    assert hidden.description["en"] == "Gyroscope"
    assert (answer["results"], answer["read_as"]) == ([], "")


@pytest.mark.parametrize("kind", ["opportunities", "companies"])
def test_the_schema_says_what_it_means(client, kind):
    schema = client.get("/api/schema/", HTTP_ACCEPT="application/json").json()
    answers = schema["paths"][f"/api/v1/{kind}/"]["get"]["responses"]["200"]["content"]
    name = next(iter(answers.values()))["schema"]["$ref"].rpartition("/")[2]
    page = schema["components"]["schemas"][name]

    assert "read_as" in page["required"]
    assert "in place of" in page["properties"]["read_as"]["description"]
