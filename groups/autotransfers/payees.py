"""The doors to whom a group pays. What is linked, and how, is the rails' affair; who may link it is the group's."""

import uuid

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity.authentication import get_caller
from wallet.ledger.services import lock_wallet
from wallet.rails.models import Payee
from wallet.rails.selectors import list_payees
from wallet.rails.serializers import PayeeInput, PayeePage, PayeeSerializer
from wallet.rails.services import link_payee, unlink_payee
from wallet.rails.views import check_rail, count_linking


class Payees(APIView):
    more_problems = {"POST": ["503"]}

    @extend_schema(
        operation_id="list_payees", summary="Whom the group can pay", tags=["auto-transfers"],
        parameters=PAGE_PARAMETERS, responses=PayeePage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        page: KeysetPage[Payee] = KeysetPage()
        return page.respond(request, list_payees(group_id), lambda rows: PayeeSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="link_payee", summary="Link whom the group shall pay", tags=["auto-transfers"],
        description="The number goes to the institution and is kept nowhere. Nobody is paid by it: that everybody "
        "agrees on.",
        request=PayeeInput, responses={201: PayeeSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SPEND).user
        asked = parse(PayeeInput, request)
        rail = check_rail(asked["rail"])
        count_linking(request)
        payee = link_payee(
            wallet_id=group_id,
            user=actor,
            rail=rail,
            number=asked["number"],
            holder=asked["holder"],
            name=asked["name"],
            now=timezone.now(),
        )
        return Response(PayeeSerializer(payee).data, status=status.HTTP_201_CREATED)


class OnePayee(APIView):
    @extend_schema(
        operation_id="unlink_payee", summary="Unlink a payee", tags=["auto-transfers"],
        description="Refused while a transfer to them is under way, or a standing order pays them.",
        responses={204: OpenApiResponse(description="Unlinked.")},
    )  # fmt: skip
    @transaction.atomic
    def delete(self, request: Request, group_id: uuid.UUID, payee_id: uuid.UUID) -> Response:
        access_group(get_caller(request), group_id, Right.SEE)
        lock_wallet(group_id)
        access_group(get_caller(request), group_id, Right.SPEND)
        unlink_payee(wallet_id=group_id, payee_id=payee_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
