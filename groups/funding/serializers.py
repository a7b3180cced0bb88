"""Contributions and withdrawals on the wire."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from groups.funding.models import Contribution, Withdrawal
from groups.funding.selectors import receiver_of, transfer_status_of
from wallet.api.fields import MoneyField, check_printable
from wallet.api.schema import page_of
from wallet.rails.models import Transfer

MOVEMENT_FIELDS = ["id", "user", "source", "amount", "status", "transfer", "failure_code", "created_at", "final_at"]


class MovementSerializer(serializers.ModelSerializer[Any]):
    """What both have in common."""

    user = serializers.UUIDField(source="user_id", read_only=True)
    amount = MoneyField(read_only=True)
    transfer = serializers.SerializerMethodField(
        help_text="How far it is at the bank: created, submitted, unknown (it has not answered and is asked again), "
        "settled, failed. Null while the bank has no part in it."
    )

    @extend_schema_field(serializers.ChoiceField(choices=Transfer.Status.choices, allow_null=True))
    def get_transfer(self, movement: Any) -> str | None:
        return transfer_status_of(movement)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "¥100",
            value={
                "source": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11",
                "amount": {"amount": 10000, "currency": "CNY"},
            },
        )
    ]
)
class ContributionInput(serializers.Serializer[Any]):
    """How much to take from which of the caller's sources."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    amount = MoneyField()


class ContributionSerializer(MovementSerializer):
    """Money on its way in. It counts when it is settled."""

    source = serializers.CharField(  # type: ignore[assignment]
        source="source.label", read_only=True, help_text="Masked."
    )

    class Meta:
        model = Contribution
        fields = MOVEMENT_FIELDS
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "¥100 of the own stake",
            value={
                "source": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11",
                "amount": {"amount": 10000, "currency": "CNY"},
            },
        )
    ]
)
class WithdrawalInput(serializers.Serializer[Any]):
    """How much to send to which of the caller's sources, out of the own stake or out of everybody's."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    amount = MoneyField()
    borne_by = serializers.ChoiceField(choices=Withdrawal.BorneBy.choices, default=Withdrawal.BorneBy.OWN)
    speed = serializers.ChoiceField(
        choices=Withdrawal.Speed.choices,
        default=Withdrawal.Speed.FAST,
        help_text="`fast` is bounded by the day where the balance earns in a fund; `ordinary` arrives on a later "
        "trading day.",
    )
    memo = serializers.CharField(max_length=120, allow_blank=True, default="", validators=[check_printable])


class WithdrawalSerializer(MovementSerializer):
    """Money on its way out to a member's own source, or to a payee of the group."""

    source = serializers.SerializerMethodField(help_text="Masked.")  # type: ignore[assignment]
    payee = serializers.UUIDField(source="payee_id", read_only=True, allow_null=True)
    slowed = serializers.BooleanField(
        source="is_slowed", read_only=True, help_text="It left by itself, when too little was left for the fast way."
    )
    objector = serializers.UUIDField(source="objector_id", read_only=True, allow_null=True)

    class Meta:
        model = Withdrawal
        fields = [*MOVEMENT_FIELDS, "payee", "borne_by", "speed", "slowed", "expected_at", "memo"]
        fields += ["executes_at", "objector"]
        read_only_fields = fields
        extra_kwargs = {
            "expected_at": {"help_text": "When the bank is asked to pay it; null: at once, or it has not left."}
        }

    def get_source(self, withdrawal: Withdrawal) -> str:
        return receiver_of(withdrawal).label


ContributionPage = page_of(ContributionSerializer)
WithdrawalPage = page_of(WithdrawalSerializer)
