"""The doors of checkout: merchants make orders and cancel them, members look at one and pay it."""

import uuid

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.checkout import services
from groups.checkout.selectors import get_order, get_order_of
from groups.checkout.serializers import MerchantOrderSerializer, OrderInput, OrderSerializer, PayInput
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.spending.authentication import get_merchant
from groups.spending.models import Payment
from groups.spending.selectors import get_refusal_of
from groups.spending.serializers import PaymentSerializer
from groups.spending.views import MerchantView, answer
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.problems import CONTENT_TYPE, describe
from wallet.api.schema import IDEMPOTENCY_KEY, PAYMENT_PROOF
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.services import lock_wallet

MERCHANT_KEY = OpenApiParameter("Merchant-Key", str, OpenApiParameter.HEADER, required=True)


class MerchantOrders(MerchantView):
    @extend_schema(
        operation_id="place_order", summary="Ask for a payment online", tags=["merchants"],
        description="`out_trade_no` is the key. Show the order's `id` to your customer; who pays it with which group "
        "is not told to you. You are told by a signed POST to `notify_url`, for three days until you answer 2xx.",
        parameters=[MERCHANT_KEY], request=OrderInput, responses={201: MerchantOrderSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        placed = services.place_order(merchant=get_merchant(request), now=timezone.now(), **parse(OrderInput, request))
        return answer(MerchantOrderSerializer(placed.order).data, placed.replayed)


class OneMerchantOrder(MerchantView):
    @extend_schema(
        operation_id="get_merchant_order", summary="Look an order up", tags=["merchants"],
        parameters=[MERCHANT_KEY], responses=MerchantOrderSerializer,
    )  # fmt: skip
    def get(self, request: Request, out_trade_no: str) -> Response:
        return Response(MerchantOrderSerializer(get_order_of(get_merchant(request), out_trade_no)).data)


class MerchantOrderCancellation(MerchantView):
    bodiless = frozenset({"POST"})

    @extend_schema(
        operation_id="cancel_order", summary="Cancel an order", tags=["merchants"],
        description="An open one is closed; of one that was paid today the money goes back.",
        parameters=[MERCHANT_KEY], request=None, responses=MerchantOrderSerializer,
    )  # fmt: skip
    def post(self, request: Request, out_trade_no: str) -> Response:
        merchant = get_merchant(request)
        order = services.cancel_order(merchant=merchant, out_trade_no=out_trade_no, now=timezone.now())
        return Response(MerchantOrderSerializer(order).data)


class OneOrder(APIView):
    @extend_schema(operation_id="get_order", summary="An order", tags=["spending"], responses=OrderSerializer)
    def get(self, request: Request, checkout_id: uuid.UUID) -> Response:
        get_caller(request)
        return Response(OrderSerializer(get_order(checkout_id)).data)


class OrderPayment(APIView):
    @extend_schema(
        operation_id="pay_order", summary="Pay an order with a group", tags=["spending"],
        description="Judged as a payment code is at the till. What is refused can be tried again under another key.",
        parameters=[IDEMPOTENCY_KEY, PAYMENT_PROOF], request=PayInput, responses={201: PaymentSerializer},
    )  # fmt: skip
    def post(self, request: Request, checkout_id: uuid.UUID) -> HttpResponse:
        caller = get_caller(request)
        asked = parse(PayInput, request)
        group_id = asked.pop("group")
        access_group(caller, group_id, Right.SPEND)
        order = get_order(checkout_id)

        def command() -> Response:
            allowance = redeem_proof(request)
            allowance.check(order.amount)
            payment = services.pay_order(
                actor=caller,
                order_id=checkout_id,
                group_id=group_id,
                amount_max=allowance.amount_max,
                now=timezone.now(),
                **asked,
            )
            if payment.status == Payment.Status.REFUSED:
                # Answered, not raised: the refused payment stands, and others may have been asked to approve it.
                problem = describe(get_refusal_of(payment), request)
                return Response(problem, status=status.HTTP_422_UNPROCESSABLE_ENTITY, content_type=CONTENT_TYPE)
            return Response(PaymentSerializer(payment).data, status=status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)
