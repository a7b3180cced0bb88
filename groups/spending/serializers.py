"""Codes, payments and refunds on the wire."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.members.models import SharingRule
from groups.spending.models import Payment, Refund
from groups.spending.pictures import barcode_svg, qr_svg
from groups.spending.services import ShownCode
from wallet.api.fields import MoneyField
from wallet.api.schema import page_of

MERCHANT_NUMBER = r"^[A-Za-z0-9_-]{1,64}$"


def check_text(text: str) -> None:
    """Refuse text with control characters.

    :raises ValidationError: when there are any.
    """
    if not text.isprintable():
        raise serializers.ValidationError(_("This text has no control characters."))


class CodeInput(serializers.Serializer[Any]):
    """How the spend shall be shared, where not by the group's rule, and among whom."""

    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices, required=False)
    participants = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A code",
            value={
                "code": "280123456789012346",
                "sharing_rule": "pro_rata",
                "participants": [],
                "amount_max": None,
                "left": {"amount": 120000, "currency": "CNY"},
                "free_up_to": {"amount": 1000000, "currency": "CNY"},
                "barcode_svg": "<svg …/>",
                "qr_svg": "<svg …/>",
                "expires_at": "2026-11-02T08:01:00Z",
            },
        )
    ]
)
class CodeSerializer(serializers.Serializer[ShownCode]):
    """A payment code to show to a merchant. It is in this answer and nowhere else."""

    code = serializers.CharField(source="digits", help_text="18 digits, prefix 28; good once, for a minute.")
    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices, source="payment_code.sharing_rule")
    participants = serializers.ListField(child=serializers.UUIDField(), source="payment_code.participants")
    amount_max = MoneyField(
        source="payment_code.amount_max", allow_null=True, help_text="Set while limits are lower after a PIN reset."
    )
    left = MoneyField(allow_null=True, help_text="What the limits leave you to pay. Null: there are none.")
    free_up_to = MoneyField(allow_null=True, help_text="Above it others must approve first. Null: they need not.")
    barcode_svg = serializers.SerializerMethodField()
    qr_svg = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField(source="payment_code.expires_at")

    def get_barcode_svg(self, shown: ShownCode) -> str:
        return barcode_svg(shown.digits)

    def get_qr_svg(self, shown: ShownCode) -> str:
        return qr_svg(shown.digits)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Groceries",
            value={
                "auth_code": "280123456789012346",
                "amount": {"amount": 8850, "currency": "CNY"},
                "out_trade_no": "20261102-0001",
                "subject": "蔬菜水果",
                "category": "groceries",
            },
        )
    ]
)
class ChargeInput(serializers.Serializer[Any]):
    """What a merchant asks of whoever shows a code. The number stands for this payment for ever."""

    auth_code = serializers.CharField(max_length=32)
    amount = MoneyField()
    out_trade_no = serializers.RegexField(MERCHANT_NUMBER)
    subject = serializers.CharField(max_length=120, validators=[check_text])
    category = serializers.RegexField(r"^[a-z_]{1,24}$", default="other")


class TradeNumberQuery(serializers.Serializer[Any]):
    """Which payment."""

    out_trade_no = serializers.RegexField(MERCHANT_NUMBER)


class MerchantPaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment, as its merchant sees it: nothing of who paid."""

    payment = serializers.UUIDField(source="pk", read_only=True)
    amount = MoneyField(read_only=True)
    refunded = MoneyField(read_only=True)

    class Meta:
        model = Payment
        fields = [
            "payment",
            "out_trade_no",
            "amount",
            "refunded",
            "subject",
            "category",
            "status",
            "refusal_code",
            "created_at",
        ]
        read_only_fields = fields


class PaymentSerializer(MerchantPaymentSerializer):
    """A payment, as the members of the group see it."""

    id = serializers.UUIDField(read_only=True)
    user = serializers.UUIDField(source="user_id", read_only=True)
    merchant = serializers.CharField(source="merchant.name", read_only=True)
    entry = serializers.UUIDField(source="entry_id", read_only=True, allow_null=True)

    class Meta(MerchantPaymentSerializer.Meta):
        fields = [
            "id",
            "user",
            "merchant",
            "amount",
            "refunded",
            "subject",
            "category",
            "sharing_rule",
            "status",
            "refusal_code",
            "entry",
            "created_at",
        ]
        read_only_fields = fields

    payment = None  # type: ignore[assignment]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A part", value={"amount": {"amount": 1000, "currency": "CNY"}, "out_request_no": "20261102-0001-R1"}
        )
    ]
)
class RefundInput(serializers.Serializer[Any]):
    """How much of a payment is given back. The number stands for this refund for ever."""

    amount = MoneyField()
    out_request_no = serializers.RegexField(MERCHANT_NUMBER)


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """A refund."""

    refund = serializers.UUIDField(source="pk", read_only=True)
    out_trade_no = serializers.CharField(source="payment.out_trade_no", read_only=True)
    amount = MoneyField(read_only=True)

    class Meta:
        model = Refund
        fields = ["refund", "out_trade_no", "out_request_no", "amount", "created_at"]
        read_only_fields = fields


PaymentPage = page_of(PaymentSerializer)
