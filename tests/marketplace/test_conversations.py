"""Companies write to each other, keep others off, and nobody writes to everybody."""

import datetime as dt
import re
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic
from chambers.services.topics import choose_delivery
from marketplace.models import Block, Conversation, Message, Reading, Report
from marketplace.services import archive_opportunity, conversations
from marketplace.services.conversations import Item
from tests import event_factories as make
from tests import factories

pytestmark = pytest.mark.django_db

LONG = "We make pressure sensors and look for a partner who sells them in your region."


class Pair:
    """Two member companies, each with a representative."""

    def __init__(self):
        self.own, self.other = (factories.CompanyFactory(member=True) for _ in range(2))
        self.anna = self.speaker(self.own)
        self.keiko = self.speaker(self.other)

    def speaker(self, company, role="owner"):
        return factories.RepresentativeFactory(company=company, role=role).person

    def begin(self, text=LONG, **fields):
        return conversations.begin_conversation(
            self.own, self.other, by=self.anna, text=text, **fields
        )

    def answer(self, message, text="Yes, please."):
        return conversations.write_message(
            message.conversation, company=self.other, by=self.keiko, text=text
        )


@pytest.fixture
def pair(db):
    return Pair()


def code_of(error):
    return (
        next(iter(error.value.error_dict.values()))[0].code
        if hasattr(error.value, "error_dict")
        else error.value.code
    )


def refused(do, *args, **fields):
    with pytest.raises(ValidationError) as error:
        do(*args, **fields)
    return code_of(error)


# ---------------------------------------------------------------- writing
def test_two_companies_talk_in_one_place_whoever_begins(pair):
    first = pair.begin()
    second = conversations.begin_conversation(pair.other, pair.own, by=pair.keiko, text="Hello")
    third = pair.answer(first)

    assert first.conversation == second.conversation == third.conversation
    assert list(Message.objects.values_list("company", flat=True)) == [
        pair.own.pk,
        pair.other.pk,
        pair.other.pk,
    ]


def test_each_thing_has_a_conversation_of_its_own(pair):
    offer = factories.OpportunityFactory(published=True, company=pair.other)

    apart = [pair.begin().conversation, pair.begin(about=Item(opportunity=offer)).conversation]

    assert apart[0] != apart[1]
    assert apart[1].opportunity == offer


def test_only_who_decides_for_a_member_writes(pair):
    reader = pair.speaker(pair.own, role="viewer")
    outsider = factories.CompanyFactory()
    person = pair.speaker(outsider)
    begin = conversations.begin_conversation

    with pytest.raises(PermissionDenied):
        begin(pair.own, pair.other, by=reader, text=LONG)
    with pytest.raises(PermissionDenied):
        begin(pair.own, pair.other, by=pair.keiko, text=LONG)
    assert refused(begin, outsider, pair.other, by=person, text=LONG) == "members_only"
    assert refused(begin, pair.own, pair.own, by=pair.anna, text=LONG) == "own_company"
    assert not Message.objects.exists()


def test_who_takes_no_part_cannot_write_on(pair):
    message = pair.begin()
    third = factories.CompanyFactory(member=True)

    with pytest.raises(PermissionDenied):
        conversations.write_message(
            message.conversation, company=third, by=pair.speaker(third), text="Me too"
        )


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_text_has_words_and_an_end(pair, text):
    assert refused(pair.begin, text) in ("blank", "max_length")


def test_the_company_of_an_anonymous_text_is_not_written_to_about_it(pair):
    offer = factories.OpportunityFactory(published=True, company=pair.other, is_anonymous=True)

    assert refused(pair.begin, about=Item(opportunity=offer)) == "anonymous"


def test_nobody_writes_about_what_is_of_others(pair):
    offer = factories.OpportunityFactory(published=True)
    meeting = make.MeetingFactory()

    assert refused(pair.begin, about=Item(opportunity=offer)) == "unknown_item"
    assert refused(pair.begin, about=Item(meeting=meeting)) == "unknown_item"


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_who_begin_at_once_find_one_conversation():
    pair = Pair()
    colleague = pair.speaker(pair.own, role="editor")
    start, found = threading.Barrier(2), []

    def begin(person):
        start.wait()
        message = conversations.begin_conversation(
            pair.own, pair.other, by=person, text=f"Hello from {person.pk}"
        )
        found.append(message.conversation_id)
        connection.close()

    writers = [threading.Thread(target=begin, args=[one]) for one in (pair.anna, colleague)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert (len(found), len(set(found)), Conversation.objects.count()) == (2, 1, 1)


# ---------------------------------------------------------------- brakes
def test_the_same_text_goes_to_few(pair):
    def write(text):
        partner = factories.CompanyFactory(member=True)
        conversations.begin_conversation(pair.own, partner, by=pair.anna, text=text)

    for number in range(5):
        write(f"{LONG.upper()} Offer {number}!" if number % 2 else LONG + " offer")

    assert refused(write, f"{LONG}   offer 77") == "same_text"
    write("Something else, written for this one company alone.")
    Message.objects.update(sent_at=timezone.now() - dt.timedelta(hours=25))
    write(LONG + " offer")


def test_short_words_are_nobodys_advertisement(pair):
    for _number in range(7):
        partner = factories.CompanyFactory(member=True)
        conversations.begin_conversation(pair.own, partner, by=pair.anna, text="Thank you!")


def test_a_company_begins_few_conversations_a_day_and_answers_all(pair):
    factories.ConversationFactory.create_batch(20, asker=pair.own)
    theirs = conversations.begin_conversation(pair.other, pair.own, by=pair.keiko, text="Hello")
    third = factories.CompanyFactory(member=True)

    answered = pair.begin("Good day")

    assert answered.conversation == theirs.conversation
    begin = conversations.begin_conversation
    assert refused(begin, pair.own, third, by=pair.anna, text=LONG) == "too_many_new"


# ---------------------------------------------------------------- keeping off
def test_who_is_blocked_is_refused_without_being_told_why(pair):
    message = pair.begin()
    conversations.block_company(pair.other, pair.own, by=pair.keiko)
    conversations.block_company(pair.other, pair.own, by=pair.keiko)

    assert Block.objects.count() == 1
    assert refused(pair.begin) == "not_possible"
    assert refused(pair.answer, message) == "blocked"
    conversations.unblock_company(pair.other, pair.own, by=pair.keiko)
    pair.begin()


def test_companies_that_exclude_each_other_are_refused_in_the_same_words(pair):
    pair.other.excluded_companies.add(pair.own)

    assert refused(pair.begin) == "not_possible"


def test_a_reader_neither_blocks_nor_reports(pair):
    message = pair.begin()
    reader = pair.speaker(pair.other, role="viewer")

    with pytest.raises(PermissionDenied):
        conversations.block_company(pair.other, pair.own, by=reader)
    with pytest.raises(PermissionDenied):
        conversations.report_message(message, company=pair.other, by=reader, reason="rude")


def test_a_message_is_reported_once_by_who_got_it_and_settled_once(pair):
    message, staff = pair.begin(), factories.UserFactory()
    report = conversations.report_message

    made = report(message, company=pair.other, by=pair.keiko, reason="unwanted")

    again = {"company": pair.other, "by": pair.keiko, "reason": "rude"}
    assert refused(report, message, **again) == "already_reported"
    own = {"company": pair.own, "by": pair.anna, "reason": "rude"}
    assert refused(report, message, **own) == "own_message"
    settle = conversations.settle_report
    settle(made, by=staff, answer="Spoke to them")
    assert refused(settle, made, by=staff, answer="Again") == "settled"
    assert Report.objects.get().answer == "Spoke to them"


def test_the_chambers_of_both_read_the_reported_message_and_no_other(pair, client):
    message = pair.begin("Buy now, buy here, buy me")
    pair.begin("A secret of the trade")
    made = conversations.report_message(
        message, company=pair.other, by=pair.keiko, reason="unwanted"
    )
    chamber = pair.own.memberships.get().chamber
    staff = factories.StaffFactory(chamber=chamber)
    stranger = factories.StaffFactory()
    client.force_login(staff.person)

    page = client.get(reverse("admin:marketplace_report_change", args=[made.pk]))

    assert "Buy now, buy here, buy me" in page.content.decode()
    assert "A secret of the trade" not in page.content.decode()
    assert list(Report.objects.served_by(stranger.person)) == []


# ---------------------------------------------------------------- mail
def test_who_decides_is_mailed_once_until_they_have_read(pair):
    pair.speaker(pair.other, role="viewer")
    message = pair.begin()
    pair.begin("And one thing more")
    first = list(Mail.objects.filter(kind="message_new").values_list("to", flat=True))

    conversations.read_conversation(message.conversation, by=pair.keiko)
    pair.begin("Are you there?")

    assert first == [pair.keiko.email]
    assert Mail.objects.filter(kind="message_new").count() == 2


def test_a_mail_quotes_the_text_only_for_who_wants_that(pair):
    pair.begin()
    plain = Mail.objects.get(to=pair.keiko.email)
    Mail.objects.all().delete()
    Reading.objects.all().delete()
    choose_delivery(pair.keiko, Topic.MESSAGES, Delivery.NOW, with_text=True)
    pair.begin("Good day\nhttp://localhost/en/accounts/logout/")
    quoted = Mail.objects.get(to=pair.keiko.email)

    assert LONG not in plain.text + plain.html
    assert pair.own.legal_name in plain.subject
    assert "    Good day\n    http://localhost/en/accounts/logout/\n" in quoted.text
    assert 'href="http://localhost/en/accounts/logout/"' not in quoted.html


# ---------------------------------------------------------------- pages
def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_from_a_company_to_a_message_to_its_answer(client, pair):
    client.force_login(pair.anna)
    page = client.get(reverse("company", args=[pair.other.public_id]))
    write = reverse("company-message", args=[pair.other.public_id])

    sent = client.post(write, {"text": LONG}, follow=True)

    assert f'href="{write}"' in text(page)
    assert LONG in text(sent)
    client.force_login(pair.keiko)
    listed = text(client.get(reverse("conversations")))
    assert ("New" in listed, pair.own.legal_name in listed) == (True, True)
    where = reverse("conversation", args=[Conversation.objects.get().public_id])
    assert "Mark as read" in text(client.get(where))
    answered = client.post(where, {"text": "<b>Yes</b>"}, follow=True)
    assert "&lt;b&gt;Yes&lt;/b&gt;" in text(answered)
    assert "Mark as read" not in text(answered)


def test_a_message_whose_author_has_no_name_is_told_as_such(client, pair):
    pair.anna.name = ""
    pair.anna.save()
    message = pair.begin()
    client.force_login(pair.keiko)

    page = client.get(reverse("conversation", args=[message.conversation.public_id]))

    assert "A former colleague" in page.content.decode()
    told = Mail.objects.get(kind="message_new").text
    assert f"\n{pair.own.told} has written to your company." in told


def test_reading_is_noted_by_a_press_not_by_looking(client, pair):
    message = pair.begin()
    client.force_login(pair.keiko)
    client.get(reverse("conversation", args=[message.conversation.public_id]))
    looked = Reading.objects.filter(person=pair.keiko).exists()

    client.post(reverse("conversation-read", args=[message.conversation.public_id]))

    assert (looked, Reading.objects.filter(person=pair.keiko).exists()) == (False, True)
    assert '<span class="tag tag--wait">' not in text(client.get(reverse("conversations")))


def test_a_refused_message_keeps_its_words(client, pair):
    message = pair.begin()
    conversations.block_company(pair.other, pair.own, by=pair.keiko)
    client.force_login(pair.anna)

    answer = client.post(
        reverse("conversation", args=[message.conversation.public_id]), {"text": "My long words"}
    )

    assert answer.status_code == 422
    assert "My long words</textarea>" in text(answer)
    assert "No messages pass between these companies." in text(answer)


def test_one_blocks_and_takes_back_on_pages(client, pair):
    pair.begin()
    client.force_login(pair.keiko)
    where = reverse("message-block", args=[pair.own.public_id])

    blocked = text(client.post(where, follow=True))
    lifted = text(client.post(where, {"lift": "yes"}, follow=True))

    assert "Blocked. No messages pass between you; they are not told." in blocked
    assert "Take their messages again" in blocked
    assert "Take their messages again" not in lifted


def test_one_reports_on_a_page(client, pair):
    message = pair.begin()
    client.force_login(pair.keiko)
    where = reverse("message-report", args=[message.public_id])

    empty = client.post(where, {"reason": "nonsense", "note": "My words"})
    done = client.post(where, {"reason": "unwanted", "note": "My words"}, follow=True)

    assert (empty.status_code, "My words</textarea>" in text(empty)) == (422, True)
    assert "Reported. Your chamber reads it and looks into it." in text(done)


def test_there_is_no_way_to_write_about_an_anonymous_text(client, pair):
    offer = factories.OpportunityFactory(published=True, company=pair.other, is_anonymous=True)
    client.force_login(pair.anna)
    where = reverse("opportunity-message", args=[offer.public_id])

    assert client.get(where).status_code == 404
    assert client.post(where, {"text": LONG}).status_code == 404
    page = text(client.get(reverse("opportunity", args=[offer.public_id])))
    assert where not in page
    assert pair.other.legal_name not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    client, pair, count, django_assert_max_num_queries
):
    offer = factories.OpportunityFactory(published=True, company=pair.own)
    for _number in range(count):
        talk = factories.ConversationFactory(partner=pair.own, opportunity=offer)
        factories.MessageFactory(conversation=talk)
    client.force_login(pair.anna)

    with django_assert_max_num_queries(8):
        answer = client.get(reverse("conversations"))

    assert len(answer.context["lines"]) == count
    assert text(answer).count(reverse("opportunity", args=[offer.public_id])) == count


def test_what_has_left_the_market_is_no_link_in_messages(client, pair):
    offer = factories.OpportunityFactory(published=True, company=pair.other)
    talk = pair.begin(about=Item(opportunity=offer)).conversation
    link = reverse("opportunity", args=[offer.public_id])
    pages = [reverse("conversations"), reverse("conversation", args=[talk.public_id])]
    client.force_login(pair.anna)
    assert [link in text(client.get(one)) for one in pages] == [True, True]

    archive_opportunity(offer, by=pair.keiko)

    assert [link in text(client.get(one)) for one in pages] == [False, False]
