"""The doors out of a group."""

import uuid

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groups.exits.models import Dissolution
from groups.exits.selectors import foresee_dissolution, foresee_exit, plan_settlement
from groups.exits.serializers import (
    DissolutionSerializer,
    ExitInput,
    PartingSerializer,
    SettlementPlanSerializer,
    SuccessionSerializer,
    WhatIfSerializer,
)
from groups.exits.services import Parting, leave_group, resign, take_resignation_back
from groups.members.rights import Right
from groups.members.selectors import access_group, get_member
from groups.proposals.serializers import ProposalSerializer
from groups.proposals.services import propose
from groups.proposals.shown import present_proposals
from groups.rules import views
from groups.rules.sharing import list_shareable
from wallet.api.idempotency import run_once
from wallet.api.input import parse
from wallet.api.schema import IDEMPOTENCY_KEY, PAYMENT_PROOF
from wallet.identity.authentication import get_caller
from wallet.identity.proofs import redeem_proof
from wallet.identity.services import Allowance
from wallet.ledger.services import lock_wallet


class OneMember(views.OneMember):
    """A member: changed by the room of rules, parted with by this one."""

    more_problems = {"DELETE": ["503"]}

    @extend_schema(
        operation_id="part_with_member", summary="Leave, or propose to remove a member", tags=["groups"],
        description="With one's own id: leave, and the whole stake goes to the own default source. With another's: "
        "it is proposed, and the others vote (202).",
        parameters=[PAYMENT_PROOF], responses={200: PartingSerializer, 202: ProposalSerializer},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        caller, now = get_caller(request), timezone.now()
        if user_id == caller.pk:
            access_group(caller, group_id, Right.SEE)
            with transaction.atomic():
                lock_wallet(group_id)
                allowance = redeem_proof(request)
                parting = leave_group(actor=caller, group_id=group_id, now=now)
                _check(allowance, parting)
            return Response(PartingSerializer(parting).data)
        group = access_group(caller, group_id, Right.PROPOSE).group
        get_member(group_id, user_id)
        with transaction.atomic():
            lock_wallet(group_id)
            redeem_proof(request)
            proposal = propose(
                actor=caller, group_id=group_id, kind="remove_member", payload={"user": user_id}, now=now
            )
        return Response(present_proposals(group, [proposal])[0], status=status.HTTP_202_ACCEPTED)


def _check(allowance: Allowance, parting: Parting) -> None:
    """On the day after a PIN was reset no more may leave than on any other way out."""
    if parting.withdrawal is not None:
        allowance.check(parting.withdrawal.amount)


class Exit(APIView):
    more_problems = {"POST": ["503"]}

    @extend_schema(
        operation_id="foresee_exit", summary="What if I leave now", tags=["exits"],
        description="What would be paid, where it goes and by when, and what stands in the way.",
        responses=WhatIfSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        access = access_group(get_caller(request), group_id, Right.SEE)
        return Response(WhatIfSerializer(foresee_exit(access, timezone.now())).data)

    @extend_schema(
        operation_id="leave_group", summary="Leave", tags=["exits"],
        description="The whole own stake goes to the own source; nobody is asked. Discreetly, the others learn of it "
        "after the money has arrived.",
        parameters=[IDEMPOTENCY_KEY, PAYMENT_PROOF], request=ExitInput, responses=PartingSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        asked = parse(ExitInput, request)

        def command() -> Response:
            allowance = redeem_proof(request)
            parting = leave_group(
                actor=actor,
                group_id=group_id,
                source_id=asked["source"],
                is_discreet=asked["discreet"],
                now=timezone.now(),
            )
            _check(allowance, parting)
            return Response(PartingSerializer(parting).data)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)


class GroupDissolution(APIView):
    @extend_schema(
        operation_id="get_dissolution", summary="What everybody gets, or got, when the group parts", tags=["exits"],
        description="To dissolve a group, propose it (kind `dissolve`); everybody signs by their vote.",
        responses=DissolutionSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        group = access_group(get_caller(request), group_id, Right.SEE).group
        done = Dissolution.objects.filter(group=group_id).first()
        shares = done.shares if done else foresee_dissolution(list_shareable(group_id))
        shown = {
            "dissolved_at": done.dissolved_at if done else None,
            "reason": done.reason if done else None,
            "proposal": done.proposal_id if done else None,
            "version": done.version if done else "",
            "text": done.text if done else "",
            "ends_on": group.ends_on,
            "shares": [{"user": user_id, "share": share} for user_id, share in shares.items()],
        }
        return Response(DissolutionSerializer(shown).data)


class Resignation(APIView):
    @extend_schema(
        operation_id="resign", summary="Give the own group up", tags=["exits"],
        description="For an owner who wants to leave and finds nobody to hand over to: after a notice, whoever has "
        "been there longest follows, or the group is dissolved where nobody else may spend.",
        parameters=[IDEMPOTENCY_KEY], request=None, responses=SuccessionSerializer,
    )  # fmt: skip
    def post(self, request: Request, group_id: uuid.UUID) -> HttpResponse:
        actor = access_group(get_caller(request), group_id, Right.SEE).user

        def command() -> Response:
            succession = resign(actor=actor, group_id=group_id, now=timezone.now())
            return Response(SuccessionSerializer(succession).data)

        return run_once(request, wallet_id=group_id, lock=lock_wallet, command=command)

    @extend_schema(
        operation_id="take_resignation_back", summary="Stay the owner after all", tags=["exits"], request=None,
        responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        actor = access_group(get_caller(request), group_id, Right.SEE).user
        take_resignation_back(actor=actor, group_id=group_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SettlementPlan(APIView):
    @extend_schema(
        operation_id="plan_settlement", summary="Who pays whom so that everybody is even", tags=["exits"],
        description="The fewest transfers. What was paid outside the group is proposed to whoever was paid (kind "
        "`settle_debt`).",
        responses=SettlementPlanSerializer,
    )  # fmt: skip
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        wallet = access_group(get_caller(request), group_id, Right.SEE).group.wallet
        transfers = [
            {
                "debtor": None if step.debtor == wallet.pk else step.debtor,
                "creditor": None if step.creditor == wallet.pk else step.creditor,
                "amount": step.amount,
            }
            for step in plan_settlement(wallet)
        ]
        return Response(SettlementPlanSerializer({"transfers": transfers}).data)
