"""The download of one's data holds what one wrote, and not what others did."""

import pytest
from django.core.exceptions import ValidationError

from chambers.services import account
from marketplace.models import Away, Block, Revision
from marketplace.services import interests
from marketplace.services.opportunities import archive_opportunity
from matching.models import Dismissal, PairHistory, TriadRefusal
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
    interests.decline_interest(interest, by=world.sato, reason_code="rules")
    told = [row[2] for row in tables(world.sato)["interest_answers.csv"][1:]]
    assert told == ["How many?", "Our rules do not allow it"]


def test_requests_reviews_and_reports_are_in_the_data_of_who_wrote_them():
    person, other = factories.UserFactory(), factories.UserFactory()
    for by, words in ((person, "Mine"), (other, "Theirs")):
        make.MeetingRequestFactory(created_by=by, message=words)
        factories.ReportFactory(by=by, note=words)

    found = tables(person)

    assert [row[1] for row in found["meeting_requests.csv"][1:]] == ["Mine"]
    assert [row[2] for row in found["reports.csv"][1:]] == ["Mine"]
    assert "Theirs" not in str(found)


def test_what_one_chose_of_times_companies_and_partners_is_in_it():
    person, other = factories.UserFactory(), factories.UserFactory()
    slot = make.SlotFactory()
    for by in (person, other):
        registration = make.RegistrationFactory(event=slot.event, registered_by=by)
        Away.objects.create(
            participant=make.ParticipantFactory(registration=registration, person=by), slot=slot
        )
        own, partner = registration.company, factories.CompanyFactory()
        Block.objects.create(company=own, blocked=partner, by=by)
        Dismissal.objects.create(company=own, partner=partner, reason="field", by=by)
        PairHistory.objects.create(
            one=own, other=partner, kind="partner", stated_by=own, recorded_by=by, note="Fair"
        )
        TriadRefusal.objects.create(
            demand=factories.OpportunityFactory(company=own),
            first=partner,
            second=own,
            company=own,
            by=by,
        )
        Revision.objects.create(
            opportunity=factories.OpportunityFactory(company=own),
            written_by=by,
            title={"en": f"New words of {by.pk}"},
        )

    found = tables(person)

    for name in (
        "closed_times",
        "registrations",
        "blocks",
        "changed_texts",
        "not_relevant",
        "known_partners",
        "declined_proposals",
    ):
        assert len(found[f"{name}.csv"]) == 2, name
    assert found["changed_texts.csv"][1][2] == f"New words of {person.pk}"
    assert found["closed_times.csv"][1][0] == slot.event.named()[0]


def test_who_alone_answers_for_what_a_company_shows_takes_it_down_first():
    offer = factories.OpportunityFactory(published=True)
    only = factories.RepresentativeFactory(company=offer.company).person

    (hindrance,) = account.before_leaving(only)
    assert "shows 1 offer or request" in hindrance
    with pytest.raises(ValidationError) as refused:
        account.delete_account(only, confirmed=only.email)
    assert refused.value.error_list[0].code == "hindered"

    archive_opportunity(offer, by=only)
    factories.RepresentativeFactory(company=offer.company, role="owner")
    account.delete_account(only, confirmed=only.email)

    only.refresh_from_db()
    assert str(only) == "a deleted account"


def test_who_leaves_colleagues_behind_leaves_what_the_company_shows():
    offer = factories.OpportunityFactory(published=True)
    one = factories.RepresentativeFactory(company=offer.company, role="editor").person
    factories.RepresentativeFactory(company=offer.company, role="owner")

    assert account.before_leaving(one) == []
