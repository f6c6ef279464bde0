"""Expressions of interest: their way, their deadlines, who may do what, and who collides."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from chambers.models import Contact, Level, Mail, User
from chambers.selectors.contacts import people_to_reach
from chambers.selectors.shown import shown_company
from chambers.services.bodies import end_agreement
from marketplace.models import Interest, InterestEntry
from marketplace.selectors.interests import joined_interests, shown_interest
from marketplace.services import archive_opportunity
from marketplace.services import interests as services
from marketplace.services.interest_watch import watch_interests
from tests.factories import (
    AgreementFactory,
    CommissionFactory,
    CompanyFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    StaffFactory,
)
from tests.marketplace.interest_world import SECRETS, build, chamber
from tests.marketplace.test_races import race

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@pytest.fixture
def world():
    return build()


def on(days):
    """So many days after that Monday."""
    return MONDAY + dt.timedelta(days=days)


def code_of(refusal):
    """The code of what a service refused, with the field it is about if there is one."""
    error = refusal.value
    if hasattr(error, "error_dict"):
        ((field, (one,)),) = error.error_dict.items()
        return one.code if field == "__all__" else (field, one.code)
    return error.code


def mails(kind, person):
    """The mails of a kind that somebody got."""
    return Mail.objects.filter(kind=f"interest_{kind}", to=person.email)


def told(kind, person):
    """How many mails of a kind somebody got."""
    return mails(kind, person).count()


def kinds(interest):
    return list(interest.entries.values_list("kind", flat=True))


def read(interest, viewer):
    return shown_interest(joined_interests(Interest.objects.all()).get(pk=interest.pk), viewer)


# ---------------------------------------------------------------- the way
def test_an_interest_goes_over_the_agreement_from_chamber_to_chamber_to_the_owner(world):
    interest = world.express(missing="Certificates?")

    assert interest.status == "with_own_chamber"
    assert not Interest.objects.visible_to(world.irina).exists()
    assert not Interest.objects.visible_to(world.anna).exists()
    assert told("received", world.sato) == 1

    interest = services.forward_interest(interest, by=world.sato, note="A good member.")
    assert interest.status == "with_partner_chamber"
    assert told("received", world.irina) == 1
    assert told("forwarded", world.keiko) == 1

    interest = services.forward_interest(interest, by=world.irina)
    assert interest.status == "with_owner"
    assert list(Interest.objects.visible_to(world.anna)) == [interest]
    assert told("received", world.anna) == 1

    interest = services.accept_interest(interest, by=world.anna, text="Let us talk.")
    assert interest.status == "accepted"
    assert kinds(interest) == ["sent", "forwarded", "forwarded", "accepted"]
    assert [one.chamber.name for one in interest.hops.all()] == ["Tokyo Chamber", "Moscow Chamber"]
    assert all(told("accepted", one) == 1 for one in (world.keiko, world.anna))
    assert all(told("accepted", one) == 1 for one in (world.sato, world.irina))
    asks = {one.to: one.text for one in Mail.objects.filter(kind="interest_accepted")}
    # Who organises a meeting or joins it would read whose the anonymous text is.
    ask = reverse("direct-ask", args=[world.owner.public_id])
    assert f"Request meeting:\n{settings.BASE_URL}{ask}\n" in asks[world.keiko.email]
    assert reverse("direct-ask", args=[world.asking.public_id]) in asks[world.anna.email]
    assert "Request meeting" not in asks[world.sato.email] + asks[world.irina.email]


def links_of(mail):
    """The paths of the one-purpose links in a mail, in its order."""
    return re.findall(r"https?://[^/]+(\S*/links/\S+)", mail.text)


def test_the_owner_answers_from_the_mail_by_a_button_and_staff_only_signed_in(world, client):
    interest = services.forward_interest(world.express(), by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)
    accept, decline = links_of(mails("received", world.anna).get())[:2]
    for chamber_staff in (world.sato, world.irina):  # one link alone, to choose what is mailed
        assert "Accept:" not in mails("received", chamber_staff).get().text

    asked = client.get(accept).content.decode()
    assert "Accept this interest?" in asked
    assert "Asahi Keiso" in asked
    refused = client.post(decline, {"reason_code": "", "reason": ""})
    assert "Choose a reason, or write one." in refused.content.decode()
    assert Interest.objects.get().status == "with_owner"
    client.post(accept)

    assert Interest.objects.get().status == "accepted"
    for late in (accept, decline):
        assert "was answered, asked about or taken back" in client.post(late).content.decode()
    assert kinds(interest)[-1] == "accepted"


def test_an_interest_is_declined_from_the_mail_with_a_wording(client):
    world = build(anonymous=False)
    interest = world.express(direct=True)
    _accept, decline = links_of(mails("received", world.anna).get())[:2]

    client.post(decline, {"reason_code": "capacity", "reason": ""})

    interest.refresh_from_db()
    assert (interest.status, interest.reason_code) == ("declined", "capacity")


def test_a_colleague_who_left_the_company_cannot_answer_by_the_mail(client):
    world = build(anonymous=False)
    world.express(direct=True)
    accept = links_of(mails("received", world.anna).get())[0]
    RepresentativeFactory(company=world.owner)
    world.owner.representatives.filter(person=world.anna).delete()

    answer = client.post(accept)

    assert answer.status_code == 404
    assert Interest.objects.get().status == "with_owner"


def test_each_chamber_and_the_owner_have_the_working_days_of_the_agreement(world):
    interest = world.express(at=MONDAY)
    assert interest.due_on == dt.date(2026, 3, 5)

    interest = services.forward_interest(interest, by=world.sato, at=on(2))
    assert interest.due_on == dt.date(2026, 3, 9)  # Wednesday and three working days

    interest = services.forward_interest(interest, by=world.irina, at=on(4))
    assert interest.due_on == dt.date(2026, 3, 11)
    assert [hop.due_on for hop in interest.hops.all()] == [dt.date(2026, 3, 5), dt.date(2026, 3, 9)]


def test_without_an_agreement_a_common_partner_passes_it_on_or_nobody_as_the_company_likes():
    world = build(agreed=False)
    minsk, _natalia = chamber("Minsk Chamber")
    for partner in (world.tokyo, world.moscow):
        AgreementFactory(first=minsk, second=partner)

    through = world.express()

    assert [hop.chamber for hop in through.hops.all()] == [world.tokyo, minsk, world.moscow]
    services.withdraw_interest(through, by=world.keiko)
    directly = world.express(direct=True)
    assert (directly.status, directly.hops.count()) == ("with_owner", 0)


def test_what_an_agreement_leads_to_is_not_asked_past_the_chambers(world):
    with pytest.raises(ValidationError) as refusal:
        world.express(direct=True)

    assert code_of(refusal) == "through_chambers"


def test_where_no_agreement_leads_it_goes_directly_and_the_owner_stays_unnamed():
    world = build(agreed=False)

    interest = world.express()

    assert interest.status == "with_owner"
    assert read(interest, world.keiko).item.company is None
    assert told("received", world.anna) == 1


def test_an_open_item_is_asked_directly_unless_its_owner_wants_the_chambers(world):
    world.offer.is_anonymous = False
    world.offer.save()
    directly = world.express()
    assert directly.status == "with_owner"

    services.withdraw_interest(directly, by=world.keiko)
    world.offer.through_chambers = True
    world.offer.save()
    assert world.express().status == "with_own_chamber"


def test_two_members_of_one_chamber_are_brought_together_by_it():
    world = build(agreed=False)
    MembershipFactory(company=world.asking, chamber=world.moscow)

    interest = world.express()
    interest = services.forward_interest(interest, by=world.irina)

    assert interest.status == "with_owner"
    assert interest.hops.count() == 1


# ---------------------------------------------------------------- questions
def test_the_owner_asks_the_asker_answers_and_the_owner_has_its_full_time_again(world):
    interest = services.forward_interest(world.express(at=MONDAY), by=world.sato, at=MONDAY)
    interest = services.forward_interest(interest, by=world.irina, at=MONDAY)

    interest = services.ask_question(interest, by=world.anna, text="Which range?", at=on(1))
    assert (interest.status, interest.due_on) == ("question", dt.date(2026, 3, 10))
    assert told("question", world.keiko) == 1
    assert read(interest, world.keiko).waits_for_viewer

    interest = services.answer_question(interest, by=world.keiko, text="0-10 bar", at=on(3))
    assert (interest.status, interest.due_on) == ("with_owner", dt.date(2026, 3, 10))
    assert told("answer", world.anna) == 1
    assert kinds(interest)[-2:] == ["question", "answer"]


def test_a_chamber_asks_too_and_cannot_pass_it_on_before_the_answer(world):
    interest = services.ask_question(world.express(), by=world.sato, text="Since when?")

    with pytest.raises(ValidationError) as refusal:
        services.forward_interest(interest, by=world.sato)
    assert code_of(refusal) == "not_waiting"
    interest = services.answer_question(interest, by=world.keiko, text="1987")
    assert interest.status == "with_own_chamber"


def test_who_knows_the_hidden_name_is_kept_from_writing_it_before_acceptance(world):
    interest = services.forward_interest(
        world.express(), by=world.sato, note="Perhaps ООО «Ромашка Сенсор»?"
    )  # who only guesses is not told that it is right
    with pytest.raises(ValidationError) as refusal:
        services.forward_interest(interest, by=world.irina, note="From Romashka Sensor with love")
    assert code_of(refusal) == ("note", "leaks")

    interest = services.forward_interest(interest, by=world.irina)
    for text in ("Write to anna@romashka-sensor.example", "Мы – Ромашка Сенсор"):
        with pytest.raises(ValidationError) as refusal:
            services.ask_question(interest, by=world.anna, text=text)
        assert code_of(refusal) == ("text", "leaks")
    assert services.ask_question(interest, by=world.anna, text="Which range?").status == "question"


# ---------------------------------------------------------------- answers
def test_acceptance_opens_fields_and_people_to_both_sides_and_to_nobody_else(world):
    world.owner.visibility = {"website": Level.ACCEPTED, "description": Level.ACCEPTED}
    world.owner.website = "https://romashka.example"
    world.owner.save()
    stranger = RepresentativeFactory(company=CompanyFactory(member=True)).person
    interest = services.forward_interest(world.express(), by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)
    assert "website" not in shown_company(world.owner, world.keiko).fields

    services.accept_interest(interest, by=world.anna)

    assert shown_company(world.owner, world.keiko).fields["website"] == "https://romashka.example"
    assert "website" not in shown_company(world.owner, stranger).fields
    assert [one.email for one in people_to_reach([world.owner], world.keiko)[world.owner.pk]] == [
        "anna@romashka-sensor.example"
    ]
    assert people_to_reach([world.owner], stranger) == {}
    assert [one.email for one in read(interest, world.keiko).people] == [world.anna.email]
    assert [one.email for one in read(interest, world.anna).people] == [world.keiko.email]
    assert read(interest, world.irina).people == ()


def test_a_contact_over_one_item_names_nobody_in_another_anonymous_one(world):
    interest = services.forward_interest(world.express(), by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)
    services.accept_interest(interest, by=world.anna)
    world.offer = OpportunityFactory(company=world.owner, published=True, is_anonymous=True)

    other = world.express(cooperation="Something else")

    assert read(other, world.keiko).item.company is None
    assert read(other, world.keiko).people == ()
    assert read(interest, world.keiko).item.company == world.owner


def test_declining_needs_a_reason_which_the_asker_reads(world):
    interest = world.express()
    with pytest.raises(ValidationError) as refusal:
        services.decline_interest(interest, by=world.sato, reason=" ")
    assert code_of(refusal) == ("reason_code", "empty")
    with pytest.raises(ValidationError) as refusal:  # what a company says, not a chamber for it
        services.decline_interest(interest, by=world.sato, reason_code="partner")
    assert code_of(refusal) == ("reason_code", "other_wordings")
    assert "Our rules do not allow it" in refusal.value.messages[0]
    User.objects.filter(pk=world.keiko.pk).update(language="ru")

    services.decline_interest(interest, by=world.sato, reason_code="nobody")

    shown = read(interest, world.keiko)
    assert (shown.reason_code, shown.reason_label, shown.reason) == (
        "nobody",
        "No company of ours suits this",
        "",
    )
    assert shown.lines[-1].text == "No company of ours suits this"
    with translation.override("ja"):
        assert read(interest, world.keiko).lines[-1].text == "当所の会員に適した企業がありません"
    assert told("declined", world.keiko) == 1
    mail = Mail.objects.get(kind="interest_declined")
    assert "Ни одна наша компания для этого не подходит" in mail.text
    assert not Contact.objects.exists()


def test_what_is_archived_ends_its_open_interests_and_who_waits_is_told(world):
    interest = services.forward_interest(world.express(), by=world.sato)
    left = services.quota_left(world.asking)

    archive_opportunity(world.offer, by=world.anna)

    interest.refresh_from_db()
    assert (interest.status, interest.due_on) == ("expired", None)
    assert services.quota_left(world.asking) == left + 1
    assert [told("ended", one) for one in (world.keiko, world.sato, world.irina)] == [1, 1, 1]
    assert told("ended", world.anna) == 0
    assert "taken out of the market" in mails("ended", world.keiko).get().text
    assert read(interest, world.keiko).lines[-1].label == "Ended: taken out of the market"
    for mail in Mail.objects.filter(kind="interest_ended"):
        assert not [one for one in SECRETS if one in f"{mail.subject} {mail.text}"]
    with pytest.raises(ValidationError) as refusal:
        services.forward_interest(interest, by=world.irina)
    assert code_of(refusal) == "not_waiting"
    with pytest.raises(ValidationError) as refusal:
        world.express()
    assert code_of(refusal) == "not_open"


def test_what_was_answered_stays_answered_when_its_item_is_archived(world):
    interest = services.forward_interest(world.express(), by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)
    services.accept_interest(interest, by=world.anna)

    archive_opportunity(world.offer, by=world.irina)

    interest.refresh_from_db()
    assert interest.status == "accepted"
    assert not Mail.objects.filter(kind="interest_ended").exists()


def test_what_is_taken_back_never_reaches_the_owner_and_may_be_sent_again(world):
    interest = services.withdraw_interest(world.express(), by=world.keiko)

    assert not Interest.objects.visible_to(world.anna).exists()
    assert told("withdrawn", world.sato) == 1
    assert world.express().pk != interest.pk


# ---------------------------------------------------------------- who may
def test_only_who_has_it_decides(world):
    interest = world.express()
    viewer = StaffFactory(chamber=world.tokyo, role="viewer").person
    reader = RepresentativeFactory(company=world.asking, role="viewer").person

    for stranger in (world.irina, world.anna, world.keiko, viewer):
        with pytest.raises(PermissionDenied):
            services.forward_interest(interest, by=stranger)
        with pytest.raises(PermissionDenied):
            services.decline_interest(interest, by=stranger, reason="No")
    for stranger in (world.irina, world.sato, world.keiko):
        with pytest.raises(PermissionDenied):
            services.accept_interest(interest, by=stranger)
    for stranger in (world.anna, reader):
        with pytest.raises(PermissionDenied):
            services.withdraw_interest(interest, by=stranger)
    assert kinds(interest) == ["sent"]


def test_a_chamber_that_passed_it_on_reads_on_but_decides_no_more(world):
    interest = services.forward_interest(world.express(), by=world.sato)

    with pytest.raises(ValidationError) as refusal:
        services.forward_interest(interest, by=world.sato)

    assert code_of(refusal) == "not_waiting"
    assert list(Interest.objects.served_by(world.sato)) == [interest]
    assert not Interest.objects.managed_by(world.sato).exists()


def refused_express(world, **fields):
    with pytest.raises(ValidationError) as refusal:
        world.express(**fields)
    return code_of(refusal)


def test_what_cannot_be_asked_about_is_refused_with_the_rule(world):
    with pytest.raises(ValidationError) as refusal:
        services.express_interest(
            world.offer, world.owner, by=world.anna, cooperation="A", about="B"
        )
    assert code_of(refusal) == "own_item"

    world.express()
    assert refused_express(world) == "already_interested"

    world.offer = OpportunityFactory(company=world.owner, expired=True)
    assert refused_express(world) == "not_open"

    world.offer = OpportunityFactory(company=world.owner, published=True)
    world.owner.excluded_companies.add(world.asking)
    assert refused_express(world) == "not_possible"

    world.owner.excluded_companies.clear()
    world.asking.memberships.all().delete()
    assert refused_express(world) == "no_member"


def test_a_list_of_ones_own_does_not_tell_whose_an_anonymous_item_is(world):
    world.asking.excluded_companies.add(world.owner)

    services.demand_askable(world.offer, world.asking)
    assert world.express().status == "with_own_chamber"

    world.offer = OpportunityFactory(company=world.owner, published=True)
    assert refused_express(world) == "not_possible"


def test_the_quota_is_given_back_and_the_same_words_are_not_sent_to_many(world, monkeypatch):
    monkeypatch.setattr(services, "MOST_OPEN", 6)
    for _number in range(5):
        world.offer = OpportunityFactory(company=world.owner, published=True)
        sent = world.express(cooperation="Hello")
    world.offer = OpportunityFactory(company=world.owner, published=True)
    assert refused_express(world, cooperation="HELLO, 1.") == ("cooperation", "same_text")
    world.express(cooperation="Hello, you with the pumps")

    world.offer = OpportunityFactory(company=world.owner, published=True)
    assert services.quota_left(world.asking) == 0
    assert refused_express(world, cooperation="One more") == "quota"
    services.withdraw_interest(sent, by=world.keiko)
    assert world.express(cooperation="One more").is_open


# ---------------------------------------------------------------- the clock
def test_who_is_late_is_reminded_once_and_then_the_commission_is_called(world):
    commission = CommissionFactory(chamber=world.tokyo, country=world.owner.country)
    interest = world.express(at=MONDAY)  # until Thursday 5 March

    watch_interests(on(3))
    assert told("overdue", world.sato) == 0

    watch_interests(on(4))  # Friday
    watch_interests(on(4))
    assert told("overdue", world.sato) == 1
    assert told("escalated", world.sato) == 0

    watch_interests(on(8))  # Tuesday: Friday and Monday were two working days
    watch_interests(on(8))
    assert told("escalated", world.sato) == 1
    assert told("escalated", world.keiko) == 1
    interest.refresh_from_db()
    entry = interest.entries.get(kind="escalated")
    assert (entry.chamber, entry.commission) == (world.tokyo, commission)
    assert str(commission.name) in mails("escalated", world.sato).get().text


def test_where_there_is_no_commission_the_chamber_s_desk_is_called(world):
    CommissionFactory(chamber=world.moscow, country=world.owner.country)
    interest = services.forward_interest(world.express(at=MONDAY), by=world.sato, at=MONDAY)
    services.forward_interest(interest, by=world.irina, at=MONDAY)

    watch_interests(on(4))
    watch_interests(on(10))

    assert told("overdue", world.anna) == 1
    entry = interest.entries.get(kind="escalated")
    assert (entry.chamber, entry.commission) == (world.moscow, None)
    assert "international desk" in mails("escalated", world.irina).get().text


def test_what_nobody_answers_for_a_month_expires_and_both_are_told(world):
    interest = world.express(at=MONDAY)

    for days in (4, 8, 40):
        watch_interests(on(days))

    interest.refresh_from_db()
    assert interest.status == "expired"
    assert told("expired", world.keiko) == told("expired", world.sato) == 1
    assert kinds(interest) == ["sent", "reminded", "escalated", "expired"]


def test_a_question_reminds_the_asker_and_calls_nobody(world):
    interest = services.ask_question(world.express(at=MONDAY), by=world.sato, text="?", at=MONDAY)

    for days in (8, 15):
        watch_interests(on(days))

    assert told("overdue", world.keiko) == 1
    assert told("escalated", world.sato) == told("escalated", world.keiko) == 0
    assert kinds(interest) == ["sent", "question", "reminded"]


def test_a_clock_that_stood_still_reminds_first_and_calls_for_help_days_later(world):
    world.express(at=MONDAY)

    watch_interests(on(14))
    watch_interests(on(15))
    assert (told("overdue", world.sato), told("escalated", world.sato)) == (1, 0)
    watch_interests(on(16))
    assert (told("overdue", world.sato), told("escalated", world.sato)) == (1, 1)


def test_acting_in_time_takes_the_reminder_away(world):
    interest = world.express(at=MONDAY)
    watch_interests(on(4))

    interest = services.forward_interest(interest, by=world.sato, at=on(4))

    assert (interest.reminded_at, interest.escalated_at) == (None, None)


# ---------------------------------------------------------------- agreements that end
def test_when_an_agreement_ahead_ends_the_interest_takes_another_way(world):
    minsk, _natalia = chamber("Minsk Chamber")
    interest = world.express()
    end_agreement(world.agreement)
    for partner in (world.tokyo, world.moscow):
        AgreementFactory(first=minsk, second=partner)

    watch_interests(timezone.now() + dt.timedelta(days=1))

    assert [hop.chamber for hop in interest.hops.all()] == [world.tokyo, minsk, world.moscow]
    assert kinds(interest) == ["sent", "rerouted"]
    assert told("rerouted", world.sato) == told("rerouted", world.keiko) == 1


def test_without_another_way_the_chamber_that_has_it_passes_it_to_the_owner(world):
    interest = world.express()
    end_agreement(world.agreement)

    tomorrow = timezone.now() + dt.timedelta(days=1)
    interest = services.forward_interest(interest, by=world.sato, at=tomorrow)

    assert interest.status == "with_owner"
    assert kinds(interest) == ["sent", "rerouted", "forwarded"]
    assert not Interest.objects.served_by(world.irina).exists()


def test_an_agreement_behind_may_end_without_any_matter(world):
    interest = services.forward_interest(world.express(), by=world.sato)
    end_agreement(world.agreement)

    watch_interests(timezone.now() + dt.timedelta(days=1))

    assert kinds(interest) == ["sent", "forwarded"]


def test_new_interests_do_not_take_a_way_that_has_ended(world):
    end_agreement(world.agreement)

    interest = world.express(at=timezone.now() + dt.timedelta(days=1))

    assert interest.status == "with_owner"


# ---------------------------------------------------------------- at once
@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides(world):
    interest = services.forward_interest(world.express(), by=world.sato)
    interest = services.forward_interest(interest, by=world.irina)

    answers = race(
        lambda: services.accept_interest(interest, by=world.anna),
        lambda: services.decline_interest(interest, by=world.anna, reason="No"),
    )

    assert answers == {"won": 1, "not_waiting": 1}
    interest.refresh_from_db()
    assert Contact.objects.count() == (interest.status == "accepted")
    assert interest.entries.filter(kind__in=["accepted", "declined"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_who_ask_at_once_ask_once(world):
    colleague = RepresentativeFactory(company=world.asking, role="editor").person

    def ask(person):
        services.express_interest(world.offer, world.asking, by=person, cooperation="A", about="B")

    answers = race(lambda: ask(world.keiko), lambda: ask(colleague))

    assert answers == {"won": 1, "already_interested": 1}
    assert Interest.objects.count() == 1
    assert InterestEntry.objects.count() == 1


def test_where_a_way_is_cut_short_the_askers_chamber_reads_no_mail_to_the_owner(world):
    interest = world.express()
    end_agreement(world.agreement)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    services.forward_interest(interest, by=world.sato, at=tomorrow)

    read = Mail.objects.served_by(world.sato)
    assert mails("received", world.anna).exists()
    assert not read.filter(to=world.anna.email).exists()
    assert read.filter(to=world.keiko.email).exists()
