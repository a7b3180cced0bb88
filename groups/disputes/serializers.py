"""Disputes on the wire. Legal holds are not: of them the group learns by events alone, and only how much is held."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.disputes.models import REASON_MAX, Dispute
from wallet.api.fields import MoneyField, check_printable
from wallet.api.schema import page_of


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A part",
            value={
                "payment": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11",
                "amount": {"amount": 1200, "currency": "CNY"},
                "reason": "这不是家用",
            },
        ),
        OpenApiExample(
            "The whole share of a transfer",
            value={"withdrawal": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b12", "reason": "房租已经付过了"},
        ),
    ]
)
class DisputeInput(serializers.Serializer[Any]):
    """Which payment or which withdrawal, how much of the caller's own share of it, and why."""

    payment = serializers.UUIDField(required=False, help_text="Either this or `withdrawal`.")
    withdrawal = serializers.UUIDField(required=False, help_text="One that the group bears and that has left.")
    amount = MoneyField(required=False, help_text="The whole own share, where it is left out.")
    reason = serializers.CharField(max_length=REASON_MAX, validators=[check_printable])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("payment" in attrs) == ("withdrawal" in attrs):
            raise serializers.ValidationError(_("Name one of payment and withdrawal."))
        return attrs


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    """A contested share of a payment or a withdrawal, and what is held of it until the dispute ends."""

    payment = serializers.UUIDField(source="payment_id", read_only=True, allow_null=True)
    withdrawal = serializers.UUIDField(source="withdrawal_id", read_only=True, allow_null=True)
    user = serializers.UUIDField(source="user_id", read_only=True, help_text="Who contests.")
    respondent = serializers.UUIDField(
        source="respondent_id", read_only=True, help_text="Who made it; of their stake the amount is held."
    )
    amount = MoneyField(read_only=True)
    held = MoneyField(read_only=True, help_text="As much of the amount as the respondent's stake had.")
    default = serializers.ChoiceField(
        choices=[Dispute.DEFAULT],
        source="DEFAULT",
        read_only=True,
        help_text="What becomes of what is held when nobody answers until the deadline: it is the respondent's again.",
    )
    awarded = MoneyField(read_only=True, allow_null=True, help_text="What who contested got; null while it is open.")
    repaid = MoneyField(
        read_only=True, help_text="What of it the respondent has again, because what was contested came back later."
    )

    class Meta:
        model = Dispute
        fields = [
            "id",
            "payment",
            "withdrawal",
            "user",
            "respondent",
            "amount",
            "held",
            "reason",
            "status",
            "created_at",
            "deadline_at",
            "default",
            "awarded",
            "repaid",
            "decision_reason",
            "ended_at",
        ]
        read_only_fields = fields


DisputePage = page_of(DisputeSerializer)
