"""The download of one's data holds what one wrote, and not what others did."""

import pytest

from marketplace.services import interests
from tests import event_factories as make
from tests import factories
from tests.chambers.test_account import tables
from tests.marketplace.interest_world import SECRETS, build

pytestmark = pytest.mark.django_db


def test_what_one_wrote_of_interests_is_in_it_and_not_whose_the_item_is():
    world = build()
    interest = world.express(cooperation="Joint testing", missing="Certificates?")
    interests.ask_question(interest, by=world.sato, text="How many?")
    interests.answer_question(interest, by=world.keiko, text="Forty a month")

    found = tables(world.keiko)

    number = world.offer.reference
    ((_sent, about, cooperation, missing, _us),) = found["interests.csv"][1:]
    assert (about, cooperation, missing) == (number, "Joint testing", "Certificates?")
    assert [row[1:] for row in found["interest_answers.csv"][1:]] == [[number, "Forty a month"]]
    assert not [word for word in SECRETS if word in str(found)]
    assert [row[2] for row in tables(world.sato)["interest_answers.csv"][1:]] == ["How many?"]


def test_requests_reviews_and_reports_are_in_the_data_of_who_wrote_them():
    person, other = factories.UserFactory(), factories.UserFactory()
    for by, words in ((person, "Mine"), (other, "Theirs")):
        make.MeetingRequestFactory(created_by=by, message=words)
        factories.ReportFactory(by=by, note=words)

    found = tables(person)

    assert [row[1] for row in found["meeting_requests.csv"][1:]] == ["Mine"]
    assert [row[2] for row in found["reports.csv"][1:]] == ["Mine"]
    assert "Theirs" not in str(found)
