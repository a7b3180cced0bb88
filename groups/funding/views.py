"""The doors for money in and out."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.funding.models import Contribution, Withdrawal
from groups.funding.selectors import get_contribution, get_withdrawal, list_contributions, list_withdrawals
from groups.funding.serializers import (
    ContributionInput,
    ContributionPage,
    ContributionSerializer,
    WithdrawalInput,
    WithdrawalPage,
    WithdrawalSerializer,
)
from groups.funding.services import cancel_shared, contribute, object_to, withdraw, withdraw_shared
from groups.members.rights import Right
from groups.members.selectors import Access, access_group
from groups.proposals.models import Proposal
from groups.proposals.serializers import ProposalSerializer
from groups.proposals.shown import present_proposals
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY, PAYMENT_PROOF
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.services import lock_wallet


class Contributions(APIView):
    more_problems = {"POST": ["503"]}

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


class Withdrawals(APIView):
    more_problems = {"POST": ["503"]}

    @extend_schema(
        operation_id="list_withdrawals", summary="Money out", tags=["funding"],
        parameters=PAGE_PARAMETERS, responses=WithdrawalPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Withdrawal] = KeysetPage()
        return page.respond(
            request, list_withdrawals(group_id), lambda rows: WithdrawalSerializer(rows, many=True).data
        )

    @extend_schema(
        operation_id="create_withdrawal", summary="Take money out", tags=["funding"],
        description="Out of the own stake at once, and nobody is asked. What the group shall bear keeps to its rules: "
        "it may have to wait for objections (`waiting`, `executes_at`), or be approved by others first (202). "
        "The ordinary way takes the money at once, and the bank is asked on the trading day that `expected_at` says.",
        parameters=[IDEMPOTENCY_KEY, PAYMENT_PROOF], request=WithdrawalInput,
        responses={201: WithdrawalSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        asked = parse(WithdrawalInput, request)
        is_own = asked["borne_by"] == Withdrawal.BorneBy.OWN
        access = access_group(get_caller(request), group_id, Right.WITHDRAW if is_own else Right.SPEND)

        def command() -> Response:
            redeem_proof(request).check(asked["amount"])
            return _take_out(access, is_own, asked)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


def _take_out(access: Access, is_own: bool, asked: dict[str, Any]) -> Response:
    common = {"actor": access.user, "group_id": access.group.pk, "source_id": asked["source"], "now": timezone.now()}
    common["speed"] = Withdrawal.Speed(asked["speed"])
    if is_own:
        made: Withdrawal | Proposal = withdraw(amount=asked["amount"], **common)
    else:
        made = withdraw_shared(amount=asked["amount"], memo=asked["memo"], **common)
    if isinstance(made, Proposal):
        return Response(present_proposals(access.group, [made])[0], status=status.HTTP_202_ACCEPTED)
    return Response(WithdrawalSerializer(made).data, status=status.HTTP_201_CREATED)


class OneWithdrawal(APIView):
    @extend_schema(
        operation_id="get_withdrawal", summary="A withdrawal", tags=["funding"], responses=WithdrawalSerializer
    )
    def get(self, request: Request, group_id: uuid.UUID, withdrawal_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(WithdrawalSerializer(get_withdrawal(group_id, withdrawal_id)).data)


def _stop(request: Request, group_id: uuid.UUID, withdrawal_id: uuid.UUID, stop: Callable[..., Any]) -> HttpResponse:
    actor = access_group(get_caller(request), group_id, Right.SEE).user
    get_withdrawal(group_id, withdrawal_id)

    def command() -> Response:
        stopped = stop(actor=actor, group_id=group_id, withdrawal_id=withdrawal_id, now=timezone.now())
        return Response(WithdrawalSerializer(stopped).data)

    return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class Objections(APIView):
    @extend_schema(
        operation_id="object_to_withdrawal", summary="Object to an announced withdrawal", tags=["funding"],
        description="It does not leave; whoever asked for it can propose it to the others instead.",
        parameters=[IDEMPOTENCY_KEY], request=None, responses=WithdrawalSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, withdrawal_id: uuid.UUID) -> HttpResponse:
        return _stop(request, group_id, withdrawal_id, object_to)


class WithdrawalCancellation(APIView):
    @extend_schema(
        operation_id="cancel_withdrawal", summary="Take the own announced withdrawal back", tags=["funding"],
        parameters=[IDEMPOTENCY_KEY], request=None, responses=WithdrawalSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, withdrawal_id: uuid.UUID) -> HttpResponse:
        return _stop(request, group_id, withdrawal_id, cancel_shared)
