"""A door as others will build it: a command under `run_once` that wants a proof of the payment PIN.

It lets an amount out if there is a proof for it and if `LIMIT_FEN` allows it, and moves nothing.
"""

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import include, path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.api.fields import MoneyField
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.services import lock_wallet

LIMIT_FEN = 1_000_00


class OutInput(serializers.Serializer[Any]):
    amount = MoneyField()
    memo = serializers.CharField(required=False)


class Out(APIView):
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        access_group(get_caller(request), group_id, Right.SPEND)
        amount = parse(OutInput, request)["amount"]

        def command() -> Response:
            redeem_proof(request).check(amount)
            if amount > LIMIT_FEN:
                raise InsufficientFunds
            return Response({"let_out": amount}, status=status.HTTP_201_CREATED)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


urlpatterns = [
    path("api/v1/groups/<uuid:group_id>/out", Out.as_view()),
    path("", include("wallet.config.urls")),
]
