"""Codes that a company's text speaks of: offered to its people, stated by one button."""

import pytest
from django.urls import reverse

from chambers.models import Company, Level, TradeCode
from chambers.services import jobs
from matching.models import Profile
from matching.selectors.codes import codes_spoken_of
from tests.factories import OpportunityFactory, StaffFactory
from tests.matching.world import company, labelled, match, nomenclature

pytestmark = pytest.mark.django_db
PUMPS = {"en": "Pumps for liquids"}


@pytest.fixture(autouse=True)
def labels():
    with nomenclature():
        yield


@pytest.fixture
def ours():
    return company("RU", "Ромашка", description=PUMPS)


def page(client):
    return client.get(reverse("suggested-codes"))


def text(answer):
    return answer.content.decode()


def terms(one):
    return Profile.objects.get(company=one).rows[0]["terms"]


def test_the_codes_of_a_text_are_offered_with_label_and_confidence(client, ours, speaks_for):
    speaks_for(ours)

    told = page(client)

    first = told.context["spoken_of"][0]
    assert [one.key for one in told.context["spoken_of"]] == ["hs:8413", "nace:28"]
    assert first.counts
    assert 7 <= first.tenths <= 9
    assert 'value="hs:8413"' in text(told)
    assert f"right for at least {first.tenths} of 10 texts that read like yours" in text(told)
    assert "counts less until you state it" in text(told)


def test_the_page_takes_the_same_queries_for_any_number_of_codes(
    client, ours, speaks_for, django_assert_num_queries
):
    speaks_for(ours)
    page(client)  # the labels are learnt once
    found = []
    for stated in (TradeCode.objects.filter(code="8413"), TradeCode.objects.none()):
        ours.codes.set(stated)
        with django_assert_num_queries(6):
            found.append([one.key for one in page(client).context["spoken_of"]])

    assert found == [["nace:28"], ["hs:8413", "nace:28"]]


def test_labels_are_in_the_language_of_the_reader(client, ours, speaks_for):
    speaks_for(ours)

    assert "Насосы для жидкостей" in text(client.get("/ru/matches/codes/suggested/"))


def test_a_code_that_was_only_read_counts_less_until_it_is_stated(client, ours, speaks_for):
    speaks_for(ours)
    match()
    assert 0 < terms(ours)["hs4:8413"] < 0.7

    told = client.post(reverse("suggested-codes"), {"code": ["hs:8413"]}, follow=True)
    jobs.work_off()

    assert "Stated. Your matches follow." in text(told)
    assert [one.code for one in ours.codes.all()] == ["8413"]
    assert terms(ours)["hs4:8413"] == 1
    assert Profile.objects.get(company=ours).trades == ["8413"]


def test_once_all_are_stated_the_page_says_so(client, ours, speaks_for):
    speaks_for(ours)

    told = client.post(reverse("suggested-codes"), {"code": ["hs:8413", "nace:28"]}, follow=True)

    assert told.context["spoken_of"] == []
    assert "All are stated" in text(told)
    assert "Nothing is sure enough" not in text(told)


def test_several_are_stated_at_once_beside_those_stated_before(client, ours, speaks_for):
    ours.codes.add(labelled("4407", "Wood"))
    speaks_for(ours)

    client.post(reverse("suggested-codes"), {"code": ["hs:8413", "nace:28"]})

    assert {one.code for one in ours.codes.all()} == {"4407", "8413", "28"}
    assert not {"hs:8413", "hs:84", "nace:28"} & {one.key for one in codes_spoken_of(ours)}


def test_beside_stated_codes_what_is_read_does_not_count(ours):
    ours.codes.add(labelled("4407", "Wood"))

    found = {one.key: one.counts for one in codes_spoken_of(ours)}

    assert found["hs:8413"] is False


def test_what_members_may_not_read_does_not_count_either(ours):
    Company.objects.filter(pk=ours.pk).update(visibility={"description": Level.ACCEPTED})
    ours.refresh_from_db()

    assert [one.counts for one in codes_spoken_of(ours)][:1] == [False]


@pytest.mark.parametrize("description", [{}, {"en": "Qwrt zxcv"}])
def test_where_nothing_is_sure_enough_nothing_is_offered(client, speaks_for, description):
    one = company("RU", "Ромашка", description=description)
    speaks_for(one)

    told = page(client)

    assert told.context["spoken_of"] == []
    assert "Nothing is sure enough" in text(told)
    part = client.get(reverse("suggested-codes"), headers={"HX-Request": "true"})
    assert part.content.strip() == b""


@pytest.mark.parametrize(
    ("sent", "told"),
    [({}, "Choose one code at least."), ({"code": "hs:9999"}, "There is no such code.")],
)
def test_what_cannot_be_stated_is_said(client, ours, speaks_for, sent, told):
    speaks_for(ours)

    answer = client.post(reverse("suggested-codes"), sent)

    assert (answer.status_code, told in text(answer)) == (422, True)
    assert not ours.codes.exists()


def test_a_reader_of_the_company_sees_them_and_states_none(client, ours, speaks_for):
    speaks_for(ours, role="viewer")

    told = text(page(client))

    assert "8413" in told
    assert 'type="checkbox"' not in told
    assert client.post(reverse("suggested-codes"), {"code": "hs:8413"}).status_code == 403
    assert not ours.codes.exists()


def test_ones_own_page_and_the_first_page_lead_there_and_others_do_not(client, ours, speaks_for):
    other = company("JP", "アサヒ")
    speaks_for(ours)
    link = f'href="{reverse("suggested-codes")}"'

    assert link in text(client.get(reverse("company", args=[ours.public_id])))
    assert link in text(client.get(reverse("home")))
    assert link not in text(client.get(reverse("company", args=[other.public_id])))
    ours.codes.add(labelled("4407", "Wood"))
    assert link not in text(client.get(reverse("home")))


def test_stated_on_ones_own_page_one_stays_there(client, ours, speaks_for):
    speaks_for(ours)
    where = reverse("company", args=[ours.public_id])
    part = client.get(reverse("suggested-codes"), headers={"HX-Request": "true"})
    assert f'name="next" value="{where}"' in text(part)

    told = client.post(reverse("suggested-codes"), {"code": "hs:8413", "next": where}, follow=True)

    assert told.request["PATH_INFO"] == where


def test_more_codes_than_are_taken_at_once_are_refused_with_the_limit(client, ours, speaks_for):
    speaks_for(ours)
    codes = [f"hs:{labelled(str(1000 + n), f'Thing {n}').code}" for n in range(51)]

    told = client.post(reverse("suggested-codes"), {"code": codes})

    assert told.status_code == 422
    assert "Choose at most 50 codes at once." in text(told)
    assert "no such code" not in text(told)
    assert not ours.codes.exists()
    client.post(reverse("suggested-codes"), {"code": codes[:50]})
    assert ours.codes.count() == 50


# ---------------------------------------------------------------- under review
def reviewed(client, **fields):
    one = company("RU", "Ours")
    row = OpportunityFactory(company=one, in_review=True, text=PUMPS, **fields)
    client.force_login(StaffFactory(chamber=one.memberships.get().chamber).person)
    return client.get(reverse("admin:marketplace_opportunity_review", args=[row.pk]))


def test_who_reviews_a_text_reads_which_codes_it_speaks_of_beside_those_stated(client):
    told = reviewed(client, title={"en": "Offer"})

    keys = [f"{code.scheme}:{code.code}" for code, _tenths in told.context["spoken_of"]]
    assert keys == ["hs:8413", "nace:28"]
    assert "The text also speaks of these" in text(told)
    assert "right for at least" in text(told)


def test_a_stated_code_is_not_told_again_to_who_reviews(client):
    told = reviewed(
        client, title={"en": "Offer"}, codes=[TradeCode.objects.get(scheme="hs", code="8413")]
    )

    keys = [f"{code.scheme}:{code.code}" for code, _tenths in told.context["spoken_of"]]
    assert keys == ["nace:28"]


def test_what_a_request_seeks_is_read_as_well(client):
    sought = {"en": "We are looking for pumps for liquids"}
    told = reviewed(client, side="demand", title=sought)

    assert "hs:8413" in [f"{one.scheme}:{one.code}" for one, _tenths in told.context["spoken_of"]]
