"""The doors of members to their sources, and of institutions to their notices."""

import uuid

from allauth.core import ratelimit
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.problems import BadInput
from wallet.api.schema import PAYMENT_PROOF
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.rails.adapters import base, get_adapter
from wallet.rails.errors import LinkingLimited, NoticeStale, NoticeUnsigned, RailNotFound
from wallet.rails.models import FundingSource
from wallet.rails.selectors import get_source, list_sources
from wallet.rails.serializers import SourceChange, SourceInput, SourcePage, SourceSerializer
from wallet.rails.services import hear_notice, link_account, link_card, set_default_source, unlink_source


def check_rail(rail: str) -> str:
    """Refuse a rail that this installation does not serve.

    :raises RailNotFound: when it does not.
    """
    if rail not in settings.RAILS:
        raise RailNotFound
    return rail


def count_linking(request: Request) -> None:
    """Count an attempt to link, whatever comes of it.

    :raises LinkingLimited: when the caller has made as many as there may be.
    """
    if not ratelimit.consume(request._request, action="link_source", key=str(get_caller(request).pk)):
        raise LinkingLimited


class MySources(APIView):
    more_problems = {"POST": ["503"]}

    @extend_schema(
        operation_id="list_my_sources", summary="My funding sources", tags=["me"],
        parameters=PAGE_PARAMETERS, responses=SourcePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page: KeysetPage[FundingSource] = KeysetPage()
        return page.respond(
            request, list_sources(get_caller(request)), lambda rows: SourceSerializer(rows, many=True).data
        )

    @extend_schema(
        operation_id="link_source", summary="Link a card or an account", tags=["me"],
        description="Test cards and logins of the sandbox bank: docs/sandbox-bank.md.",
        request=SourceInput, responses={201: SourceSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = parse(SourceInput, request)
        how = {
            "user": get_caller(request),
            "rail": check_rail(asked["rail"]),
            "holder": asked["holder"],
            "now": timezone.now(),
        }
        count_linking(request)
        if asked["kind"] == FundingSource.Kind.BANK_CARD:
            source = link_card(number=asked["number"], **how)
        else:
            source = link_account(kind=asked["kind"], login=asked["login"], **how)
        return Response(SourceSerializer(source).data, status=status.HTTP_201_CREATED)


class MySource(APIView):
    @extend_schema(
        operation_id="set_default_source", summary="Make a source the default", tags=["me"],
        description="What is paid out to you without your asking goes there, so it takes a `Payment-Proof`.",
        parameters=[PAYMENT_PROOF], request=SourceChange, responses=SourceSerializer,
    )  # fmt: skip
    @transaction.atomic
    def patch(self, request: Request, source_id: uuid.UUID) -> Response:
        parse(SourceChange, request)
        source = get_source(get_caller(request), source_id)
        redeem_proof(request)
        return Response(SourceSerializer(set_default_source(user=source.user, source_id=source_id)).data)

    @extend_schema(
        operation_id="unlink_source", summary="Unlink a source", tags=["me"],
        description="Refused while a transfer through it is under way. It takes a `Payment-Proof`, because another "
        "source may become the default.",
        parameters=[PAYMENT_PROOF], responses={204: OpenApiResponse(description="Unlinked.")},
    )  # fmt: skip
    @transaction.atomic
    def delete(self, request: Request, source_id: uuid.UUID) -> Response:
        source = get_source(get_caller(request), source_id)
        redeem_proof(request)
        unlink_source(user=source.user, source_id=source_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Notifications(APIView):
    """Signed by the institution; nobody logs in here."""

    more_problems = {"POST": ["401"]}
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="hear_rail_notice", summary="A rail's notice", tags=["rails"],
        description="The same notice is heard once; a repetition is answered alike. Signed by the rail.",
        request=OpenApiTypes.OBJECT, responses={204: OpenApiResponse(description="Heard.")},
    )  # fmt: skip
    def post(self, request: Request, rail: str) -> Response | HttpResponse:
        now = timezone.now()
        body = request._request.body
        adapter = get_adapter(check_rail(rail))
        try:
            notice = adapter.parse_notice(request.headers, body)
        except base.BadSignature:
            raise NoticeUnsigned from None
        except base.StaleNotice:
            raise NoticeStale from None
        except base.MalformedNotice:
            raise BadInput from None
        hear_notice(rail=rail, notice=notice, now=now)
        if adapter.heard:
            return HttpResponse(adapter.heard, content_type="text/plain")
        return Response(status=status.HTTP_204_NO_CONTENT)
