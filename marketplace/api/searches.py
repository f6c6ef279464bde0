"""Saved searches of a person: kept, mailed daily or not, deleted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, TickField
from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.models import SavedSearch
from marketplace.selectors.searches import Kept, kept_among
from marketplace.services.searches import change_search, forget_search, save_search

_NAME = r"^(?=.*\S)[^\x00\n]{1,120}\Z"


class SearchOut(serializers.Serializer):
    """A saved search: what it asks, and whether news of it are mailed."""

    id = serializers.UUIDField(source="search.public_id")
    kind = serializers.ChoiceField(SavedSearch.Kind.values, source="search.kind")
    name = serializers.CharField(source="search.name")
    query = serializers.CharField(
        source="search.query", allow_blank=True, help_text=_("As in the address of the list.")
    )
    said = serializers.ListField(
        child=serializers.CharField(), help_text=_("What it asks, in words.")
    )
    address = serializers.SerializerMethodField(help_text=_("The list as a page."))
    is_daily = serializers.BooleanField(source="search.is_daily")
    told_until = serializers.DateTimeField(
        source="search.told_until", help_text=_("What came later is mailed next.")
    )
    created_at = serializers.DateTimeField(source="search.created_at")

    def get_address(self, one: Kept) -> str:
        """With the name of this service before it."""
        return settings.BASE_URL + one.address


class SearchIn(serializers.Serializer):
    """What to keep."""

    kind = serializers.ChoiceField(SavedSearch.Kind.values)
    query = LineField(
        r"^[^\x00\n]{0,2000}\Z",
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text=_(
            "What stands after the question mark in the address of the list; what the list does"
            " not know is left out."
        ),
    )
    name = LineField(
        r"^[^\x00\n]{0,120}\Z",
        required=False,
        default="",
        allow_blank=True,
        help_text=_("Left out it is what the search asks, in words."),
    )
    is_daily = TickField(
        required=False, default=True, help_text=_("What is new comes in one mail a day.")
    )


class SearchChangeIn(serializers.Serializer):
    """What to change of a saved search."""

    name = LineField(_NAME, required=False)
    is_daily = TickField(required=False)


class Searches(Resource):
    """One's own saved searches."""

    queryset = SavedSearch.objects.none()
    tag = "searches"
    read_scope = Scope.SEARCHES_READ
    write_scope = Scope.SEARCHES_WRITE
    newest_first = True
    private = True

    @extend_schema(summary=_("List your saved searches"), responses=SearchOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of them, newest first."""
        page = self.page(request, self.rows(request))
        kept = kept_among(page, self.person(request))
        return self.pages(SearchOut(kept, many=True).data)

    @extend_schema(summary=_("Read a saved search"), responses=SearchOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One of them."""
        return Response(self._told(request, self._found(request, public_id)))

    @extend_schema(summary=_("Save a search"), request=SearchIn, responses={201: SearchOut})
    def create(self, request: Request) -> Response:
        """Keep what a list is asked; a question is kept once."""
        asked = self.sent(request, SearchIn)
        made = save_search(by=self.person(request), **asked)
        return Response(self._told(request, made), status=201)

    @extend_schema(summary=_("Change a saved search"), request=SearchChangeIn, responses=SearchOut)
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Name it anew, have it mailed or not; what came while it was off is not mailed."""
        found = self._found(request, public_id)
        asked = self.sent(request, SearchChangeIn)
        changed = change_search(
            found,
            name=asked.get("name", found.name),
            is_daily=asked.get("is_daily", found.is_daily),
        )
        return Response(self._told(request, changed))

    @extend_schema(summary=_("Delete a saved search"), responses={204: None})
    def destroy(self, request: Request, public_id: Any) -> Response:
        """Its mails end with it."""
        forget_search(self._found(request, public_id))
        return Response(status=204)

    def rows(self, request: Request) -> QuerySet[SavedSearch]:
        """One's own."""
        rows: QuerySet[SavedSearch] = SavedSearch.objects.visible_to(request.user)
        return rows

    def _found(self, request: Request, public_id: Any) -> SavedSearch:
        return get_object_or_404(self.rows(request), public_id=public_id)

    def _told(self, request: Request, one: SavedSearch) -> Any:
        return SearchOut(kept_among([one], self.person(request))[0]).data
