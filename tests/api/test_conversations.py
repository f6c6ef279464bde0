"""Messages between companies over the REST door."""

import pytest

from chambers.models import Mail
from marketplace.models import Block, Conversation, Message, Reading, Report
from marketplace.services import conversations
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/api/v1/conversations/"
LONG = "We make pressure sensors and look for a partner who sells them in your region."


class Pair:
    """Two member companies, each with a person and their program."""

    def __init__(self, speaking_for):
        self.speaking_for = speaking_for
        self.own, self.other = (factories.CompanyFactory(member=True) for _ in range(2))
        self.anna, self.keiko = self.person(self.own), self.person(self.other)
        self.api, self.theirs = speaking_for(self.anna), speaking_for(self.keiko)

    def person(self, company, role="editor"):
        return factories.RepresentativeFactory(company=company, role=role).person

    def write(self, **sent):
        body = {"company": str(self.own.public_id), "text": LONG, **sent}
        return self.api.post(PATH, body, format="json")

    def begin(self):
        return self.write(partner=str(self.other.public_id))


@pytest.fixture
def pair(speaking_for):
    return Pair(speaking_for)


def blocks(company, other=None):
    start = f"/api/v1/companies/{company.public_id}/blocks/"
    return f"{start}{other.public_id}/" if other else start


def test_two_companies_write_to_each_other(pair):
    made = pair.begin()
    assert made.status_code == 201
    where = f"{PATH}{made.json()['id']}/"
    told = pair.theirs.get(where).json()
    assert told["partner"]["id"] == str(pair.own.public_id)
    assert (told["last_text"], told["last_is_ours"], told["is_unread"]) == (LONG, False, True)
    assert pair.theirs.get(PATH, {"unread": "true"}).json()["results"] == [told]

    answered = pair.theirs.post(f"{where}messages/", {"text": "Yes"}, format="json")

    assert (answered.status_code, answered.json()["author"]) == (201, pair.keiko.name)
    texts = [one["text"] for one in pair.api.get(f"{where}messages/").json()["results"]]
    assert texts == [LONG, "Yes"]
    assert pair.theirs.get(PATH, {"unread": "true"}).json()["results"] == []
    assert pair.api.post(f"{where}read/").status_code == 204
    assert Reading.objects.filter(person=pair.anna).exists()
    assert pair.api.get(where).json()["is_unread"] is False
    assert Mail.objects.filter(kind="message_new").count() == 2


def test_reading_the_messages_notes_nothing(pair):
    where = f"{PATH}{pair.begin().json()['id']}/"

    pair.theirs.get(f"{where}messages/")

    assert pair.theirs.get(where).json()["is_unread"] is True


def test_one_writes_about_an_opportunity_to_its_company_but_not_past_the_chambers(pair):
    named = factories.OpportunityFactory(published=True, company=pair.other)
    hidden = factories.OpportunityFactory(published=True, company=pair.other, is_anonymous=True)

    made = pair.write(opportunity=named.reference)
    refused = pair.write(opportunity=hidden.reference)

    assert made.json()["opportunity"]["reference"] == named.reference
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "anonymous")
    assert pair.other.legal_name not in refused.content.decode()
    assert "express interest instead" in refused.json()["errors"][0]["detail"]


def test_one_thing_is_named_and_the_text_is_not_empty(pair):
    both = pair.write(partner=str(pair.other.public_id), meeting=str(pair.other.public_id))

    assert both.json()["errors"][0] == {
        "field": "partner",
        "code": "required",
        "detail": "Name one of these: a partner, an opportunity or a meeting.",
    }
    assert pair.write().status_code == 400
    assert pair.write(partner=str(pair.other.public_id), text="").status_code == 400
    assert pair.write(partner=str(pair.own.public_id)).json()["code"] == "own_company"
    assert (
        pair.write(partner=str(pair.own.public_id), company=str(pair.other.public_id)).json()[
            "code"
        ]
        == "not_found"
    )
    assert not Conversation.objects.exists()


def test_who_begins_with_too_many_is_asked_to_come_back_and_told_when(pair, monkeypatch):
    monkeypatch.setattr(conversations, "MOST_NEW", 1)
    pair.begin()
    third = factories.CompanyFactory(member=True)

    answer = pair.write(partner=str(third.public_id))

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_new")
    assert "Go on tomorrow" in answer.json()["detail"]
    assert 86_000 < int(answer["Retry-After"]) <= 86_400
    assert Conversation.objects.count() == 1


def test_the_same_text_to_many_is_refused_by_its_field(pair, monkeypatch):
    monkeypatch.setattr(conversations, "SAME_TEXTS", 1)
    pair.begin()
    third = factories.CompanyFactory(member=True)

    answer = pair.write(partner=str(third.public_id))

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, "text", "same_text")
    assert Message.objects.count() == 1


def test_a_blocked_company_writes_no_more_and_is_not_told_why(pair):
    pair.begin()
    sent = {"company": str(pair.own.public_id)}
    made = pair.theirs.post(blocks(pair.other), sent, format="json")
    assert (made.status_code, made.json()["id"]) == (201, str(pair.own.public_id))

    answer = pair.begin()

    assert (answer.status_code, answer.json()["code"]) == (400, "not_possible")
    assert pair.api.get(blocks(pair.own)).json()["results"] == []
    assert [one["id"] for one in pair.theirs.get(blocks(pair.other)).json()["results"]] == [
        str(pair.own.public_id)
    ]
    key = Conversation.objects.get().public_id
    theirs = pair.theirs.post(f"{PATH}{key}/messages/", {"text": "But"}, format="json")
    assert (theirs.status_code, theirs.json()["code"]) == (409, "blocked")
    assert pair.theirs.delete(blocks(pair.other, pair.own)).status_code == 204
    assert not Block.objects.exists()
    assert pair.begin().status_code == 201


def test_a_message_is_shown_to_the_chambers_once(pair):
    pair.begin()
    where = f"/api/v1/messages/{Message.objects.get().public_id}/report/"
    sent = {"reason": "unwanted", "note": "We sell bread."}

    made = pair.theirs.post(where, sent, format="json")

    assert (made.status_code, made.json()["note"]) == (201, "We sell bread.")
    assert pair.theirs.post(where, sent, format="json").json()["code"] == "already_reported"
    assert pair.api.post(where, sent, format="json").json()["code"] == "own_message"
    assert Report.objects.get().company == pair.other


def test_readers_look_and_others_find_nothing(pair):
    where = f"{PATH}{pair.begin().json()['id']}/"
    report = f"/api/v1/messages/{Message.objects.get().public_id}/report/"
    reader = pair.speaking_for(pair.person(pair.other, role="viewer"))
    chamber = pair.other.memberships.get().chamber
    staff = pair.speaking_for(factories.StaffFactory(chamber=chamber).person)
    stranger = pair.speaking_for(pair.person(factories.CompanyFactory(member=True)))

    def tries(api):
        asked = [
            api.get(where),
            api.get(f"{where}messages/"),
            api.post(f"{where}messages/", {"text": "Hello"}, format="json"),
            api.post(report, {"reason": "rude"}, format="json"),
            api.get(blocks(pair.other)),
            api.post(blocks(pair.other), {"company": str(pair.own.public_id)}, format="json"),
        ]
        return [one.status_code for one in asked]

    assert tries(reader) == [200, 200, 403, 403, 200, 403]
    assert tries(staff) == tries(stranger) == [404] * 6
    assert LONG not in str(stranger.get(PATH).json()) + str(staff.get(PATH).json())
    assert (Message.objects.count(), Report.objects.count(), Block.objects.count()) == (1, 0, 0)


def test_who_speaks_for_several_says_for_which(pair):
    second = factories.CompanyFactory(member=True)
    factories.RepresentativeFactory(company=second, person=pair.anna)
    pair.begin()

    answer = pair.api.get(PATH)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "several_companies")
    assert len(pair.api.get(PATH, {"company": pair.own.public_id}).json()["results"]) == 1
    assert pair.api.get(PATH, {"company": second.public_id}).json()["results"] == []
    assert pair.api.get(PATH, {"company": pair.other.public_id}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_rows(pair, count, django_assert_num_queries):
    for number in range(count):
        company = factories.CompanyFactory(member=True)
        talk = factories.ConversationFactory(asker=company, partner=pair.own)
        factories.MessageFactory(conversation=talk)
        Block.objects.create(company=pair.own, blocked=company)
        conversations.begin_conversation(
            pair.own, pair.other, by=pair.anna, text=f"Number {number}"
        )

    with django_assert_num_queries(3):
        answer = pair.api.get(PATH)
    assert len(answer.json()["results"]) == count + 1
    key = Conversation.objects.get(asker=pair.own).public_id
    with django_assert_num_queries(5):
        answer = pair.api.get(f"{PATH}{key}/messages/")
    assert len(answer.json()["results"]) == count
    with django_assert_num_queries(3):
        answer = pair.api.get(blocks(pair.own))
    assert len(answer.json()["results"]) == count
