"""The HTML part says what the text says, and nothing in it is a link that we did not write."""

import re
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from django.template import engines

from chambers.letters import Block, Shape, blocks_of
from chambers.models import Mail
from chambers.services.layout import letter
from chambers.services.mail import message_of, queue_mail
from chambers.templatetags.mails import quoted, unlinked
from tests import factories

pytestmark = pytest.mark.django_db


def is_ours(line):
    return line.startswith("https://here/")


def admitted(person, **fields):
    membership = factories.MembershipFactory(**fields)
    return queue_mail(
        "membership_admitted",
        to=person,
        chamber=membership.chamber,
        context={"membership": membership},
    )


def test_paragraphs_words_of_others_and_addresses_are_told_apart():
    text = (
        "Hello,\n\nThey write:\n\n    Good day\n    https://here/trap\n\nAnswer:\nhttps://here/a\n"
    )

    assert blocks_of(text, is_ours) == [
        Block(Shape.TEXT, ("Hello,",)),
        Block(Shape.TEXT, ("They write:",)),
        Block(Shape.QUOTE, ("Good day", "https://here/trap")),
        Block(Shape.BUTTON, ("Answer",), "https://here/a"),
    ]


def test_an_address_is_named_by_the_line_above_it_or_has_no_name():
    assert blocks_of("https://here/a\n\nAccepted: table 4\nhttps://here/b\n", is_ours) == [
        Block(Shape.BUTTON, (), "https://here/a"),
        Block(Shape.LINK, ("Accepted: table 4",), "https://here/b"),
    ]


def test_words_of_others_stay_theirs_line_by_line():
    assert quoted("Good day\n\nhttps://here/trap") == "    Good day\n    https://here/trap"


@pytest.mark.parametrize("words", ["https://evil.example/x", "www.evil.example", "a@evil.example"])
def test_a_mail_program_finds_nothing_to_make_a_link_of(words):
    html = unlinked(words)

    assert words not in html
    assert html.replace("<wbr>", "") == words


def test_an_address_of_ours_in_a_message_is_no_button(user, settings):
    trap = f"{settings.BASE_URL}/en/accounts/logout/"
    template = engines["django"].from_string("{{ text|quoted }}")
    membership = factories.MembershipFactory(reason=f"Sorry\n{trap}\n\nConfirm:\n{trap}")

    html = letter(
        "membership_refused", {"membership": membership}, to=user, chamber=membership.chamber
    ).html

    assert f'href="{trap}"' not in html
    assert template.render({"text": "a\nb"}) == "    a\n    b"


def test_text_and_html_say_the_same(user):
    mail = admitted(user, company__legal_name="Sensor & Söhne")

    shown = re.sub(r"<style>.*?</style>|<title>.*?</title>|<[^>]+>", " ", mail.html, flags=re.S)
    shown = shown.replace("&amp;", "&")
    for words in ("Sensor & Söhne", "See your suggested partners", "No more mails like this"):
        assert words in mail.text
        assert words in " ".join(shown.split())
    assert 'href="http://localhost/en/matches/"' in mail.html
    assert "\ue000" not in mail.html + mail.text


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_both_parts_are_in_the_language_of_the_reader(language):
    mail = admitted(factories.UserFactory(language=language))

    assert f'<html lang="{language}">' in mail.html
    assert f"http://localhost/{language}/my/mail/" in mail.text


def test_the_sender_is_the_chamber_and_no_header_more(user):
    mail = admitted(user, chamber__name_en="Chamber, of\r\nBcc: x@evil.example")

    message = message_of(Mail.objects.get(pk=mail.pk)).message()

    assert message["Bcc"] is None
    name, address = parseaddr(message["From"])
    assert address == "noreply@localhost"
    shown = str(make_header(decode_header(name)))
    assert shown == "Chamber, of Bcc: x@evil.example · Business Market"
