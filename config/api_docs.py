"""The page that explains the REST door: the OpenAPI document told for people.

It is rendered here because the usual viewers write styles into the page, which the
Content-Security-Policy of this site refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chambers.api.pages import LARGEST_PAGE
from chambers.models import Scope
from config.api import TITLES, document

SECTIONS = {
    "chambers": gettext_lazy("Chambers"),
    "companies": gettext_lazy("Companies"),
    "people": gettext_lazy("The people of a company"),
    "opportunities": gettext_lazy("Opportunities"),
    "interests": gettext_lazy("Expressions of interest"),
    "conversations": gettext_lazy("Messages"),
    "searches": gettext_lazy("Saved searches"),
    "suggestions": gettext_lazy("Suggested partners"),
    "events": gettext_lazy("Events"),
    "registrations": gettext_lazy("Registrations for events"),
    "meetings": gettext_lazy("Requests and meetings"),
    "timetables": gettext_lazy("Timetables"),
    "outcomes": gettext_lazy("What came of meetings"),
    "runs": gettext_lazy("Matching runs"),
    "account": gettext_lazy("You and your tokens"),
}
METHODS = ("get", "post", "patch", "delete")
EXAMPLES = {
    "companies_list": "?country=JP&hs=9026&page_size=50",
    "opportunities_list": "?side=demand&hs=9026",
}
_LAST = ("cursor", "page_size")
_KINDS = {
    "uuid": gettext_lazy("id"),
    "date": gettext_lazy("date"),
    "date-time": gettext_lazy("time, UTC"),
    "uri": gettext_lazy("address"),
    "email": gettext_lazy("e-mail"),
    "decimal": gettext_lazy("decimal number as text"),
    "string": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "boolean": gettext_lazy("true or false"),
    "texts": gettext_lazy("text per language"),
    "object": gettext_lazy("object"),
}


@dataclass(frozen=True)
class Field:
    """One value of a parameter, body or answer; ``depth`` says how far inside it stands."""

    name: str
    kind: str
    choices: list[str]
    note: str
    needed: bool
    depth: int = 0


@dataclass(frozen=True)
class Operation:
    """What one method of one address does."""

    key: str
    method: str
    path: str
    summary: str
    scope: str
    guests: bool
    session_only: bool
    parameters: list[Field]
    body: list[Field]
    status: str
    answer: list[Field]
    example: str


@dataclass(frozen=True)
class Section:
    """The operations of one resource."""

    key: str
    title: str
    operations: list[Operation]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """How to use the REST door."""
    language = get_language() or settings.LANGUAGE_CODE
    context = {
        "sections": sections(language),
        "problems": [(slug, status, title) for status, (slug, title) in TITLES.items()],
        "scopes": Scope.choices,
        "base_url": settings.BASE_URL,
        "largest_page": LARGEST_PAGE,
        "limit": settings.API_REQUESTS_PER_MINUTE,
        "guests_limit": settings.API_GUESTS_PER_MINUTE,
    }
    return render(request, "api/docs.html", context)


@cache
def sections(language: str) -> list[Section]:
    """All operations of the OpenAPI document, by resource; made once per language."""
    told = document(language)
    found: dict[str, list[Operation]] = {key: [] for key in SECTIONS}
    for path, methods in told["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                found[operation["tags"][0]].append(_operation(told, path, method, operation))
    return [Section(key, str(title), found[key]) for key, title in SECTIONS.items()]


def _operation(
    told: Mapping[str, Any], path: str, method: str, one: Mapping[str, Any]
) -> Operation:
    allowed = one.get("security", [])
    session_only = not any("token" in way for way in allowed)
    status, answer = next(
        (code, answer) for code, answer in one["responses"].items() if code.startswith("2")
    )
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        key=one["operationId"],
        method=method.upper(),
        path=path,
        summary=str(one["summary"]),
        scope=one.get("x-scope", ""),
        guests={} in allowed,
        session_only=session_only,
        parameters=[
            _field(
                told,
                each["name"],
                each["schema"],
                each.get("description", ""),
                each["in"] == "path",
            )
            for each in sorted(one.get("parameters", []), key=lambda one: one["name"] in _LAST)
        ],
        body=list(_fields(told, body.get("schema", {}))),
        status=status,
        answer=list(_fields(told, _json_of(answer))),
        example="" if session_only else _example(path, method, one["operationId"]),
    )


def _json_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = (
        answer.get("content", {}).get("application/json", {}).get("schema", {})
    )
    return schema


def _resolved(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference, or a one-armed combination of schemas, stands for."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(told, told["components"]["schemas"][name])
    for word in ("allOf", "oneOf"):
        if word in schema:
            arms = [_resolved(told, arm) for arm in schema[word]]
            values = [value for arm in arms for value in arm.get("enum", [])]
            merged = {**arms[0], **{key: schema[key] for key in schema if key != word}}
            return {**merged, "enum": values} if values else merged
    return schema


def _fields(told: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Iterator[Field]:
    whole = _resolved(told, schema)
    needed = whole.get("required", [])
    for name, inner in whole.get("properties", {}).items():
        yield _field(told, name, inner, inner.get("description", ""), name in needed, depth)
        part = _resolved(told, inner)
        yield from _fields(told, part.get("items", part), depth + 1)


def _field(
    told: Mapping[str, Any],
    name: str,
    schema: Mapping[str, Any],
    note: str,
    needed: bool,
    depth: int = 0,
) -> Field:
    one = _resolved(told, schema)
    values = {**_resolved(told, one.get("items", {})), **one}.get("enum", [])
    choices = [str(value) for value in values if value not in (None, "")]
    return Field(name, _kind(told, one), choices, str(note), needed, depth)


def _kind(told: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    if one.get("type") == "array":
        inner = _kind(told, _resolved(told, one.get("items", {})))
        return _("list of: %(kind)s") % {"kind": inner}
    texts = "texts" if one.get("additionalProperties") else None
    key = texts or one.get("format") or one.get("type") or "object"
    kind = str(_KINDS.get(key, _KINDS.get(one.get("type", ""), key)))
    return _("%(kind)s or null") % {"kind": kind} if one.get("nullable") else kind


def _example(path: str, method: str, key: str) -> str:
    verb = "" if method == "get" else f"-X {method.upper()} "
    address = path.replace("{", "$").replace("}", "") + EXAMPLES.get(key, "")
    return f'curl {verb}-H "Authorization: Bearer $TOKEN" "{settings.BASE_URL}{address}"'
