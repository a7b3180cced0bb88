"""The doors to funds, enrollment and yield."""

import uuid
from datetime import date

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity.authentication import get_caller
from yields.chart import choose_range, get_chart
from yields.explanation import explain_day
from yields.models import FundDay, YieldDay
from yields.selectors import (
    get_enrollment,
    get_fund,
    get_summary,
    get_yield_day,
    list_published_days,
    list_yield_days,
)
from yields.serializers import (
    ChartQuery,
    ChartSerializer,
    EnrollmentInput,
    EnrollmentSerializer,
    FundDayPage,
    FundDaySerializer,
    FundSerializer,
    YieldDayPage,
    YieldDaySerializer,
    YieldExplanationSerializer,
    YieldSummarySerializer,
)
from yields.services import end_enrollment, enroll

DAY = OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH)


class GroupEnrollment(APIView):
    @extend_schema(
        operation_id="get_enrollment", summary="Whether the balance earns, and on which terms", tags=["yield"],
        responses=EnrollmentSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(EnrollmentSerializer(get_enrollment(group_id)).data)

    @extend_schema(
        operation_id="enroll", summary="Switch yield on", tags=["yield"],
        description="Owner only, after the risk questionnaire. The whole balance counts as money in at this moment. "
        "The same again changes nothing.",
        request=EnrollmentInput, responses=EnrollmentSerializer,
    )  # fmt: skip
    def put(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SWITCH_YIELD).user
        asked = parse(EnrollmentInput, request)
        fund = get_fund(asked.pop("fund"))
        enrollment = enroll(actor=actor, group_id=group_id, fund=fund, now=timezone.now(), **asked)
        return Response(EnrollmentSerializer(enrollment).data)

    @extend_schema(
        operation_id="end_enrollment", summary="Switch yield off", tags=["yield"],
        description="Owner only. Today earns nothing any more; days before are still credited.",
        responses={204: OpenApiResponse(description="The balance no longer earns.")},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SWITCH_YIELD).user
        end_enrollment(actor=actor, group_id=group_id, now=timezone.now())
        return Response(status=204)


class GroupYield(APIView):
    @extend_schema(
        operation_id="get_yield", summary="Yield at a glance", tags=["yield"], responses=YieldSummarySerializer
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        group = access_group(get_caller(request), group_id, Right.SEE).group
        return Response(YieldSummarySerializer(get_summary(group, timezone.now())).data)


class YieldChart(APIView):
    more_problems = {"GET": ["422"]}

    @extend_schema(
        operation_id="get_yield_chart", summary="Yield of a range of days, for drawing", tags=["yield"],
        description="Days, months and the total in one answer, the group's and your own, all as they stand after "
        f"corrections. No more than {settings.YIELD_CHART_DAYS_MAX} days.",
        parameters=[ChartQuery], responses=ChartSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access = access_group(get_caller(request), group_id, Right.SEE)
        query = ChartQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        since, until = choose_range(asked.get("since"), asked.get("until"), timezone.now())
        return Response(ChartSerializer(get_chart(group_id, access.user.pk, since, until)).data)


class YieldDays(APIView):
    @extend_schema(
        operation_id="list_yield_days", summary="Yield day by day", tags=["yield"],
        parameters=PAGE_PARAMETERS, responses=YieldDayPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[YieldDay] = KeysetPage(key="date")
        return page.respond(request, list_yield_days(group_id), lambda rows: YieldDaySerializer(rows, many=True).data)


class OneYieldDay(APIView):
    @extend_schema(
        operation_id="explain_yield_day", summary="How a day's yield came about", tags=["yield"],
        description="Base, rate, formula, what was cut off, and each member's part, worked out again from the books.",
        parameters=[DAY], responses=YieldExplanationSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID, day: date) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(YieldExplanationSerializer(explain_day(get_yield_day(group_id, day))).data)


class OneFund(APIView):
    @extend_schema(operation_id="get_fund", summary="A fund", tags=["funds"], responses=FundSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(FundSerializer(get_fund(code)).data)


class FundDays(APIView):
    @extend_schema(
        operation_id="list_fund_days", summary="What a fund published: 每万份收益 and 七日年化", tags=["funds"],
        parameters=PAGE_PARAMETERS, responses=FundDayPage,
    )  # fmt: skip
    def get(self, request: Request, code: str) -> Response:
        page: KeysetPage[FundDay] = KeysetPage(key="date")
        days = list_published_days(get_fund(code))
        return page.respond(request, days, lambda rows: FundDaySerializer(rows, many=True).data)
