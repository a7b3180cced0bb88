"""The doors for money in."""

import uuid

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.funding.models import Contribution
from groups.funding.selectors import get_contribution, list_contributions
from groups.funding.serializers import ContributionInput, ContributionPage, ContributionSerializer
from groups.funding.services import contribute
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY
from wallet.identity.authentication import get_caller
from wallet.ledger.services import lock_wallet


class Contributions(APIView):
    @extend_schema(
        operation_id="list_contributions", summary="Money in", tags=["funding"],
        parameters=PAGE_PARAMETERS, responses=ContributionPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Contribution] = KeysetPage()
        return page.respond(
            request, list_contributions(group_id), lambda rows: ContributionSerializer(rows, many=True).data
        )

    @extend_schema(
        operation_id="create_contribution", summary="Pay in", tags=["funding"],
        description="The bank is asked; the stake grows when the money has settled, which an event tells.",
        parameters=[IDEMPOTENCY_KEY], request=ContributionInput, responses={201: ContributionSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        actor = access_group(get_caller(request), group_id, Right.CONTRIBUTE).user
        asked = parse(ContributionInput, request)

        def command() -> Response:
            contribution = contribute(
                actor=actor,
                group_id=group_id,
                source_id=asked["source"],
                amount=asked["amount"],
                now=timezone.now(),
            )
            return Response(ContributionSerializer(contribution).data, status=status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class OneContribution(APIView):
    @extend_schema(
        operation_id="get_contribution", summary="A contribution", tags=["funding"], responses=ContributionSerializer
    )
    def get(self, request: Request, group_id: uuid.UUID, contribution_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(ContributionSerializer(get_contribution(group_id, contribution_id)).data)
