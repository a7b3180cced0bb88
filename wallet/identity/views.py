"""The doors of a person to their own affairs: who am I, where am I logged in, let me open a websocket."""

import uuid

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity.authentication import DeviceToken, get_caller, get_calling_device
from wallet.identity.models import Device
from wallet.identity.selectors import get_device, list_devices
from wallet.identity.serializers import DevicePage, DeviceSerializer, MeSerializer, ProfileInput, TicketSerializer
from wallet.identity.services import issue_ticket, revoke_device, update_profile


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
        return Response(answer.data, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})
