"""The doors to proposals and votes."""

import uuid
from collections.abc import Callable

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.members.models import Group
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals import services
from groups.proposals.errors import KindUnknown
from groups.proposals.kinds import get_kind, list_kinds
from groups.proposals.models import Proposal, Vote
from groups.proposals.selectors import get_proposal, list_proposals
from groups.proposals.serializers import (
    ProposalInput,
    ProposalKindSerializer,
    ProposalPage,
    ProposalSerializer,
    VoteInput,
)
from groups.proposals.shown import present_proposals
from wallet.api.idempotency import run_once
from wallet.api.input import parse, parse_part
from wallet.api.paging import PAGE_PARAMETERS, KeysetPage
from wallet.api.schema import IDEMPOTENCY_KEY, PROOF_OF_MONEY
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.ledger.services import lock_wallet


def answer_with(
    request: Request, group: Group, command: Callable[[], Proposal], code: int = status.HTTP_200_OK
) -> HttpResponse:
    """Run a command about a proposal once for its key, and answer with the proposal as it then stands."""

    def carry_out() -> Response:
        return Response(present_proposals(group, [command()])[0], status=code)

    return run_once(request, wallet_id=group.pk, lock=lock_wallet, command=carry_out)


class ProposalKinds(APIView):
    @extend_schema(
        operation_id="list_proposal_kinds", summary="What can be proposed, and who votes on it", tags=["proposals"],
        responses=inline_serializer("ProposalKindList", {"data": ProposalKindSerializer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response({"data": ProposalKindSerializer(list_kinds(), many=True).data})


class Proposals(APIView):
    @extend_schema(
        operation_id="list_proposals", summary="What was proposed", tags=["proposals"],
        parameters=PAGE_PARAMETERS, responses=ProposalPage,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        group = access_group(get_caller(request), group_id, Right.SEE).group
        page: KeysetPage[Proposal] = KeysetPage()
        return page.respond(request, list_proposals(group_id), lambda rows: present_proposals(group, rows))

    @extend_schema(
        operation_id="create_proposal", summary="Propose something to the group", tags=["proposals"],
        description="Where nobody else has a vote, it is done at once. Kinds and their payloads: /proposal-kinds. "
        "A kind that moves money needs a Payment-Proof.",
        parameters=[IDEMPOTENCY_KEY, PROOF_OF_MONEY], request=ProposalInput, responses={201: ProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        asked = parse(ProposalInput, request)
        access = access_group(get_caller(request), group_id, Right.SEE)
        kind = get_kind(asked["kind"])
        if kind.is_internal:
            raise KindUnknown
        access_group(access.user, group_id, kind.right)
        payload = parse_part(kind.shape, asked["payload"], "payload")

        def command() -> Proposal:
            if kind.moves_money:
                redeem_proof(request).check(kind.lets_out(group_id, access.user.pk, payload))
            return services.propose(
                actor=access.user, group_id=group_id, kind=kind.name, payload=payload, now=timezone.now()
            )

        return answer_with(request, access.group, command, status.HTTP_201_CREATED)


class OneProposal(APIView):
    @extend_schema(operation_id="get_proposal", summary="A proposal", tags=["proposals"], responses=ProposalSerializer)
    def get(self, request: Request, group_id: uuid.UUID, proposal_id: uuid.UUID) -> Response:
        group = access_group(get_caller(request), group_id, Right.SEE).group
        return Response(present_proposals(group, [get_proposal(group_id, proposal_id)])[0])


class Votes(APIView):
    @extend_schema(
        operation_id="vote", summary="Vote", tags=["proposals"],
        description="A vote is final. The last one that is needed does what was proposed. Approving a kind that moves "
        "money needs a Payment-Proof. 409 `proposal_closed` says how it has ended.",
        parameters=[IDEMPOTENCY_KEY, PROOF_OF_MONEY], request=VoteInput, responses=ProposalSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, proposal_id: uuid.UUID) -> HttpResponse:
        access = access_group(get_caller(request), group_id, Right.SEE)
        proposal = get_proposal(group_id, proposal_id)
        choice = parse(VoteInput, request)["choice"]

        def command() -> Proposal:
            kind = get_kind(proposal.kind)
            if kind.moves_money and choice == Vote.Choice.APPROVE:
                redeem_proof(request).check(kind.lets_out(group_id, access.user.pk, proposal.payload))
            return services.vote(
                actor=access.user, group_id=group_id, proposal_id=proposal_id, choice=choice, now=timezone.now()
            )

        return answer_with(request, access.group, command)


class Cancellation(APIView):
    @extend_schema(
        operation_id="cancel_proposal", summary="Take the own proposal back", tags=["proposals"],
        parameters=[IDEMPOTENCY_KEY], request=None, responses=ProposalSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID, proposal_id: uuid.UUID) -> HttpResponse:
        access = access_group(get_caller(request), group_id, Right.SEE)
        get_proposal(group_id, proposal_id)

        def command() -> Proposal:
            return services.cancel(actor=access.user, group_id=group_id, proposal_id=proposal_id, now=timezone.now())

        return answer_with(request, access.group, command)
