"""Partings on the wire."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.exits.models import Dissolution, Succession
from groups.funding.models import Withdrawal
from groups.funding.serializers import WithdrawalSerializer
from wallet.api.fields import MoneyField

YUAN = {"amount": 90000, "currency": "CNY"}
NOTHING = {"amount": 0, "currency": "CNY"}


class PartingSerializer(serializers.Serializer[Any]):
    """What came of leaving. While a discreet leaving is under way, `left_at` is null."""

    user = serializers.UUIDField(source="membership.user_id")
    left_at = serializers.DateTimeField(source="membership.left_at", allow_null=True)
    withdrawal = WithdrawalSerializer(allow_null=True, help_text="The payout of the stake; null where it was zero.")


class ExitInput(serializers.Serializer[Any]):
    """Where the money goes (the default source, where none is named), and whether the others learn of it afterwards."""

    source = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]
    discreet = serializers.BooleanField(default=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Nothing stands in the way",
            value={
                "stake": YUAN,
                "held": NOTHING,
                "coming_in": NOTHING,
                "going_out": NOTHING,
                "owes": NOTHING,
                "pays_out": YUAN,
                "source": "沙箱银行 ****1009",
                "speed": "fast",
                "fast_left": None,
                "expected_at": None,
                "arrives_by": "2026-11-03T08:00:00Z",
                "obstacles": [],
            },
        )
    ]
)
class WhatIfSerializer(serializers.Serializer[Any]):
    """What the caller would get by leaving now."""

    stake = MoneyField()
    held = MoneyField(help_text="Held by a dispute or an order; it follows when that is over.")
    coming_in = MoneyField(help_text="Contributions that have not arrived.")
    going_out = MoneyField(help_text="Payouts on their way already.")
    owes = MoneyField(help_text="To be settled first.")
    pays_out = MoneyField()
    source = serializers.CharField(source="source.label", allow_null=True, default=None, help_text="Masked.")  # type: ignore[assignment]
    speed = serializers.ChoiceField(
        choices=Withdrawal.Speed.choices, help_text="Ordinary where too little is left for the fast way."
    )
    fast_left = MoneyField(
        allow_null=True, help_text="What may still go out fast today; null: the balance is in no fund."
    )
    expected_at = serializers.DateTimeField(
        allow_null=True, help_text="When the bank would be asked to pay it; null: at once."
    )
    arrives_by = serializers.DateTimeField(allow_null=True, help_text="Null: nobody can say (`arrival_unknown`).")
    obstacles = serializers.ListField(child=serializers.CharField(), help_text="Codes of what stands in the way.")


class ShareSerializer(serializers.Serializer[Any]):
    """What somebody gets."""

    user = serializers.UUIDField()
    share = MoneyField()


class DissolutionSerializer(serializers.Serializer[Any]):
    """What everybody would get now by the stakes; or how the group ended and what everybody got."""

    dissolved_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.ChoiceField(choices=Dissolution.Reason.choices, allow_null=True)
    proposal = serializers.UUIDField(allow_null=True, help_text="Whose votes are the signatures.")
    version = serializers.CharField()
    text = serializers.CharField()
    ends_on = serializers.DateField(allow_null=True)
    shares = ShareSerializer(many=True)


class SuccessionSerializer(serializers.ModelSerializer[Succession]):
    """Who follows the owner, and when."""

    owner = serializers.UUIDField(source="owner_id", read_only=True)
    heir = serializers.UUIDField(
        source="heir_id", read_only=True, allow_null=True, help_text="Null: nobody else may spend; the group ends then."
    )

    class Meta:
        model = Succession
        fields = ["owner", "heir", "reason", "announced_at", "due_at"]
        read_only_fields = fields


class SettlementSerializer(serializers.Serializer[Any]):
    """One transfer; null is the pool."""

    debtor = serializers.UUIDField(allow_null=True)
    creditor = serializers.UUIDField(allow_null=True)
    amount = MoneyField()


class SettlementPlanSerializer(serializers.Serializer[Any]):
    """The fewest transfers after which everybody is even and the pool is empty."""

    transfers = SettlementSerializer(many=True)
