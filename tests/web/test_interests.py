"""Expressions of interest on their pages, and that no page, mail or endpoint tells too much."""

import re

import pytest
from django.urls import reverse

from chambers.models import Mail
from marketplace.models import Interest, MeetingRequest, Opportunity
from marketplace.services import interests as services
from tests.factories import (
    InterestFactory,
    OpportunityFactory,
    RepresentativeFactory,
    UserFactory,
    token_for,
)
from tests.marketplace.interest_world import SECRETS, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build()


def page(client, person, name, *args, **query):
    """The text of a page as somebody reads it."""
    client.force_login(person)
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def send(client, person, name, *args, **said):
    """The answer to a form that somebody sends."""
    client.force_login(person)
    return client.post(reverse(name, args=args), said)


def at_owner(world):
    """The interest once both chambers have passed it on."""
    interest = services.forward_interest(world.express(), by=world.sato)
    return services.forward_interest(interest, by=world.irina)


def told(text):
    """Which words that only the owner and its chamber may read stand in a text."""
    return [word for word in SECRETS if word in text]


def test_a_company_expresses_interest_and_sees_who_has_it(client, world):
    text = page(client, world.keiko, "opportunity", world.offer.public_id)
    address = reverse("interest-new", args=[world.offer.public_id])
    assert address in text
    form = page(client, world.keiko, "interest-new", world.offer.public_id)
    assert "Tokyo Chamber → Moscow Chamber" in form
    assert "Your adviser: Manager of Tokyo Chamber" in form

    answer = send(
        client, world.keiko, "interest-new", world.offer.public_id,
        cooperation="500 sensors", missing="Certificates?", about="We make gauges",
    )  # fmt: skip

    interest = Interest.objects.get()
    assert answer["Location"] == reverse("interest", args=[interest.public_id])
    text = page(client, world.keiko, "interest", interest.public_id)
    assert "With your chamber" in text
    assert text.index("Tokyo Chamber") < text.index("Moscow Chamber")
    assert "500 sensors" in page(client, world.keiko, "interests", tab="sent")
    assert "See how it stands" in page(client, world.keiko, "opportunity", world.offer.public_id)


def test_who_is_no_member_reads_where_to_apply_before_typing(client, world):
    world.asking.memberships.all().delete()

    shown = page(client, world.keiko, "interest-new", world.offer.public_id).split("<main")[1]

    assert "Only members of a chamber may express interest" in shown
    assert reverse("memberships") in shown


def test_what_was_typed_stays_where_an_answer_is_missing(client, world):
    answer = send(
        client, world.keiko, "interest-new", world.offer.public_id, cooperation="500 sensors"
    )

    assert answer.status_code == 422
    assert "500 sensors" in answer.content.decode()
    assert not Interest.objects.exists()


def test_a_choice_of_ways_is_offered_only_over_a_common_partner(client):
    from tests.factories import AgreementFactory
    from tests.marketplace.interest_world import chamber

    world = build(agreed=False)
    assert "No agreement leads" in page(client, world.keiko, "interest-new", world.offer.public_id)
    minsk, _natalia = chamber("Minsk Chamber")
    for partner in (world.tokyo, world.moscow):
        AgreementFactory(first=minsk, second=partner)

    form = page(client, world.keiko, "interest-new", world.offer.public_id)
    assert "Tokyo Chamber → Minsk Chamber → Moscow Chamber" in form
    assert "Directly, without the support of the chambers" in form
    said = {"cooperation": "A", "about": "B", "way": "direct"}
    send(client, world.keiko, "interest-new", world.offer.public_id, **said)
    assert Interest.objects.get().status == "with_owner"


def test_the_owner_asks_and_accepts_and_both_see_whom_to_reach(client, world):
    key = at_owner(world).public_id
    text = page(client, world.anna, "interest", key)
    assert "Asahi Keiso" in text
    assert world.keiko.email not in text

    send(client, world.anna, "interest-question", key, text="Which range?")
    assert "Which range?" in page(client, world.keiko, "interest", key)
    send(client, world.keiko, "interest-answer", key, text="0-10 bar")
    assert "0-10 bar" in page(client, world.anna, "interest", key)
    answer = send(client, world.anna, "interest-accept", key, text="Welcome")

    assert answer.status_code == 302
    assert world.keiko.email in page(client, world.anna, "interest", key)
    text = page(client, world.keiko, "interest", key)
    assert world.anna.email in text
    assert "Ромашка" in text
    assert "Ромашка" in page(client, world.keiko, "opportunity", world.offer.public_id)
    owner = world.offer.company.public_id
    for address in (reverse("direct-ask", args=[owner]), reverse("company-message", args=[owner])):
        assert f'href="{address}"' in text
        assert client.get(address).status_code == 200
    asking = page(client, world.anna, "interest", key)
    other = world.keiko.representations.get().company.public_id
    assert f'href="{reverse("direct-ask", args=[other])}"' in asking


def test_who_was_accepted_asks_to_meet_about_a_named_item_from_the_page_and_from_the_mail(client):
    world = build(anonymous=False)
    world.offer.through_chambers = True
    world.offer.save()
    key = at_owner(world).public_id
    send(client, world.anna, "interest-accept", key, text="Welcome")
    ask = reverse("direct-ask", args=[world.offer.company.public_id])
    link = f"{ask}?about={world.offer.reference}"
    assert f'href="{link}"' in page(client, world.keiko, "interest", key)
    assert link in Mail.objects.get(kind="interest_accepted", to=world.keiko.email).text

    client.force_login(world.keiko)
    form = client.get(link).context["form"]
    answer = client.post(link, {**form.initial, "minutes": 30, "message": "Shall we talk?"})

    assert answer.status_code == 302, answer.context["form"].errors
    assert MeetingRequest.objects.get().opportunity == world.offer


def test_declining_asks_for_a_reason_and_a_closed_interest_offers_nothing_more(client, world):
    key = at_owner(world).public_id
    unsaid = send(client, world.anna, "interest-decline", key)
    assert (unsaid.status_code, list(unsaid.context["form"].errors)) == (422, ["reason_code"])
    form = page(client, world.anna, "interest-decline", key)
    assert "A reason is needed" in form
    assert 'value="partner"' in form
    assert not re.search(r'name="reason_code" value="(|time|nobody)"', form)

    send(client, world.anna, "interest-decline", key, reason_code="field", reason="Sorry")

    assert "Not our field: Sorry" in page(client, world.keiko, "interest", key)
    assert reverse("interest-accept", args=[key]) not in page(client, world.anna, "interest", key)
    again = send(client, world.anna, "interest-accept", key)
    assert again["Location"] == reverse("interest", args=[key])
    assert "Not our field" not in page(client, world.keiko, "interests", tab="sent")


def test_archiving_says_who_waits_and_leaves_no_dead_link(client, world):
    interest = at_owner(world)
    link = reverse("opportunity", args=[world.offer.public_id])
    assert link in page(client, world.keiko, "interest", interest.public_id)

    asked = page(client, world.anna, "opportunity-archive", world.offer.public_id)
    send(client, world.anna, "opportunity-archive", world.offer.public_id)

    assert "1 company has asked about it and waits" in asked
    shown = page(client, world.keiko, "interest", interest.public_id)
    assert "Ended: taken out of the market" in shown
    assert "Expired" not in shown
    past = page(client, world.keiko, "interests", tab="past")
    assert ("Ended: taken out of the market" in past, "Expired" in past) == (True, False)
    assert "not public any more" in shown
    assert link not in shown
    client.force_login(world.keiko)
    assert client.get(link).status_code == 404
    assert link in page(client, world.anna, "interest", interest.public_id)


def test_readers_of_a_company_look_and_strangers_find_nothing(client, world):
    key = at_owner(world).public_id
    reader = RepresentativeFactory(company=world.owner, role="viewer").person
    text = page(client, reader, "interest", key)
    assert reverse("interest-accept", args=[key]) not in text
    assert send(client, reader, "interest-accept", key).status_code == 403

    client.force_login(UserFactory())
    assert client.get(reverse("interest", args=[key])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    client, world, count, django_assert_num_queries
):
    for number in range(count):
        world.offer = OpportunityFactory(company=world.owner, published=True, is_anonymous=True)
        world.express(cooperation=f"Offer {number}")
    client.force_login(world.keiko)

    with django_assert_num_queries(10):
        answer = client.get(reverse("interests"), {"tab": "sent"})

    assert len(answer.context["shown"]) == count


# ---------------------------------------------------------------- no name before acceptance
PLACES = [
    ("home", ()),
    ("opportunities", ()),
    ("opportunity", ("offer",)),
    ("interest-new", ("offer",)),
    ("interests", ()),
    ("interest", ("interest",)),
    ("interest-withdraw", ("interest",)),
    ("interest-answer", ("interest",)),
    ("opportunity-calendar", ("offer",)),
]


def read_all(client, world, interest):
    """Everything that the asking side can read of an interest on pages and endpoints."""
    keys = {"offer": world.offer.public_id, "interest": interest.public_id}
    texts = {}
    client.force_login(world.keiko)
    for language in ("en", "ru", "ja"):
        for name, args in PLACES:
            address = reverse(name, args=[keys[one] for one in args])
            answer = client.get(re.sub(r"^/en/", f"/{language}/", address), follow=True)
            texts[language, name] = answer.content.decode()
    for word in ("Ромашка", "Romashka", "romashka sensor", "ромашка сенсор"):
        answer = client.get(reverse("opportunities"), {"q": word})
        assert world.offer.reference not in answer.content.decode(), word
    api = ["api-interest-list", "api-opportunity-list"]
    named = {
        "api-interest-detail": [interest.public_id],
        "api-opportunity-detail": [world.offer.reference],
        **{name: [] for name in api},
    }
    key = token_for(world.keiko, "interests:read", "opportunities:read")
    for name, args in named.items():
        answer = client.get(reverse(name, args=args), headers={"Authorization": f"Token {key}"})
        assert answer.status_code == 200, name
        texts[name] = answer.content.decode()
    client.force_login(world.sato)
    for name, args in (
        ("admin:index", []),
        ("admin:marketplace_interest_changelist", []),
        ("admin:marketplace_interest_change", [interest.pk]),
        ("admin:marketplace_interest_history", [interest.pk]),
    ):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 200, name
        texts[name] = answer.content.decode()
    answer = client.get(reverse("admin:marketplace_interest_changelist"), {"q": "Ромашка"})
    assert world.offer.reference not in answer.content.decode()
    return texts


def mailed(*people):
    """All that was mailed to some people."""
    rows = Mail.objects.filter(to__in=[one.email for one in people])
    return "\n".join(f"{one.subject}\n{one.text}\n{one.html}\n{one.calendar}" for one in rows)


def test_until_it_accepts_no_page_mail_or_endpoint_names_an_anonymous_owner(client, world):
    world.offer.codes.clear()
    interest = world.express()
    interest = services.ask_question(interest, by=world.sato, text="Since when?")
    interest = services.answer_question(interest, by=world.keiko, text="1987")
    interest = services.forward_interest(interest, by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)
    interest = services.ask_question(interest, by=world.anna, text="Which range?")

    for place, text in read_all(client, world, interest).items():
        assert told(text) == [], place
    assert world.offer.reference in mailed(world.keiko)
    assert told(mailed(world.keiko, world.sato)) == []
    # The words would be found: the owner's own chamber and people read them.
    assert told(mailed(world.anna)) != [] or told(
        page(client, world.anna, "opportunity", world.offer.public_id)
    )

    interest = services.answer_question(interest, by=world.keiko, text="0-10")
    services.accept_interest(interest, by=world.anna)
    assert told(mailed(world.keiko)) != []
    assert told(mailed(world.sato)) == []
    opened = page(client, world.keiko, "interest", interest.public_id)
    assert "Ромашка" in opened
    assert "Romashka" in opened


def test_a_name_that_is_markup_is_text_in_page_and_mail(client, world):
    world.asking.legal_name = "<a href=//evil>x</a>"
    world.asking.save()

    key = at_owner(world).public_id

    text = page(client, world.anna, "interest", key)
    assert "<a href=//evil>" not in text
    assert "&lt;a href=//evil&gt;" in text


def test_own_opportunities_say_how_many_asked(client, world):
    at_owner(world)
    InterestFactory(opportunity=world.offer)

    text = page(client, world.anna, "opportunity", world.offer.public_id)

    assert "2 companies have asked you about this." in text
    assert Opportunity.objects.count() == 1


def test_the_page_of_an_anonymous_item_answers_the_same_whomever_one_excludes(client, world):
    before = page(client, world.keiko, "interest-new", world.offer.public_id)
    world.asking.excluded_companies.add(world.owner)

    after = page(client, world.keiko, "interest-new", world.offer.public_id)

    assert "is not possible" not in after
    assert after.count("<form") == before.count("<form")
