"""The doors to a group's rules: 200 when the change is made, 202 with the proposal when everybody has to agree."""

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members import views as members
from groups.members.rights import Right
from groups.members.selectors import access_group, get_member
from groups.members.serializers import GroupSerializer, MemberSerializer
from groups.members.views import present_members
from groups.proposals.models import Proposal
from groups.proposals.serializers import ProposalSerializer
from groups.proposals.shown import present_proposals
from groups.rules import services
from groups.rules.serializers import BlockInput, GroupChange, LimitInput, MemberChange, PauseInput, RulesSerializer
from groups.rules.shown import present_rules
from wallet.api.input import parse
from wallet.identity.authentication import get_caller

CHANGED = {200: RulesSerializer, 202: ProposalSerializer}
TIGHTEN = "What tightens takes effect at once; what loosens is proposed, and everybody has to agree."


def answer_change(
    request: Request, group_id: uuid.UUID, proposal: Proposal | None, present: Callable[[], Any]
) -> Response:
    """Answer with what is so now; or with the proposal, while it waits for votes."""
    if proposal is None or proposal.status == Proposal.Status.APPROVED:
        return Response(present())
    group = access_group(get_caller(request), group_id, Right.SEE).group
    return Response(present_proposals(group, [proposal])[0], status=status.HTTP_202_ACCEPTED)


def answer_rules(request: Request, group_id: uuid.UUID, proposal: Proposal | None = None) -> Response:
    """Answer with the rules as the caller has them now."""
    access = access_group(get_caller(request), group_id, Right.SEE)
    return answer_change(request, group_id, proposal, lambda: present_rules(access, timezone.now()))


class Limits(APIView):
    @extend_schema(
        operation_id="get_rules", summary="Limits, blocks, pauses, and what they leave me", tags=["rules"],
        responses=RulesSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        return answer_rules(request, group_id)

    @extend_schema(
        operation_id="set_limit", summary="Set a limit", tags=["rules"], description=TIGHTEN,
        request=LimitInput, responses=CHANGED,
    )  # fmt: skip
    def put(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        asked = parse(LimitInput, request)
        proposal = services.set_limit(
            actor=actor,
            group_id=group_id,
            limit=asked["limit"],
            user_id=asked["user"],
            amount=asked["amount"],
            now=timezone.now(),
        )
        return answer_rules(request, group_id, proposal)


class Blocks(APIView):
    @extend_schema(
        operation_id="set_block", summary="Block a category", tags=["rules"], description=TIGHTEN,
        request=BlockInput, responses=CHANGED,
    )  # fmt: skip
    def put(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        asked = parse(BlockInput, request)
        proposal = services.set_block(
            actor=actor,
            group_id=group_id,
            category=asked["category"],
            user_id=asked["user"],
            blocked=asked["blocked"],
            now=timezone.now(),
        )
        return answer_rules(request, group_id, proposal)


class Pauses(APIView):
    @extend_schema(
        operation_id="set_pause", summary="Pause spending", tags=["rules"], description=TIGHTEN,
        request=PauseInput, responses=CHANGED,
    )  # fmt: skip
    def put(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        asked = parse(PauseInput, request)
        proposal = services.set_pause(
            actor=actor, group_id=group_id, user_id=asked["user"], paused=asked["paused"], now=timezone.now()
        )
        return answer_rules(request, group_id, proposal)


class OneGroup(members.OneGroup):
    """A group: read and renamed by the room of members; how its spends are shared, everybody has to agree on."""

    @extend_schema(
        operation_id="change_group", summary="Change a group", tags=["groups"],
        description="Name and time zone: the owner, at once. The sharing rule is proposed, and everybody has to agree "
        "(202). Send one or the other.",
        request=GroupChange, responses={200: GroupSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def patch(self, request: Request, group_id: uuid.UUID) -> Response:
        asked = parse(GroupChange, request)
        if "sharing_rule" not in asked:
            return super().patch(request, group_id)
        actor = access_group(get_caller(request), group_id, Right.PROPOSE).user
        proposal = services.change_sharing_rule(actor=actor, group_id=group_id, now=timezone.now(), **asked)
        return answer_change(request, group_id, proposal, lambda: self.present(request, group_id))


class OneMember(APIView):
    """A member: changed by this room, parted with by the room of exits."""

    @extend_schema(
        operation_id="change_member", summary="Change a member's role or weight", tags=["groups"],
        description="Oneself becomes a viewer at once. Whether others may spend, and what somebody bears, is proposed "
        "and voted on (202).",
        request=MemberChange, responses={200: MemberSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def patch(self, request: Request, group_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.PROPOSE).user
        asked = parse(MemberChange, request)
        change = services.change_role if "role" in asked else services.change_weight
        proposal = change(actor=actor, group_id=group_id, user_id=user_id, now=timezone.now(), **asked)
        return answer_change(
            request, group_id, proposal, lambda: present_members(group_id, [get_member(group_id, user_id)])[0]
        )
