"""The doors for spending: members show codes and read payments, merchants charge, look up and give back."""

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals.models import Proposal
from groups.proposals.serializers import ProposalSerializer
from groups.proposals.views import answer_with
from groups.spending import services
from groups.spending.authentication import MerchantSignature, get_merchant
from groups.spending.models import Payment
from groups.spending.resharing import Asked, propose_reshare
from groups.spending.selectors import get_payment, get_refusal_of, get_trade_payment, list_payments
from groups.spending.serializers import (
    ChargeInput,
    CodeInput,
    CodeSerializer,
    MerchantPaymentSerializer,
    PaymentDetailSerializer,
    PaymentPage,
    PaymentSerializer,
    RefundInput,
    RefundSerializer,
    ReshareInput,
    TradeNumberQuery,
)
from groups.spending.shown import present_payment
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY, PAYMENT_PROOF
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.services import lock_wallet


class PaymentCodes(APIView):
    @extend_schema(
        operation_id="create_payment_code", summary="Show a payment code", tags=["spending"],
        description="Replaces the code shown before. The code is in this answer only; its hash is stored.",
        parameters=[PAYMENT_PROOF], request=CodeInput, responses={201: CodeSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SPEND).user
        asked = parse(CodeInput, request)
        with transaction.atomic():
            lock_wallet(group_id)
            asked["amount_max"] = redeem_proof(request).amount_max
            shown = services.show_code(actor=actor, group_id=group_id, now=timezone.now(), **asked)
        return Response(CodeSerializer(shown).data, status=status.HTTP_201_CREATED)


class Payments(APIView):
    @extend_schema(
        operation_id="list_payments", summary="Payments of the group", tags=["spending"],
        parameters=PAGE_PARAMETERS, responses=PaymentPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Payment] = KeysetPage()
        return page.respond(request, list_payments(group_id), lambda rows: PaymentSerializer(rows, many=True).data)


class OnePayment(APIView):
    @extend_schema(
        operation_id="get_payment", summary="A payment, and who bears what of it", tags=["spending"],
        responses=PaymentDetailSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID, payment_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        return Response(present_payment(get_payment(group_id, payment_id)))


class Reshare(APIView):
    @extend_schema(
        operation_id="reshare_payment", summary="Propose to share a payment anew", tags=["spending"],
        description="What is left of it, among who is in the group now. The shares are worked out at once and are what "
        "is voted on: everybody else whose share would change has to agree. Once they have, one entry between stakes "
        "makes it so, and refunds go by the new shares.",
        parameters=[IDEMPOTENCY_KEY, PAYMENT_PROOF], request=ReshareInput, responses={202: ProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, payment_id: uuid.UUID) -> HttpResponse:
        caller = get_caller(request)
        access_group(caller, group_id, Right.SEE)
        get_payment(group_id, payment_id)
        access = access_group(caller, group_id, Right.SPEND)
        asked = parse(ReshareInput, request)
        weights = {row["user"]: row["weight"] for row in asked.pop("weights", [])}

        def command() -> Proposal:
            return propose_reshare(
                actor=access.user,
                group_id=group_id,
                payment_id=payment_id,
                asked=Asked(**asked, weights=weights),
                amount_max=redeem_proof(request).amount_max,
                now=timezone.now(),
            )

        return answer_with(request, access.group, command, status.HTTP_202_ACCEPTED)


class MerchantView(APIView):
    """A door for merchants only. What takes no body is refused with one: a signature over other words opens nothing."""

    authentication_classes = [MerchantSignature]
    #: The methods that take no body.
    bodiless = frozenset({"GET"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in self.bodiless and request._request.body.strip() not in (b"", b"{}"):
            raise ValidationError(_("This request takes no body."))


class MerchantPayments(MerchantView):
    @extend_schema(
        operation_id="charge_payment_code", summary="Charge a payment code", tags=["merchants"],
        description="`out_trade_no` is the key: the same request again gets the same answer (Idempotent-Replayed: "
        "true), another one under the number 409. A refused payment (422) has used up its code and its number; an "
        "unknown, used or expired code changes nothing.",
        parameters=[OpenApiParameter("Merchant-Key", str, OpenApiParameter.HEADER, required=True)],
        request=ChargeInput, responses={201: MerchantPaymentSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = services.Charge(**parse(ChargeInput, request))
        charged = services.charge(merchant=get_merchant(request), asked=asked, now=timezone.now())
        if charged.payment.status == Payment.Status.REFUSED:
            raise get_refusal_of(charged.payment)
        return answer(MerchantPaymentSerializer(charged.payment).data, charged.replayed)

    @extend_schema(
        operation_id="get_merchant_payment", summary="Look a payment up", tags=["merchants"],
        parameters=[
            OpenApiParameter("Merchant-Key", str, OpenApiParameter.HEADER, required=True),
            TradeNumberQuery,
        ],
        responses=MerchantPaymentSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        query = TradeNumberQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        payment = get_trade_payment(get_merchant(request), query.validated_data["out_trade_no"])
        return Response(MerchantPaymentSerializer(payment).data)


class MerchantRefunds(MerchantView):
    @extend_schema(
        operation_id="refund_payment", summary="Give a payment back, whole or in part", tags=["merchants"],
        description="`out_request_no` is the key: it moves money once. It goes back by the payment's own sharing, "
        "also to members who have left.",
        parameters=[OpenApiParameter("Merchant-Key", str, OpenApiParameter.HEADER, required=True)],
        request=RefundInput, responses={201: RefundSerializer},
    )  # fmt: skip
    def post(self, request: Request, out_trade_no: str) -> Response:
        refunded = services.refund(
            merchant=get_merchant(request),
            out_trade_no=out_trade_no,
            now=timezone.now(),
            **parse(RefundInput, request),
        )
        return answer(RefundSerializer(refunded.refund).data, refunded.replayed)


def answer(data: Any, replayed: bool) -> Response:
    """Answer a command whose key is in its body."""
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return Response(data, status=status.HTTP_201_CREATED, headers=headers)
