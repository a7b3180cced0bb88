"""The doors for disputes. Operators decide at theirs, in the admin."""

import uuid
from collections.abc import Callable

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.disputes.models import Dispute
from groups.disputes.selectors import get_dispute, list_disputes
from groups.disputes.serializers import DisputeInput, DisputePage, DisputeSerializer
from groups.disputes.services import concede, contest, withdraw
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY
from wallet.identity.authentication import get_caller
from wallet.ledger.services import lock_wallet


class Disputes(APIView):
    @extend_schema(
        operation_id="list_disputes", summary="Disputes of the group", tags=["disputes"],
        parameters=PAGE_PARAMETERS, responses=DisputePage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Dispute] = KeysetPage()
        return page.respond(request, list_disputes(group_id), lambda rows: DisputeSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_dispute", summary="Contest a payment or a transfer", tags=["disputes"],
        description="The own share of what somebody else has paid, or has had sent to them at the group's expense, "
        "once. As much of it as there is, is held of their stake, until they concede, it is withdrawn, an operator "
        "decides, or the deadline passes. Everything else in the group goes on. A transfer that has not left yet is "
        "objected to instead.",
        parameters=[IDEMPOTENCY_KEY], request=DisputeInput, responses={201: DisputeSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        actor = access_group(get_caller(request), group_id, Right.DISPUTE).user
        asked = parse(DisputeInput, request)

        def command() -> Response:
            dispute = contest(
                actor=actor,
                group_id=group_id,
                payment_id=asked.get("payment"),
                withdrawal_id=asked.get("withdrawal"),
                amount=asked.get("amount"),
                reason=asked["reason"],
                now=timezone.now(),
            )
            return Response(DisputeSerializer(dispute).data, status=status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class OneDispute(APIView):
    @extend_schema(operation_id="get_dispute", summary="A dispute", tags=["disputes"], responses=DisputeSerializer)
    def get(self, request: Request, group_id: uuid.UUID, dispute_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(DisputeSerializer(get_dispute(group_id, dispute_id)).data)


class Concede(APIView):
    @extend_schema(
        operation_id="concede_dispute", summary="Give in", tags=["disputes"],
        description="By who made it: the contested amount goes to who contests it.",
        parameters=[IDEMPOTENCY_KEY], request=None, responses=DisputeSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, dispute_id: uuid.UUID) -> HttpResponse:
        return answer(request, group_id, dispute_id, concede)


class Withdraw(APIView):
    @extend_schema(
        operation_id="withdraw_dispute", summary="Take a dispute back", tags=["disputes"],
        description="By who contests: what is held goes back to who made it.",
        parameters=[IDEMPOTENCY_KEY], request=None, responses=DisputeSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, dispute_id: uuid.UUID) -> HttpResponse:
        return answer(request, group_id, dispute_id, withdraw)


def answer(
    request: Request, group_id: uuid.UUID, dispute_id: uuid.UUID, service: Callable[..., Dispute]
) -> HttpResponse:
    """Let one of the two end their dispute."""
    actor = access_group(get_caller(request), group_id, Right.SEE).user

    def command() -> Response:
        ended = service(actor=actor, group_id=group_id, dispute_id=dispute_id, now=timezone.now())
        return Response(DisputeSerializer(ended).data)

    return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)
