"""The doors to standing orders, their runs, and the payees of a group."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.autotransfers import services
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import get_order, get_run, list_orders, list_runs
from groups.autotransfers.serializers import (
    AutoTransferInput,
    AutoTransferPage,
    AutoTransferSerializer,
    OrderChange,
    PayByHandInput,
    RunPage,
    RunSerializer,
)
from groups.autotransfers.services import Terms, terms_of
from groups.autotransfers.services.orders import needs_agreement
from groups.autotransfers.services.terms import loosens
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals.models import Proposal
from groups.proposals.serializers import ProposalSerializer
from groups.proposals.shown import present_proposals
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY, PROOF_OF_MONEY
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.services import lock_wallet

OUT = AutoTransfer.Direction.OUT
AGREED = "What lets more of everybody's money out is proposed (202) and needs a Payment-Proof; the rest holds at once."


def _answer(
    request: Request, group_id: uuid.UUID, made: AutoTransfer | Proposal, code: int = status.HTTP_200_OK
) -> Response:
    """Answer with the order as it is now; or with the proposal, while it waits for votes."""
    if isinstance(made, AutoTransfer):
        return Response(AutoTransferSerializer(made).data, status=code)
    if made.status == Proposal.Status.APPROVED:
        order_id = made.outcome.get("order") or made.payload["order"]
        return Response(AutoTransferSerializer(get_order(group_id, order_id)).data, status=code)
    group = access_group(get_caller(request), group_id, Right.SEE).group
    return Response(present_proposals(group, [made])[0], status=status.HTTP_202_ACCEPTED)


def _act(
    request: Request, group_id: uuid.UUID, order_id: uuid.UUID, act: Callable[..., AutoTransfer | Proposal]
) -> HttpResponse:
    """Do something with an order once for its key."""
    actor = access_group(get_caller(request), group_id, Right.SEE).user
    get_order(group_id, order_id)

    def command() -> Response:
        made = act(actor=actor, group_id=group_id, order_id=order_id, now=timezone.now())
        return _answer(request, group_id, made)

    return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class AutoTransfers(APIView):
    @extend_schema(
        operation_id="list_auto_transfers", summary="Standing orders", tags=["auto-transfers"],
        parameters=PAGE_PARAMETERS, responses=AutoTransferPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[AutoTransfer] = KeysetPage()
        return page.respond(request, list_orders(group_id), lambda rows: AutoTransferSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_auto_transfer", summary="Set up a standing order", tags=["auto-transfers"],
        description="Money in from an own source begins at once. Paying a payee of the group takes everybody's money: "
        "it is proposed, everybody has to agree (202), and it needs a Payment-Proof.",
        parameters=[IDEMPOTENCY_KEY, PROOF_OF_MONEY], request=AutoTransferInput,
        responses={201: AutoTransferSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        terms = Terms(**parse(AutoTransferInput, request))
        actor = access_group(get_caller(request), group_id, Right.SPEND if terms.payee else Right.CONTRIBUTE).user

        def command() -> Response:
            if terms.payee:
                redeem_proof(request).check(terms.amount)
            made = services.make_order(actor=actor, group_id=group_id, terms=terms, now=timezone.now())
            return _answer(request, group_id, made, status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class OneAutoTransfer(APIView):
    @extend_schema(
        operation_id="get_auto_transfer",
        summary="A standing order",
        tags=["auto-transfers"],
        responses=AutoTransferSerializer,
    )
    def get(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(AutoTransferSerializer(get_order(group_id, order_id)).data)

    @extend_schema(
        operation_id="change_auto_transfer", summary="Change a standing order from its next run on",
        tags=["auto-transfers"], description=AGREED, parameters=[PROOF_OF_MONEY], request=OrderChange,
        responses={200: AutoTransferSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    @transaction.atomic
    def patch(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        asked = parse(OrderChange, request)
        lock_wallet(group_id)
        order = get_order(group_id, order_id)
        terms = _changed(order, asked)
        if order.direction == OUT and loosens(terms_of(order), terms):
            redeem_proof(request).check(terms.amount)
        made = services.change_order(actor=actor, group_id=group_id, order_id=order_id, terms=terms, now=timezone.now())
        return _answer(request, group_id, made)

    @extend_schema(
        operation_id="end_auto_transfer", summary="End a standing order", tags=["auto-transfers"],
        description="For good. What waited for another try is missed.",
        responses={204: OpenApiResponse(description="Ended.")},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        services.end_order(actor=actor, group_id=group_id, order_id=order_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _changed(order: AutoTransfer, asked: dict[str, Any]) -> Terms:
    """Put what shall be otherwise into an order's terms. What comes in has a source for ever, what goes out a payee."""
    other_side = "source" if order.direction == OUT else "payee"
    told = {name: value for name, value in asked.items() if name != other_side and value != _UNSAID.get(name, ())}
    return replace(terms_of(order), **told)


#: These cannot be taken away by null.
_UNSAID: dict[str, None] = {"source": None, "payee": None, "starts_on": None}


class AutoTransferPause(APIView):
    @extend_schema(
        operation_id="pause_auto_transfer", summary="Pause a standing order", tags=["auto-transfers"],
        description="Nothing is due until it is resumed. What goes out can be paused by whoever may spend.",
        parameters=[IDEMPOTENCY_KEY], request=None, responses=AutoTransferSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> HttpResponse:
        return _act(request, group_id, order_id, services.pause_order)


class AutoTransferResumption(APIView):
    @extend_schema(
        operation_id="resume_auto_transfer", summary="Resume a standing order", tags=["auto-transfers"],
        description="What goes out and was paused by somebody else goes on when everybody agrees (202, Payment-Proof).",
        parameters=[IDEMPOTENCY_KEY, PROOF_OF_MONEY], request=None,
        responses={200: AutoTransferSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> HttpResponse:
        def resume(**asked: Any) -> AutoTransfer | Proposal:
            order = get_order(group_id, order_id)
            if order.status == AutoTransfer.Status.PAUSED and needs_agreement(order, asked["actor"]):
                redeem_proof(request).check(order.amount)
            return services.resume_order(**asked)

        return _act(request, group_id, order_id, resume)


class AutoTransferSkip(APIView):
    @extend_schema(
        operation_id="skip_auto_transfer", summary="Skip the next run", tags=["auto-transfers"],
        parameters=[IDEMPOTENCY_KEY], request=None, responses=AutoTransferSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> HttpResponse:
        return _act(request, group_id, order_id, services.skip_next)


class AutoTransferRuns(APIView):
    @extend_schema(
        operation_id="list_auto_transfer_runs", summary="What became of a standing order's runs",
        tags=["auto-transfers"], parameters=PAGE_PARAMETERS, responses=RunPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        get_order(group_id, order_id)
        page: KeysetPage[AutoTransferRun] = KeysetPage()
        return page.respond(request, list_runs(group_id, order_id), lambda rows: RunSerializer(rows, many=True).data)


class RunPaidByHand(APIView):
    more_problems = {"POST": ["503"]}

    @extend_schema(
        operation_id="pay_auto_transfer_run", summary="Pay a run by hand", tags=["auto-transfers"],
        description="A contribution of its amount, for a run that was missed or waits for its next try. It is not "
        "tried by itself any more, and counts as the run.",
        parameters=[IDEMPOTENCY_KEY], request=PayByHandInput, responses={201: RunSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, order_id: uuid.UUID, run_id: uuid.UUID) -> HttpResponse:
        actor = access_group(get_caller(request), group_id, Right.CONTRIBUTE).user
        source_id = parse(PayByHandInput, request)["source"]
        get_run(group_id, run_id, order_id)

        def command() -> Response:
            run = services.pay_by_hand(
                actor=actor, group_id=group_id, run_id=run_id, source_id=source_id, now=timezone.now()
            )
            return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)
