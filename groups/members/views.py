"""The doors to groups, members and invitations."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members import services
from groups.members.models import Invitation, Membership
from groups.members.rights import Right
from groups.members.selectors import (
    Access,
    access_group,
    find_invitation,
    list_groups,
    list_invitations,
    list_members,
    stakes_by_holder,
    stakes_by_wallet,
)
from groups.members.serializers import (
    GroupChange,
    GroupInput,
    GroupPage,
    GroupSerializer,
    InvitationInput,
    InvitationPage,
    InvitationSerializer,
    MemberPage,
    MemberSerializer,
    NewInvitationSerializer,
    OfferSerializer,
)
from wallet.api.input import parse
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.identity.authentication import get_caller


def present_groups(memberships: Sequence[Membership]) -> Any:
    """Write groups for the wire, each with what the member has in it."""
    stakes = stakes_by_wallet(memberships)
    for membership in memberships:
        membership.group.my_role = membership.role  # type: ignore[attr-defined]
        membership.group.my_stake = stakes.get(membership.group_id, 0)  # type: ignore[attr-defined]
    return GroupSerializer([membership.group for membership in memberships], many=True).data


def present_members(group_id: uuid.UUID, members: Sequence[Membership]) -> Any:
    """Write members for the wire, each with their stake."""
    stakes = stakes_by_holder(group_id)
    for member in members:
        member.stake = stakes.get(member.user_id, 0)  # type: ignore[attr-defined]
    return MemberSerializer(members, many=True).data


def see_group(request: Request, group_id: uuid.UUID) -> Access:
    """Fetch the group for a caller who may see it."""
    return access_group(get_caller(request), group_id, Right.SEE)


class Groups(APIView):
    @extend_schema(
        operation_id="list_groups", summary="My groups", tags=["groups"],
        parameters=PAGE_PARAMETERS, responses=GroupPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page: KeysetPage[Membership] = KeysetPage()
        return page.respond(request, list_groups(get_caller(request)), present_groups)

    @extend_schema(
        operation_id="create_group", summary="Found a group", tags=["groups"],
        description="Whoever founds it owns it. The scene sets what can all be changed afterwards.",
        request=GroupInput, responses={201: GroupSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        group = services.create_group(owner=get_caller(request), now=timezone.now(), **parse(GroupInput, request))
        access = see_group(request, group.pk)
        return Response(present_groups([access.membership])[0], status=status.HTTP_201_CREATED)


class OneGroup(APIView):
    """A group: read and renamed here; the room of rules changes what everybody has to agree on."""

    def present(self, request: Request, group_id: uuid.UUID) -> Any:
        return present_groups([see_group(request, group_id).membership])[0]

    @extend_schema(operation_id="get_group", summary="A group", tags=["groups"], responses=GroupSerializer)
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        return Response(self.present(request, group_id))

    def patch(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.CHANGE_SETTINGS).user
        services.change_group(actor=actor, group_id=group_id, now=timezone.now(), **parse(GroupChange, request))
        return Response(self.present(request, group_id))


class Members(APIView):
    @extend_schema(
        operation_id="list_members", summary="Who is in the group, and whose is what", tags=["groups"],
        parameters=PAGE_PARAMETERS, responses=MemberPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        see_group(request, group_id)
        page: KeysetPage[Membership] = KeysetPage(newest_first=False)
        return page.respond(request, list_members(group_id), lambda rows: present_members(group_id, rows))


class Invitations(APIView):
    @extend_schema(
        operation_id="list_invitations", summary="Invitations of the group", tags=["invitations"],
        parameters=PAGE_PARAMETERS, responses=InvitationPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        see_group(request, group_id)
        page: KeysetPage[Invitation] = KeysetPage()
        return page.respond(
            request, list_invitations(group_id), lambda rows: InvitationSerializer(rows, many=True).data
        )

    @extend_schema(
        operation_id="create_invitation", summary="Invite somebody", tags=["invitations"],
        description="The code and the link are shown this once; they let one person in.",
        request=InvitationInput, responses={201: NewInvitationSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.INVITE).user
        invited = services.invite(actor=actor, group_id=group_id, now=timezone.now(), **parse(InvitationInput, request))
        invited.invitation.code = invited.code  # type: ignore[attr-defined]
        return Response(NewInvitationSerializer(invited.invitation).data, status=status.HTTP_201_CREATED)


class GroupInvitation(APIView):
    @extend_schema(
        operation_id="withdraw_invitation", summary="Take an invitation back", tags=["invitations"],
        responses={204: OpenApiResponse(description="It lets nobody in any more.")},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID, invitation_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.INVITE).user
        services.withdraw_invitation(actor=actor, group_id=group_id, invitation_id=invitation_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Offer(APIView):
    @extend_schema(
        operation_id="get_invitation", summary="What an invitation offers", tags=["invitations"],
        description="For whoever holds the code. Names are masked.", responses=OfferSerializer,
    )  # fmt: skip
    def get(self, request: Request, code: str) -> Response:
        get_caller(request)
        invitation = find_invitation(code)
        names = [member.user.masked_name for member in list_members(invitation.group_id)[:10]]
        invitation.members = names  # type: ignore[attr-defined]
        return Response(OfferSerializer(invitation).data)


class AcceptOffer(APIView):
    @extend_schema(
        operation_id="accept_invitation", summary="Join", tags=["invitations"],
        request=None, responses=GroupSerializer,
    )  # fmt: skip
    def post(self, request: Request, code: str) -> Response:
        joined = services.accept_invitation(user=get_caller(request), code=code, now=timezone.now())
        return Response(present_groups([see_group(request, joined.group_id).membership])[0])


class DeclineOffer(APIView):
    @extend_schema(
        operation_id="decline_invitation", summary="Decline", tags=["invitations"],
        request=None, responses={204: OpenApiResponse(description="The code lets nobody in any more.")},
    )  # fmt: skip
    def post(self, request: Request, code: str) -> Response:
        services.decline_invitation(user=get_caller(request), code=code, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
