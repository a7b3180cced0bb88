"""The stream over HTTP: the same numbered events, for who has no websocket or has been away."""

import uuid
from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet.api.schema import page_of
from wallet.events.kinds import BY_THE_BOOKS, Kind, get_kind, list_kinds, present
from wallet.events.selectors import get_page
from wallet.events.serializers import EXAMPLE, EventKindPage, EventQuery, EventSerializer
from wallet.identity.models import User
from wallet.ledger.models import Event


class Events(APIView):
    @extend_schema(
        operation_id="list_events", summary="What happened in a group", tags=["events"],
        description="In order and without gaps. `next` is there while there is more; keep the last sequence to resume.",
        parameters=[EventQuery], responses=page_of(EventSerializer),
        examples=[OpenApiExample("One event", EXAMPLE, response_only=True, status_codes=["200"])],
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        query = EventQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        after, limit = query.validated_data["after"], query.validated_data["limit"]
        page = get_page(user_id=cast("User", request.user).pk, wallet_id=group_id, after=after, limit=limit + 1)
        events = page.events[:limit]
        following = str(events[-1].sequence) if len(page.events) > limit else None
        return Response({"data": [_present(event) for event in events], "next": following})


class EventKinds(APIView):
    @extend_schema(
        operation_id="list_event_kinds", summary="Every kind of event", tags=["events"], responses=EventKindPage
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [_present_kind(kind) for kind in list_kinds()]})


def _present(event: Event) -> dict[str, Any]:
    return present(event) | {"text": str(get_kind(event.kind).text)}


def _present_kind(kind: Kind) -> dict[str, Any]:
    added = BY_THE_BOOKS if kind.posts else frozenset()
    return {
        "kind": kind.name,
        "text": str(kind.text),
        "fields": sorted(kind.fields | added),
        "money": sorted(kind.money | (added & {"balance"})),
        "shares": sorted(kind.shares | (added & {"stakes"})),
    }
