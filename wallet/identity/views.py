"""The doors of a person to their own affairs: who am I, where am I logged in, my PIN, my tickets and proofs."""

import uuid

from allauth.core import ratelimit
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet.api.idempotency import fingerprint
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity import services
from wallet.identity.authentication import DeviceToken, get_caller, get_calling_device
from wallet.identity.errors import PinCodesLimited
from wallet.identity.models import Device
from wallet.identity.selectors import get_device, get_pin_status, list_devices
from wallet.identity.serializers import (
    DevicePage,
    DeviceSerializer,
    MeSerializer,
    PinChange,
    PinInput,
    PinResetInput,
    PinStatusSerializer,
    ProfileInput,
    ProofInput,
    ProofSerializer,
    TicketSerializer,
)
from wallet.identity.services import issue_ticket, revoke_device, update_profile

#: An answer with a secret that is not to be kept by anybody on its way.
SECRET = {"Cache-Control": "no-store"}


class MyView(APIView):
    """A door that only a logged-in person can open, whatever the defaults say."""

    authentication_classes = [DeviceToken]
    permission_classes = [IsAuthenticated]


class Me(MyView):
    @extend_schema(
        operation_id="get_me", summary="Who am I", tags=["me"],
        description="The person whose token this is. A name is empty until they have said one.",
        responses=MeSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(get_caller(request)).data)

    @extend_schema(
        operation_id="update_me", summary="Change my name or language", tags=["me"],
        description="What is left out stays as it is. The phone number cannot be changed here.",
        request=ProfileInput, responses=MeSerializer,
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        profile = ProfileInput(data=request.data)
        profile.is_valid(raise_exception=True)
        user = update_profile(user=get_caller(request), **profile.validated_data)
        return Response(MeSerializer(user).data)


class MyDevices(MyView):
    @extend_schema(
        operation_id="list_my_devices", summary="Where I am logged in", tags=["me"],
        description="Every login that has not been revoked, the newest first.",
        parameters=PAGE_PARAMETERS, responses=DevicePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page: KeysetPage[Device] = KeysetPage()
        return page.respond(
            request,
            list_devices(get_caller(request)),
            lambda devices: DeviceSerializer(devices, many=True, context={"request": request}).data,
        )


class MyDevice(MyView):
    @extend_schema(
        operation_id="revoke_my_device", summary="Log a device out", tags=["me"],
        description="Its token is worthless from now on and its sockets are closed. Also for the device that asks.",
        responses={204: OpenApiResponse(description="Logged out.")},
    )  # fmt: skip
    def delete(self, request: Request, device_id: uuid.UUID) -> Response:
        revoke_device(device=get_device(user=get_caller(request), device_id=device_id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WsTickets(MyView):
    @extend_schema(
        operation_id="create_ws_ticket", summary="A ticket for one websocket", tags=["events"],
        description="For browsers, which cannot send the token. Good for 30 seconds and once.",
        request=None, responses={201: TicketSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        row, ticket = issue_ticket(device=get_calling_device(request), now=timezone.now())
        answer = TicketSerializer({"ticket": ticket, "expires_at": row.expires_at})
        return Response(answer.data, status=status.HTTP_201_CREATED, headers=SECRET)


def present_pin(request: Request, status_code: int = status.HTTP_200_OK) -> Response:
    """Answer with what there is to know of the caller's PIN."""
    return Response(PinStatusSerializer(get_pin_status(get_caller(request), timezone.now())).data, status=status_code)


class MyPin(MyView):
    @extend_schema(
        operation_id="get_my_pin", summary="My payment PIN", tags=["pin"],
        description="Whether there is one, and until when it is locked or lets out less.",
        responses=PinStatusSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return present_pin(request)

    @extend_schema(
        operation_id="set_my_pin", summary="Set my first payment PIN", tags=["pin"],
        description="Six digits. Runs, repetitions and the end of the own phone number are refused.",
        request=PinInput, responses={201: PinStatusSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        services.set_pin(user=get_caller(request), now=timezone.now(), **parse(PinInput, request))
        return present_pin(request, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="change_my_pin", summary="Change my payment PIN", tags=["pin"],
        description="A wrong current one counts as a try: the third locks for three hours. Open proofs are void.",
        request=PinChange, responses=PinStatusSerializer,
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        services.change_pin(user=get_caller(request), now=timezone.now(), **parse(PinChange, request))
        return present_pin(request)


class MyPinReset(MyView):
    @extend_schema(
        operation_id="request_pin_reset", summary="A code for resetting my payment PIN", tags=["pin"],
        description="Sent to the own phone; the one before is void.",
        request=None, responses={204: OpenApiResponse(description="Sent.")},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        user = get_caller(request)
        if not ratelimit.consume(request._request, action="request_pin_code", key=str(user.pk)):
            raise PinCodesLimited
        services.send_reset_code(user=user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MyPinResetConfirm(MyView):
    @extend_schema(
        operation_id="confirm_pin_reset", summary="Reset my payment PIN", tags=["pin"],
        description="The code is good for five minutes, five tries and once. A lock ends; for a day less can leave.",
        request=PinResetInput, responses=PinStatusSerializer,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        services.reset_pin(user=get_caller(request), now=timezone.now(), **parse(PinResetInput, request))
        return present_pin(request)


class PinProofs(MyView):
    @extend_schema(
        operation_id="create_pin_proof", summary="Prove that it is me who pays", tags=["pin"],
        description="For one request, which is named here and sent within two minutes, from this device, with the "
        "proof as `Payment-Proof`. A wrong PIN counts as a try: the third locks for three hours.",
        request=ProofInput, responses={201: ProofSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = parse(ProofInput, request)
        issued, proof = services.issue_proof(
            device=get_calling_device(request),
            pin=asked["pin"],
            operation=fingerprint(**asked["operation"]),
            now=timezone.now(),
        )
        answer = ProofSerializer({"proof": proof, "expires_at": issued.expires_at})
        return Response(answer.data, status=status.HTTP_201_CREATED, headers=SECRET)
