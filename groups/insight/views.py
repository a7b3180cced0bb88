"""The doors to what members read about their money."""

import uuid
from dataclasses import asdict
from datetime import date

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.insight.selectors import get_month_statement, list_group_entries, read_at_one_moment
from groups.insight.serializers import (
    EntryPage,
    EntrySerializer,
    MonthQuery,
    SnapshotSerializer,
    StatementSerializer,
)
from groups.members.rights import Right
from groups.members.selectors import access_group, list_members
from groups.members.views import present_groups, present_members
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity.authentication import get_caller
from wallet.ledger.models import Entry


class Entries(APIView):
    @extend_schema(
        operation_id="list_entries", summary="Every movement of the group's money", tags=["insight"],
        parameters=PAGE_PARAMETERS, responses=EntryPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Entry] = KeysetPage(key="sequence")
        return page.respond(request, list_group_entries(group_id), lambda rows: EntrySerializer(rows, many=True).data)


class MonthStatement(APIView):
    @extend_schema(
        operation_id="get_statement", summary="A month's statement", tags=["insight"],
        description="A calendar month in the group's time zone.",
        parameters=[OpenApiParameter("month", str, required=True, description="2026-11")],
        responses=StatementSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        group = access_group(get_caller(request), group_id, Right.SEE).group
        query = MonthQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        month = query.validated_data["month"]
        statement = get_month_statement(group, date.fromisoformat(f"{month}-01"))
        return Response(StatementSerializer({"month": month, **asdict(statement)}).data)


class Snapshot(APIView):
    @extend_schema(
        operation_id="get_snapshot", summary="State and sequence from one moment", tags=["events"],
        description="Load this, then subscribe after `sequence`: nothing is missed and nothing is counted twice.",
        responses=SnapshotSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        caller = get_caller(request)
        group, members = read_at_one_moment(
            lambda: present_groups([access_group(caller, group_id, Right.SEE).membership])[0],
            lambda: present_members(group_id, list(list_members(group_id))),
        )
        return Response({"sequence": group["sequence"], "group": group, "members": members})
