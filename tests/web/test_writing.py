"""A company writes, hands in, changes, renews and archives what it offers and seeks."""

import datetime as dt

import pytest

from chambers.models import Representative, today
from marketplace.models import Opportunity, Revision
from marketplace.services.reviews import review_opportunity
from tests import factories
from tests.matching.world import hs

pytestmark = pytest.mark.django_db
S = Opportunity.Status


@pytest.fixture
def company():
    hs("902610")
    return factories.CompanyFactory(
        member=True, legal_name="ООО «Ромашка Сенсор»", country=factories.CountryFactory(code="RU")
    )


@pytest.fixture
def owner(company, client):
    person = factories.RepresentativeFactory(company=company, person__name="Anna Petrova").person
    client.force_login(person)
    return person


def typed(**changed):
    """All that is needed to hand in; the code is one of the fixture below."""
    return {
        "codes": "hs:902610",
        "side": "offer",
        "kind": "goods",
        "title_en": "Pressure sensors",
        "text_en": "A hundred a month, for pumps.",
        "submit": "1",
    } | changed


def address(row, page=""):
    return f"/en/opportunities/{row.public_id}/{page}"


def written():
    return Opportunity.objects.get()


# ---------------------------------------------------------------- before writing
def test_what_is_not_allowed_and_what_exists_already_comes_before_writing(client, owner):
    exists = factories.OpportunityFactory(published=True, title={"en": "Pressure sensors"})
    factories.OpportunityFactory(published=True, title={"en": "Harvesters"})

    page = client.get(
        "/en/opportunities/new/", {"side": "offer", "kind": "goods", "title": "sensors"}
    )

    assert "Weapons" in page.content.decode()
    assert [one.reference for one in page.context["found"]] == [exists.reference]
    assert "/opportunities/write/?side=offer" in page.content.decode()


def test_similar_ones_of_the_other_side_are_not_shown(client, owner):
    factories.OpportunityFactory(published=True, side="demand", title={"en": "Pressure sensors"})

    page = client.get(
        "/en/opportunities/new/", {"side": "offer", "kind": "goods", "title": "sensors"}
    )

    assert page.context["found"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_who_writes_sees_what_is_published_under_the_chosen_codes(
    client, owner, count, django_assert_max_num_queries
):
    for _number in range(count):
        factories.OpportunityFactory(
            company__member=True, published=True, title={"en": "Gauges"}, codes=hs("902620")
        )
    factories.OpportunityFactory(published=True, title={"en": "Roses"}, codes=hs("060311"))
    said = typed(title_en="", text_en="")
    client.post("/en/opportunities/write/", said)

    with django_assert_max_num_queries(20):
        page = client.post("/en/opportunities/write/", said)

    assert [one.title["en"] for one in page.context["found"]] == ["Gauges"] * count


# ---------------------------------------------------------------- writing
def test_a_new_offer_is_handed_in_with_a_number(client, owner):
    factories.CountryFactory(code="JP")
    code = hs("902610")[0]

    answer = client.post(
        "/en/opportunities/write/",
        typed(
            codes=f"hs:{code.code}",
            target_countries=["JP"],
            cooperation=["supply"],
            title_ru="Датчики давления",
        ),
    )

    row = written()
    assert answer.status_code == 302
    assert (row.status, row.title["ru"]) == (S.IN_REVIEW, "Датчики давления")
    assert row.reference == f"BO-RU-{today():%Y%m%d}-001"
    assert (row.target_countries, row.cooperation) == (["JP"], ["supply"])
    assert list(row.codes.all()) == [code]
    assert row.reference in client.get(address(row)).content.decode()


def test_a_title_alone_is_not_handed_in_and_stays_typed(client, owner):
    bare = typed(title_en="Only a title", text_en="")
    del bare["codes"]

    refused = client.post("/en/opportunities/write/", bare)

    assert refused.status_code == 422
    form = refused.context["form"]
    assert {"text_en", "codes"} <= set(form.errors)
    assert "at least one trade code" in str(form.errors["codes"])
    assert 'value="Only a title"' in refused.content.decode()
    assert not Opportunity.objects.exists()

    draft = {name: value for name, value in bare.items() if name != "submit"}
    assert client.post("/en/opportunities/write/", draft).status_code == 302
    assert written().status == S.DRAFT
    told = client.post(address(written(), "step/"), {"step": "submit"}, follow=True)
    assert "at least one trade code" in told.content.decode()
    assert written().status == S.DRAFT


def test_all_that_is_wrong_is_named_in_one_round(client, owner):
    bare = typed(kind="investment", title_en="", text_en="", amount_min="500", amount_max="100")
    del bare["codes"]

    first = client.post("/en/opportunities/write/", bare).context["form"]
    del bare["amount_min"], bare["amount_max"]
    second = client.post("/en/opportunities/write/", bare).context["form"]

    assert set(first.errors) == {"instrument", "currency", "amount_max", "text_en", "codes"}
    assert "less than the amount from" in str(first.errors["amount_max"])
    assert set(second.errors) == {"title_en", "text_en", "codes", "instrument"}
    assert not Opportunity.objects.exists()


def test_a_title_is_one_line(client, owner):
    client.post(
        "/en/opportunities/write/",
        typed(title_en="Pumps\r\nYour account is locked:\nhttps://evil.example"),
    )

    assert written().title["en"] == "Pumps Your account is locked: https://evil.example"


def test_a_draft_is_kept_and_seen_by_its_company_alone(client, owner):
    client.post("/en/opportunities/write/", typed(submit="", draft="1") | {"draft": "1"})
    row = Opportunity.objects.get()

    assert client.get(address(row)).status_code == 200
    client.force_login(factories.RepresentativeFactory().person)
    assert client.get(address(row)).status_code == 404


def test_a_company_that_no_chamber_admitted_keeps_drafts_and_reads_where_to_apply(
    client, company, owner
):
    company.memberships.all().delete()

    pages = [
        client.get("/en/opportunities/new/").content.decode(),
        client.get("/en/opportunities/write/").content.decode(),
    ]
    refused = client.post("/en/opportunities/write/", typed())

    assert all("/en/my/memberships/" in one.split("<main")[1] for one in pages)
    assert 'name="submit"' not in pages[1]
    assert refused.status_code == 422
    assert "Only members of a chamber hand in texts" in refused.content.decode()
    assert 'value="Pressure sensors"' in refused.content.decode()
    assert not Opportunity.objects.exists()
    said = typed(draft="1")
    del said["submit"]
    client.post("/en/opportunities/write/", said)
    own = client.get(address(written())).content.decode().split("<main")[1]
    assert "/en/my/memberships/" in own
    assert 'value="submit"' not in own
    client.post(address(written(), "step/"), {"step": "submit"})
    assert (written().status, written().reference) == (S.DRAFT, "")


def test_a_company_whose_membership_ended_hands_in_no_change(client, company, owner):
    row = factories.OpportunityFactory(company=company, published=True, title={"en": "Old pumps"})
    company.memberships.all().delete()

    own = client.get(address(row)).content.decode().split("<main")[1]
    refused = client.post(address(row, "edit/"), typed(title_en="New valves"))

    assert "/en/my/memberships/" in own
    assert refused.status_code == 422
    assert not Revision.objects.exists()


def test_a_form_with_an_error_keeps_what_was_typed_and_saves_nothing(client, owner):
    answer = client.post("/en/opportunities/write/", typed(title_en="", text_en="Kept words"))

    assert answer.status_code == 422
    assert "Kept words" in answer.content.decode()
    assert "Give a title" in answer.content.decode()
    assert not Opportunity.objects.exists()


def test_an_investment_needs_its_amount(client, owner):
    said = typed(kind="investment", field="Greenhouses")

    refused = client.post("/en/opportunities/write/", said)
    client.post(
        "/en/opportunities/write/",
        said
        | {"instrument": "loan", "amount_min": "1000", "amount_max": "5000.50", "currency": "EUR"},
    )

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {
        "instrument",
        "amount_min",
        "amount_max",
        "currency",
    }
    assert str(written().investment) == "1000.00–5000.50 EUR"
    assert written().investment.field == "Greenhouses"


@pytest.mark.parametrize(
    "text",
    ["Made by Romashka Sensor", "Датчики «Ромашки Сенсор»", "anna@x.example", "Ask Anna Petrova"],
)
def test_an_anonymous_text_that_tells_who_writes_is_not_handed_in_without_a_reason(
    client, owner, text
):
    said = typed(text_en=text, is_anonymous="on")

    refused = client.post("/en/opportunities/write/", said)
    client.post("/en/opportunities/write/", said | {"leak_reason": "A flower, not us."})

    assert refused.status_code == 422
    assert "leak_reason" in refused.context["form"].errors
    assert written().status == S.IN_REVIEW
    assert written().leak_reason == "A flower, not us."


@pytest.mark.parametrize("field", ["field", "region"])
def test_the_free_terms_of_an_anonymous_investment_are_checked_too(client, owner, field):
    said = typed(
        kind="investment",
        instrument="loan",
        amount_min="1000",
        amount_max="5000",
        currency="EUR",
        is_anonymous="on",
    ) | {field: "Ромашка Сенсор, +7 495 123-45-67"}

    refused = client.post("/en/opportunities/write/", said)

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"leak_reason"}
    assert not Opportunity.objects.exists()


def test_a_reader_of_the_company_looks_only(client, company):
    reader = factories.RepresentativeFactory(company=company, role=Representative.Role.VIEWER)
    row = factories.OpportunityFactory(company=company)
    client.force_login(reader.person)

    assert client.get("/en/opportunities/yours/").status_code == 200
    assert "Hand in" not in client.get(address(row)).content.decode()
    for page in ("/en/opportunities/write/", "/en/opportunities/new/", address(row, "edit/")):
        assert client.get(page).status_code == 403, page
    assert client.post(address(row, "step/"), {"step": "submit"}).status_code == 403
    row.refresh_from_db()
    assert row.status == S.DRAFT


# ---------------------------------------------------------------- what becomes of it
def test_its_company_reads_scores_and_comments(client, company, owner):
    manager = factories.StaffFactory(chamber=company.memberships.get().chamber).person
    row = factories.OpportunityFactory(company=company, in_review=True)
    review_opportunity(
        row,
        by=manager,
        scores={"clarity": 2, "substance": 2, "partner": 1, "value": 2},
        comments={"partner": "Name the partner"},
        comment="State quantities",
    )

    page = client.get(address(row)).content.decode()

    assert "7 of 20 points" in page
    assert "Name the partner" in page
    assert "State quantities" in page
    client.force_login(factories.RepresentativeFactory().person)
    assert client.get(address(row)).status_code == 404


def test_what_was_held_is_changed_and_handed_in_again(client, company, owner):
    row = factories.OpportunityFactory(company=company, numbered=True, status=S.ON_HOLD)

    client.post(address(row, "edit/"), typed(title_en="Better sensors"))

    row.refresh_from_db()
    assert (row.status, row.title) == (S.IN_REVIEW, {"en": "Better sensors"})


def test_the_old_text_stays_public_while_a_changed_one_waits(client, company, owner):
    row = factories.OpportunityFactory(
        company=company, published=True, title={"en": "Old pumps"}, text={"en": "Ten a month"}
    )

    client.post(address(row, "edit/"), typed(title_en="New valves", text_en="Twenty a month"))

    own = client.get(address(row)).content.decode()
    assert "<del>Ten</del>" in own
    assert "<ins>Twenty</ins>" in own
    client.logout()
    public = client.get(address(row)).content.decode()
    assert "Old pumps" in public
    assert "Twenty" not in public
    assert "valves" not in public


def test_a_changed_text_that_was_held_is_gone_on_with_and_not_lost(client, company, owner):
    row = factories.OpportunityFactory(company=company, published=True, title={"en": "Old pumps"})
    client.post(address(row, "edit/"), typed(title_en="New valves"))
    chamber = company.memberships.get().chamber
    review_opportunity(
        row,
        by=factories.StaffFactory(chamber=chamber).person,
        scores={"clarity": 2, "substance": 2, "partner": 1, "value": 2},
        comment="State quantities",
        revision=Revision.objects.get(),
    )

    own = client.get(address(row)).content.decode()
    form = client.get(address(row, "edit/")).content.decode()

    assert "Your changed text is on hold" in own
    assert "<ins>New</ins>" in own
    assert "a changed text is on hold" in client.get("/en/opportunities/yours/").content.decode()
    assert "A changed text is on hold: to be changed" in client.get("/en/").content.decode()
    assert 'value="New valves"' in form
    assert "State quantities" in form
    client.post(address(row, "edit/"), typed(title_en="Better valves"))
    assert list(Revision.objects.values_list("state", flat=True)) == ["waiting", "on_hold"]
    assert 'value="Better valves"' in client.get(address(row, "edit/")).content.decode()
    assert "A changed text is on hold" not in client.get("/en/").content.decode()


def test_a_waiting_text_is_withdrawn_with_one_press(client, company, owner):
    row = factories.OpportunityFactory(company=company, published=True, title={"en": "Old pumps"})
    client.post(address(row, "edit/"), typed(title_en="New valves"))

    client.post(address(row, "step/"), {"step": "withdraw"})

    assert Revision.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    ("start", "step", "status"),
    [
        ({}, "submit", S.IN_REVIEW),
        ({"in_review": True}, "take_back", S.DRAFT),
        ({"published": True}, "take_back", S.PUBLISHED),
    ],
)
def test_each_step_is_one_press_and_a_wrong_one_changes_nothing(
    client, company, owner, start, step, status
):
    row = factories.OpportunityFactory(company=company, whole=True, **start)

    answer = client.post(address(row, "step/"), {"step": step}, follow=True)

    row.refresh_from_db()
    assert (answer.status_code, row.status) == (200, status)


def test_what_ends_soon_is_renewed_with_one_press(client, company, owner):
    last = today() + dt.timedelta(days=10)
    row = factories.OpportunityFactory(company=company, published=True, expires_on=last)

    assert "Renew for a year" in client.get(address(row)).content.decode()
    client.post(address(row, "step/"), {"step": "renew"})

    row.refresh_from_db()
    assert row.expires_on == last + dt.timedelta(days=365)
    assert "Renew for a year" not in client.get(address(row)).content.decode()


@pytest.mark.parametrize("state", ["rejected", "archived", "expired", "published"])
def test_what_is_over_is_copied_into_a_new_draft(client, company, owner, state):
    shown = {state: True} if state in ("expired", "published") else {"status": state}
    old = factories.OpportunityFactory(
        company=company,
        numbered=True,
        kind="investment",
        title={"en": "Plant", "ru": "Завод"},
        text={"en": "Twenty a month"},
        codes=hs("902610"),
        through_chambers=True,
        **shown,
    )
    factories.InvestmentTermsFactory(opportunity=old, region="Kaluga")
    offered = 'value="copy"' in client.get(address(old)).content.decode()

    answer = client.post(address(old, "step/"), {"step": "copy"})

    assert offered is (state != "published")
    new = Opportunity.objects.exclude(pk=old.pk).get()
    assert answer["Location"] == address(new, "edit/")
    assert (new.status, new.reference, new.published_at) == (S.DRAFT, "", None)
    assert (new.title, new.text, new.kind) == (old.title, old.text, "investment")
    assert (new.through_chambers, new.investment.region) == (True, "Kaluga")
    assert [code.code for code in new.codes.all()] == ["902610"]
    old.refresh_from_db()
    assert old.title == {"en": "Plant", "ru": "Завод"}
    assert 'value="Plant"' in client.get(address(new, "edit/")).content.decode()


def test_archiving_asks_first(client, company, owner):
    row = factories.OpportunityFactory(company=company, published=True)

    asked = client.get(address(row, "archive/"))
    row.refresh_from_db()
    before = row.status
    client.post(address(row, "archive/"))

    row.refresh_from_db()
    assert (asked.status_code, before, row.status) == (200, S.PUBLISHED, S.ARCHIVED)


def test_another_companys_is_not_there(client, owner):
    row = factories.OpportunityFactory(published=True)

    for page in ("edit/", "archive/"):
        assert client.get(address(row, page)).status_code == 404
    assert client.post(address(row, "step/"), {"step": "renew"}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_ones_own_takes_the_same_queries_for_any_number_of_rows(
    client, company, owner, count, django_assert_num_queries
):
    for _ in range(count):
        factories.OpportunityFactory(company=company, published=True)
    client.get("/en/opportunities/yours/")

    with django_assert_num_queries(6):
        page = client.get("/en/opportunities/yours/?tab=published")

    assert len(page.context["page"]) == count
    assert ("all", "All", count) in page.context["tabs"]


def test_an_empty_list_says_what_to_do(client, owner):
    page = client.get("/en/opportunities/yours/").content.decode()

    assert "You have written nothing yet" in page
    assert "/en/opportunities/new/" in page
