"""Beside the list: who was met, what would bring more partners, and proposals of three."""

import pytest

from chambers.models import Job
from chambers.services import jobs
from chambers.services.companies import change_company
from marketplace.models import Opportunity
from matching import reading
from matching.models import Run, SuggestionList, Triad, TriadRefusal
from matching.selectors import suggestions_for
from tests.factories import (
    PairHistoryFactory,
    StaffFactory,
    TradeCodeFactory,
)
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, labelled, match, seeks

pytestmark = pytest.mark.django_db


def page(client, query=""):
    return client.get(f"/en/matches/{query}")


@pytest.fixture
def ours():
    """Seeks chips, makes sensors and says so of harvesters; four makers of chips seek these."""
    labelled(HARVESTERS[:4], "Harvesters for grain")
    reading.forget_labels()
    maker = company("RU", "Ours", description={"en": "Harvesters for grain"})
    change_company(maker, codes=codes_of(SENSORS))
    seeks(maker, CHIPS, title={"en": "Wafers"})
    for number in range(4):
        other = company("JP", f"Other {number}")
        change_company(other, codes=codes_of(CHIPS))
        seeks(other, HARVESTERS, title={"en": "Machine"})
    match()
    yield maker
    reading.forget_labels()


@pytest.fixture
def three():
    """One seeks chips with sensors; one makes the former, one the latter."""
    seeker, chips, sensors = (company(code, f"Firm {code}") for code in ("KZ", "JP", "RU"))
    change_company(chips, codes=codes_of(CHIPS))
    change_company(sensors, codes=codes_of(SENSORS))
    seeks(seeker, CHIPS, SENSORS, title={"en": "A plant"})
    match()
    return seeker, chips, sensors


def test_partners_met_before_are_shown_only_on_request(client, ours, speaks_for):
    person = speaks_for(ours)
    theirs = suggestions_for(ours, person).shown[0].partner
    PairHistoryFactory(one=ours, other=theirs)

    short, whole = page(client), page(client, "?met=1")

    assert theirs not in [one.partner for one in short.context["suggestions"]]
    assert "1 partner you met before is left out." in short.content.decode()
    assert theirs in [one.partner for one in whole.context["suggestions"]]
    assert "You have met before" in whole.content.decode()
    assert 'href="/en/matches/">Leave out people I met' in whole.content.decode()


def test_looking_at_the_page_has_advice_worked_out_once(client, ours, speaks_for):
    speaks_for(ours)

    first, _second = page(client), page(client)

    assert "This is being worked out" in first.content.decode()
    assert Job.objects.filter(kind="matching.advice").count() == 1
    jobs.work_off()
    text = page(client).content.decode()
    assert f"State HS {HARVESTERS[:4]}" in text
    assert "4 more mutual matches" in text
    assert text.count("State this code") == len(
        [one for one in page(client).context["tips"] if one.code]
    )


def test_the_first_page_tells_the_best_advice_once_it_is_worked_out(client, ours, speaks_for):
    speaks_for(ours)

    for _look in range(2):  # who lives on the first page need not open another for it
        assert "#advice" not in client.get("/en/").content.decode()
    assert Job.objects.filter(kind="matching.advice").count() == 1
    jobs.work_off()

    best = page(client).context["tips"][0]
    text = client.get("/en/").content.decode()
    assert f'<a href="/en/matches/#advice"><b>{best.text}</b></a>: ' in text
    assert f"{best.mutual} more mutual matches" in text


def test_at_most_five_pieces_of_advice_are_shown_best_first(client, ours, speaks_for):
    for number in range(9):
        TradeCodeFactory(scheme="hs", code=f"90{number + 10}", level=4)
    speaks_for(ours)
    page(client)
    jobs.work_off()

    shown = page(client).context["tips"]

    assert 0 < len(shown) <= 5
    gains = [(-one.mutual, -one.matches) for one in shown]
    assert gains == sorted(gains)


def test_a_code_is_stated_by_one_button_and_the_matches_follow(client, ours, speaks_for):
    speaks_for(ours)

    answer = client.post("/en/matches/codes/", {"code": HARVESTERS}, follow=True)
    jobs.work_off()

    assert "The code is stated. Your matches follow." in answer.content.decode()
    assert {one.code for one in ours.codes.all()} == {SENSORS, HARVESTERS}
    assert {one.band for one in page(client).context["suggestions"]} == {"strong_both"}


def test_an_unknown_code_is_refused_in_words(client, ours, speaks_for):
    speaks_for(ours)

    answer = client.post("/en/matches/codes/", {"code": "999999"}, follow=True)

    assert "There is no such code." in answer.content.decode()


def test_readers_of_a_company_get_no_buttons_and_change_nothing(client, ours, speaks_for):
    speaks_for(ours, role="viewer")
    page(client)
    jobs.work_off()

    assert "State this code" not in page(client).content.decode()
    assert client.post("/en/matches/codes/", {"code": HARVESTERS}).status_code == 403


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (0, ["Your request", "Firm JP", "Firm RU", "brings:"]),
        (1, ["You bring:", "Firm KZ", "Firm RU"]),
        (2, ["You bring:", "Firm KZ", "Firm JP"]),
    ],
)
def test_each_of_the_three_reads_what_the_others_seek_and_bring(
    client, three, speaks_for, who, words
):
    speaks_for(three[who])

    text = page(client).content.decode()

    assert "Together with a third" in text
    for word in [*words, "A plant", f"Label of {CHIPS[:4]}", f"Label of {SENSORS[:4]}"]:
        assert word in text


def test_declining_takes_the_proposal_off_all_three_pages_without_a_word(client, three, speaks_for):
    (found,) = Triad.objects.all()
    speaks_for(three[1])

    answer = client.post(f"/en/matches/three/{found.public_id}/decline/", follow=True)

    assert "Declined. The others are not told by whom or why." in answer.content.decode()
    assert TriadRefusal.objects.get().company == three[1]
    for one in three:
        speaks_for(one)
        text = page(client).content.decode()
        assert "Together with a third" not in text
        assert "eclined" not in text.replace("You already work together, met or declined?", "")


def test_a_proposal_with_somebody_one_keeps_away_from_is_not_shown(client, three, speaks_for):
    PairHistoryFactory(one=three[0], other=three[1], kind="declined", stated_by=three[1])
    speaks_for(three[0])

    assert page(client).context["proposals"] == []


def test_who_has_no_part_in_a_proposal_cannot_decline_it(client, three, speaks_for):
    (found,) = Triad.objects.all()
    speaks_for(company("DE", "Other"))

    answer = client.post(f"/en/matches/three/{found.public_id}/decline/")

    assert answer.status_code == 404


def test_a_proposal_vanishes_with_its_demand(client, three, speaks_for):
    Opportunity.objects.update(status="archived")
    speaks_for(three[1])

    assert page(client).context["proposals"] == []


def test_staff_act_for_no_company_here(client, three):
    (found,) = Triad.objects.all()
    staff = StaffFactory(chamber=three[0].memberships.get().chamber).person
    client.force_login(staff)

    assert client.post(f"/en/matches/three/{found.public_id}/decline/").status_code == 404


def test_a_suggestion_without_a_reason_from_text_or_codes_is_never_shown(ours, speaks_for):
    """Such as a pair of companies that share nothing, whatever else speaks for them."""
    silent = company("DE", "Silent")
    run = Run.objects.current()
    SuggestionList.objects.filter(run=run, company=ours).update(partners=[silent.pk], mutual=[0.4])

    assert suggestions_for(ours, speaks_for(ours)).shown == []
