"""Pages of a list that stay put while rows come and go."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, F, Model, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

PAGE_SIZE = 20
LARGEST_PAGE = 100
_RANK_STEPS = 1_000_000  # a float would not come back equal to itself


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: ``values`` of the row beside it, and which way to read on."""

    values: tuple[Any, ...]
    backwards: bool = False

    def encode(self) -> str:
        """As text that stands in an address."""
        plain = json.dumps([int(self.backwards), *map(str, self.values)], separators=(",", ":"))
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, size: int) -> Cursor:
        """The other way round; ``size`` values, the last one a public id.

        Raises NotFound ``bad_cursor`` for anything that ``encode`` has not made: there is no page
        of that name.
        """
        try:
            backwards, *values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if backwards not in (0, 1) or len(values) != size:
                raise ValueError(text)
            *ranks, last = (str(value) for value in values)
            if any(len(rank) > 15 for rank in ranks):
                raise ValueError(text)  # more than the database's integers hold
            return cls((*(int(rank) for rank in ranks), uuid.UUID(last)), bool(backwards))
        except (ValueError, TypeError, RecursionError) as error:
            raise NotFound(
                _("There is no such page: take cursors from “next” and “previous” as they are."),
                "bad_cursor",
            ) from error


class Pages(BasePagination):
    """A page starts after a row, not after a number of rows.

    The order is that of public ids, which is the order of creation; ``view.newest_first`` turns
    it round, and a search puts the best first.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """One page of rows; one query.

        Raises ValidationError for a bad size, NotFound for a bad cursor.
        """
        self.address = request.build_absolute_uri()
        size = _size(request.query_params.get("page_size"))
        keys = ["-public_id" if getattr(view, "newest_first", False) else "public_id"]
        if "rank" in queryset.query.annotations:
            steps = Cast(F("rank") * _RANK_STEPS, BigIntegerField())
            queryset, keys = queryset.annotate(rank_steps=steps), ["-rank_steps", *keys]
        self.keys = keys
        text = request.query_params.get("cursor")
        cursor = None if text is None else Cursor.decode(text, len(keys))
        backwards = cursor is not None and cursor.backwards
        order = [_turned(key) for key in keys] if backwards else keys
        if cursor is not None:
            queryset = queryset.filter(_beyond(order, cursor.values))
        rows = list(queryset.order_by(*order)[: size + 1])
        more, page = len(rows) > size, rows[:size]
        if backwards:
            page.reverse()
        self.next = self._cursor(page, -1) if page and (more or backwards) else None
        before = more if backwards else cursor is not None
        self.previous = self._cursor(page, 0, backwards=True) if page and before else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the addresses of its neighbours."""
        return Response(
            {
                "next": self._address(self.next),
                "previous": self._address(self.previous),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How OpenAPI describes a page."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "results": {**schema, "maxItems": LARGEST_PAGE},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """How OpenAPI describes the parameters."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": str(_("Where the page starts; from “next” or “previous”.")),
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": _("Rows of a page: 1 to %(most)d, %(usual)d unless you say.")
                % {"most": LARGEST_PAGE, "usual": PAGE_SIZE},
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LARGEST_PAGE,
                    "default": PAGE_SIZE,
                },
            },
        ]

    def _cursor(self, page: list[Model], at: int, *, backwards: bool = False) -> Cursor:
        values = (getattr(page[at], key.removeprefix("-")) for key in self.keys)
        return Cursor(tuple(values), backwards)

    def _address(self, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        return str(replace_query_param(self.address, "cursor", cursor.encode()))


class FoundPages(Pages):
    """A page of what words found; ``read_as`` says as what they were read."""

    read_as = ""

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the words that were answered."""
        answer = super().get_paginated_response(data)
        return Response({**answer.data, "read_as": self.read_as})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How OpenAPI describes such a page."""
        page = super().get_paginated_response_schema(schema)
        told = _(
            "The words that were answered in place of “q”, because nothing has those of “q”;"
            " empty where “q” was answered as it is. “exact” looks for nothing else than “q”."
        )
        found = {"type": "string", "description": str(told)}
        return {
            **page,
            "required": [*page["required"], "read_as"],
            "properties": {**page["properties"], "read_as": found},
        }


def _size(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= 100):
        raise ValidationError(
            {"page_size": _("Ask for 1 to %(limit)d rows.") % {"limit": LARGEST_PAGE}},
            "bad_page_size",
        )
    return int(text)


def _turned(key: str) -> str:
    return key.removeprefix("-") if key.startswith("-") else f"-{key}"


def _beyond(order: list[str], values: tuple[Any, ...]) -> Q:
    """Rows after the one with ``values``: a first key further on, or equal and the next one so."""
    found, equal = Q(), Q()
    for key, value in zip(order, values, strict=True):
        name = key.removeprefix("-")
        found |= equal & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return found
