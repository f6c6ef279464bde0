import datetime as dt
from decimal import Decimal

import pytest

from chambers.models import Agreement
from matching.models import Run
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CommissionFactory,
    CompanyFactory,
    CouncilFactory,
    CountryFactory,
    GuildFactory,
    InvestmentTermsFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    TradeCodeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def found(api, path, **query):
    return [one["id"] for one in api.get(f"/api/v1/{path}/", query).json()["results"]]


class TestConditional:
    def test_a_known_answer_is_not_sent_again(self, api):
        company = CompanyFactory(member=True)
        path = f"/api/v1/companies/{company.public_id}/"
        first = api.get(path)

        again = api.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
        weak = api.get(path, HTTP_IF_NONE_MATCH=f'"other", W/{first["ETag"]}')
        anything = api.get(path, HTTP_IF_NONE_MATCH="*")

        for answer in (again, weak, anything):
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer["ETag"] == first["ETag"]
            assert answer["API-Version"] == "1"

    def test_a_changed_answer_is_sent(self, api):
        company = CompanyFactory(member=True)
        path = f"/api/v1/companies/{company.public_id}/"
        first = api.get(path)
        company.city = "Minsk"
        company.save()

        assert api.get(path, HTTP_IF_NONE_MATCH=first["ETag"]).json()["city"] == "Minsk"

    def test_readers_and_languages_do_not_share_a_tag(self, api, speaking_for):
        company = CompanyFactory(member=True, visibility={"website": "members"})
        own = speaking_for(RepresentativeFactory(company=company).person)
        path = f"/api/v1/companies/{company.public_id}/"

        tags = {api.get(path)["ETag"], api.get(path, HTTP_ACCEPT_LANGUAGE="ja")["ETag"]}

        assert len(tags | {own.get(path)["ETag"]}) == 3
        assert set(api.get(path)["Vary"].split(", ")) >= {
            "Accept-Language",
            "Authorization",
            "Cookie",
        }

    def test_head_answers_like_get_without_a_body(self, api):
        answer = api.head("/api/v1/companies/")

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["ETag"] == api.get("/api/v1/companies/")["ETag"]


class TestChambers:
    def test_a_chamber_with_how_it_works(self, api):
        japan = CountryFactory(code="JP")
        moscow = ChamberFactory(name_en="Moscow", name_ru="Москва", parent=ChamberFactory())
        tokyo = ChamberFactory(name_en="Tokyo", country=japan)
        code = TradeCodeFactory(code="03", label_en="Fish")
        guild = GuildFactory(chamber=moscow)
        guild.codes.add(code)
        GuildFactory(chamber=tokyo)
        CommissionFactory(chamber=moscow, country=japan, partner_chamber=tokyo)
        agreement = AgreementFactory(first=tokyo, second=moscow, starts_on=dt.date(2020, 1, 2))
        AgreementFactory(first=moscow, starts_on=None)
        CouncilFactory(chambers=[moscow, tokyo], name_en="Council")

        answer = api.get(f"/api/v1/chambers/{moscow.public_id}/").json()

        assert (answer["name"], answer["kind"], answer["kind_label"]) == (
            "Moscow",
            "city",
            "city chamber",
        )
        assert answer["parent"]["id"] == str(moscow.parent.public_id)
        (told,) = answer["guilds"]
        assert told["codes"] == [{"scheme": "hs", "code": "03", "label": "Fish"}]
        (commission,) = answer["commissions"]
        assert commission["country"] == {"code": "JP", "name": "Country JP"}
        assert commission["partner_chamber"]["name"] == "Tokyo"
        (told,) = answer["agreements"]  # not the one that is still negotiated
        assert told["id"] == str(agreement.public_id)
        assert told["partner"] == {"id": str(tokyo.public_id), "name": "Tokyo"}
        assert (told["starts_on"], told["ends_on"]) == ("2020-01-02", None)
        assert told["status"] == Agreement.Status.IN_FORCE
        assert [one["name"] for one in answer["councils"]] == ["Council"]
        russian = api.get(f"/api/v1/chambers/{moscow.public_id}/", HTTP_ACCEPT_LANGUAGE="ru").json()
        assert russian["name"] == "Москва"

    def test_narrowed_by_country_and_kind(self, api):
        tokyo = ChamberFactory(country=CountryFactory(code="JP"))
        national = ChamberFactory(kind="national")

        assert found(api, "chambers", country="JP") == [str(tokyo.public_id)]
        assert found(api, "chambers", kind="national") == [str(national.public_id)]


class TestCompanies:
    def test_narrowed_by_each_parameter(self, api):
        chamber = ChamberFactory()
        company = CompanyFactory(
            member=True,
            membership__chamber=chamber,
            country=CountryFactory(code="JP"),
            codes=[
                TradeCodeFactory(code="030289"),
                TradeCodeFactory(scheme="nace", code="C"),
            ],
            languages=["ja", "en"],
            description={"en": "frozen fish"},
            indexed=True,
        )
        OpportunityFactory(company=company, side="demand", published=True)
        other = CompanyFactory(member=True, codes=[TradeCodeFactory(code="9003")])
        OpportunityFactory(company=other, side="demand")
        OpportunityFactory(company=other, side="demand", expired=True)
        only = [str(company.public_id)]

        for query in [
            {"country": "JP"},
            {"chamber": str(chamber.public_id)},
            {"hs": "03"},
            {"hs": "0302"},
            {"hs": "030289"},
            {"nace": "C"},
            {"language": "ja"},
            {"side": "demand"},
            {"q": "fish"},
            {"q": "fish", "country": "JP", "hs": "03", "side": "demand", "language": "en"},
        ]:
            assert found(api, "companies", **query) == only, query
        for query in [{"country": "RU", "hs": "03"}, {"side": "offer"}, {"hs": "0303"}]:
            assert found(api, "companies", **query) == []

    def test_codes_keep_their_zeros_and_labels_follow_the_reader(self, api):
        company = CompanyFactory(member=True, codes=[TradeCodeFactory(code="0302")])

        answer = api.get(
            f"/api/v1/companies/{company.public_id}/", HTTP_ACCEPT_LANGUAGE="ja"
        ).json()

        assert answer["codes"] == [{"scheme": "hs", "code": "0302", "label": "見出し 0302"}]

    def test_a_former_member_is_not_found_by_its_chamber(self, api):
        former = MembershipFactory(ends_on=dt.date(2026, 1, 1))
        MembershipFactory(company=former.company)

        assert found(api, "companies", chamber=str(former.chamber.public_id)) == []

    def test_all_texts_of_a_description_are_there(self, api):
        texts = {"en": "Pumps", "ru": "Насосы"}
        company = CompanyFactory(member=True, description=texts)

        answer = api.get(f"/api/v1/companies/{company.public_id}/").json()

        assert answer["description"] == texts


class TestOpportunities:
    def test_by_id_and_by_number_in_any_case(self, api):
        one = OpportunityFactory(published=True)

        by_id = api.get(f"/api/v1/opportunities/{one.public_id}/").json()
        by_number = api.get(f"/api/v1/opportunities/{one.reference.lower()}/").json()

        assert by_id == by_number
        assert by_id["reference"] == one.reference

    def test_amounts_are_text_and_times_are_utc(self, api):
        terms = InvestmentTermsFactory(
            opportunity__published=True,
            opportunity__published_at=dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC),
            amount_min=Decimal("100000.10"),
        )

        answer = api.get(f"/api/v1/opportunities/{terms.opportunity.public_id}/").json()

        assert answer["investment"]["amount_min"] == "100000.10"
        assert answer["published_at"] == "2026-11-21T09:30:00Z"

    def test_times_are_utc_for_a_session_in_another_zone(self, client):
        one = OpportunityFactory(
            published=True, published_at=dt.datetime(2026, 11, 21, 23, tzinfo=dt.UTC)
        )
        client.force_login(UserFactory(time_zone="Asia/Tokyo"))

        answer = client.get(f"/api/v1/opportunities/{one.public_id}/").json()

        assert answer["published_at"] == "2026-11-21T23:00:00Z"

    def test_narrowed_by_each_parameter(self, api):
        one = OpportunityFactory(
            published=True,
            side="demand",
            kind="service",
            company__country=CountryFactory(code="JP"),
            codes=[TradeCodeFactory(code="9026")],
            title={"ru": "Датчики давления"},
        )
        expired = OpportunityFactory(expired=True)

        for query in [
            {"side": "demand"},
            {"kind": "service"},
            {"country": "JP"},
            {"hs": "90"},
            {"q": "датчик"},
            {"q": one.reference},
            {"status": "published"},
        ]:
            assert found(api, "opportunities", **query) == [str(one.public_id)], query
        assert found(api, "opportunities", status="expired") == [str(expired.public_id)]
        assert found(api, "opportunities", status="draft") == []

    def test_a_company_reads_its_own_drafts(self, speaking_for):
        draft = OpportunityFactory()
        own = speaking_for(RepresentativeFactory(company=draft.company).person)

        assert found(own, "opportunities", status="draft") == [str(draft.public_id)]
        assert own.get(f"/api/v1/opportunities/{draft.public_id}/").json()["reference"] == ""


class TestRuns:
    def test_a_manager_starts_watches_and_stops_a_run(self, speaking_for):
        manager = speaking_for(StaffFactory().person)

        started = manager.post("/api/v1/runs/")

        assert started.status_code == 202
        assert started.json()["state"] == "queued"
        address = started["Location"]
        assert address == f"http://testserver/api/v1/runs/{started.json()['id']}/"
        Run.objects.update(state="running", stage="matching", shards=4, shards_done=2)
        watched = manager.get(address).json()
        assert (watched["state"], watched["stage"]) == ("running", "matching")
        assert 40 < watched["percent"] < 95
        stopped = manager.post(f"{address}stop/")
        assert (stopped.status_code, stopped.json()["state"]) == (202, "cancelled")
        again = manager.post(f"{address}stop/")
        assert (again.status_code, again.json()["code"]) == (409, "over")

    @pytest.mark.parametrize("start", [True, False])
    def test_only_managers_start_and_stop(self, speaking_for, start):
        run = None if start else RunFactory(running=True)
        path = "/api/v1/runs/" if start else f"/api/v1/runs/{run.public_id}/stop/"
        reader = speaking_for(StaffFactory(role="viewer").person)

        assert reader.get("/api/v1/runs/").status_code == 200
        assert reader.post(path).status_code == 403
        assert Run.objects.open().count() == (0 if start else 1)

    def test_someone_without_a_chamber_starts_nothing(self, speaking_for, user):
        assert speaking_for(user).post("/api/v1/runs/").status_code == 403
        assert not Run.objects.exists()


class TestMe:
    def test_the_sides_one_may_act_for(self, speaking_for):
        staff = StaffFactory(role="viewer")
        own = RepresentativeFactory(person=staff.person)

        answer = speaking_for(staff.person).get("/api/v1/me/").json()

        assert answer["sides"] == [
            {
                "kind": "company",
                "id": str(own.company.public_id),
                "name": own.company.legal_name,
                "may_edit": True,
            },
            {
                "kind": "chamber",
                "id": str(staff.chamber.public_id),
                "name": staff.chamber.name,
                "may_edit": False,
            },
        ]

    def test_a_session_has_no_token(self, client, user):
        client.force_login(user)

        assert client.get("/api/v1/me/").json()["token"] is None


@pytest.mark.parametrize("path", ["/api/", "/api/v1/"])
def test_the_entrance_names_addresses_that_answer(api, client, path):
    for name, address in api.get(path).json().items():
        signed_in_only = name in {
            *("runs", "tokens", "me", "registrations", "requests", "meetings"),
            *("calendars", "timetables", "interests", "outcomes"),
            *("searches", "conversations", "join_requests"),
        }
        expected = 401 if signed_in_only else 200
        assert client.get(address, headers={"accept": "*/*"}).status_code == expected, name
