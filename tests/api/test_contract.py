"""The door does what its OpenAPI document says, also when a machine tries to break it."""

import os
from collections import Counter
from dataclasses import dataclass, field

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import URLPattern, get_resolver
from drf_spectacular.validation import validate_schema
from schemathesis.engine import events, from_schema

from config.api import document
from marketplace.models import Event, Meeting, MeetingRequest, Timetable
from tests.event_factories import (
    DelegationFactory,
    EventFactory,
    MeetingFactory,
    MeetingRequestFactory,
    RegistrationFactory,
    SessionFactory,
    TimetableFactory,
)
from tests.factories import (
    AgreementFactory,
    CommissionFactory,
    CouncilFactory,
    GuildFactory,
    InvestmentTermsFactory,
    StaffFactory,
    UserFactory,
    token_for,
)
from tests.matching.world import SENSORS, company, hs, match, offers, seeks

SEED = 20261121
EVENTS = {
    "events": Event,
    "meetings": Meeting,
    "requests": MeetingRequest,
    "timetables": Timetable,
}
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "10"))
"""Per operation, made up at random beside those that cover each rule of each parameter, which are
most of all and always asked. The long search: ``CONTRACT_EXAMPLES=50 make test ARGS=tests/api``.
"""


def patterns(resolver, before=""):
    """(path, view) of every address below ``resolver``."""
    for one in resolver.url_patterns:
        path = f"{before}{one.pattern}"
        if isinstance(one, URLPattern):
            yield path, one.callback
        else:
            yield from patterns(one, path)


def test_the_document_is_valid_and_its_making_gives_no_warning(capsys):
    document.cache_clear()

    validate_schema(document("en"))

    assert capsys.readouterr().err == ""


def test_the_document_tells_of_every_address_below_v1_and_of_no_other():
    told = {
        path.replace("{", "<").replace("}", ">"): {method.upper() for method in methods}
        for path, methods in document("en")["paths"].items()
    }
    served = {}
    for path, view in patterns(get_resolver()):
        if path.startswith("api/v1/") and path != "api/v1/":
            plain = "/" + path.replace("uuid:", "").replace("str:", "")
            actions = getattr(view, "actions", None) or {"get": "get"}
            served[plain] = {method.upper() for method in actions if method != "head"}

    assert told == served


def test_every_operation_says_what_it_needs_and_how_it_refuses():
    for path, methods in document("en")["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert {"401", "403", "406", "429", "503"} <= set(operation["responses"]), path
            refusal = operation["responses"]["403"]["content"]
            assert list(refusal) == ["application/problem+json"]
            session_only = operation["security"] == [{"cookieAuth": []}]
            account = operation["tags"] == ["account"]
            assert account or session_only or operation["x-scope"].count(":") == 1, (method, path)


@dataclass
class Findings:
    """What a campaign has seen."""

    cases: int = 0
    broken: set[tuple[str, str, str]] = field(default_factory=set)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)


def campaign(parameters, *, only="^/api/", environment=(), **options):
    """Ask everything the document allows, and much that it does not; see ``Findings``."""
    config = schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "continue-on-failure": True,
            "warnings": False,
            "generation": {"max-examples": EXAMPLES, "database": "none", "no-shrink": True},
            "phases": {"stateful": {"max-steps": 4, "generation": {"max-examples": 5}}},
            "operations": [
                {"include-path": path, "parameters": values} for path, values in parameters.items()
            ],
            **options,
        }
    )
    serve = get_wsgi_application()

    def application(environ, start_response):
        environ.update(environment)
        try:
            return [b"".join(serve(environ, start_response))]
        finally:
            connections.close_all()  # the campaign has threads of its own

    schema = schemathesis.openapi.from_wsgi("/api/schema/", application, config=config)
    schema = schema.include(path_regex=only)
    found = Findings()
    for event in from_schema(schema).execute():
        if isinstance(event, (events.NonFatalError, events.FatalError)):
            found.broken.add((getattr(event, "label", ""), "error", str(event)))
        if not isinstance(event, events.ScenarioFinished):
            continue
        recorder = event.recorder
        found.cases += len(recorder.cases)
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                operation = recorder.cases[case_id].value.operation.label
                seen = found.statuses.setdefault(operation, Counter())
                seen[interaction.response.status_code] += 1
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    code = check.failure_info.code_sample
                    found.broken.add((check.name, str(failure), code))
    return found


def world():
    """Something of every kind: (company with a suggested partner, chamber, opportunity, run)."""
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs", codes=hs(SENSORS))
    offered = offers(ours, SENSORS)
    seeks(theirs, SENSORS)
    InvestmentTermsFactory(opportunity=offered)
    chamber = ours.memberships.get().chamber
    GuildFactory(chamber=chamber)
    CommissionFactory(chamber=chamber)
    AgreementFactory(first=chamber)
    CouncilFactory(chambers=[chamber])
    hold_event(chamber, ours)
    return ours, chamber, offered, match()


def hold_event(chamber, ours):
    """An event of the chamber with a meeting, a request and a timetable of the company."""
    event = EventFactory(chamber=chamber)
    SessionFactory(event=event)
    DelegationFactory(event=event, chamber=chamber)
    own = RegistrationFactory(event=event, company=ours, people=1)
    MeetingFactory(event=event, host=own.participants.get(), placed=True)
    MeetingRequestFactory(event=event, partner=own)
    TimetableFactory(event=event)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reader", "reads"),
    [
        ("guest", ["chambers", "companies", "opportunities", "events", "events/{public_id}"]),
        (
            "staff",
            [
                *("runs", "me", "companies/{public_id}/suggestions", "registrations"),
                *("requests/{public_id}", "meetings/{public_id}", "timetables/{public_id}"),
            ],
        ),
    ],
)
def test_nothing_breaks_the_contract(reader, reads):
    ours, chamber, offered, run = world()
    person = UserFactory(language="ja")
    StaffFactory(chamber=chamber, person=person)
    headers = {"Authorization": f"Bearer {token_for(person)}"} if reader == "staff" else {}

    found = campaign(
        {
            "/api/v1/chambers/{public_id}/": {"public_id": str(chamber.public_id)},
            "/api/v1/companies/{public_id}/": {"public_id": str(ours.public_id)},
            "/api/v1/companies/{public_id}/suggestions/": {"public_id": str(ours.public_id)},
            "/api/v1/opportunities/{name}/": {"name": offered.reference},
            **{
                f"/api/v1/{name}/{{public_id}}/": {"public_id": str(model.objects.get().public_id)}
                for name, model in EVENTS.items()
            },
            "/api/v1/runs/{public_id}/": {"public_id": str(run.public_id)},
        },
        headers=headers,
    )

    assert found.broken == set()
    assert found.cases > 300
    assert max(status for seen in found.statuses.values() for status in seen) < 500
    for name in reads:
        assert found.statuses[f"GET /api/v1/{name}/"][200] > 2


@pytest.mark.django_db(transaction=True)
def test_nothing_breaks_the_contract_in_a_browser_session(client, user):
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    csrf = "a" * 32

    found = campaign(
        {},
        only="^/api/v1/(tokens|me)/",
        environment={
            "HTTP_COOKIE": f"{session.key}={session.value}; {settings.CSRF_COOKIE_NAME}={csrf}",
            "HTTP_X_CSRFTOKEN": csrf,
        },
        checks={"ignored_auth": {"enabled": False}},  # the cookie is put in below its feet
    )

    assert found.broken == set()
    assert found.statuses["POST /api/v1/tokens/"][201] > 2
    assert max(status for seen in found.statuses.values() for status in seen) < 500
