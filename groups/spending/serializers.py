"""Codes, payments and refunds on the wire."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.members.models import SharingRule
from groups.rules.shapes import WeightShape, check_once_each
from groups.spending.models import Payment, Refund
from groups.spending.pictures import barcode_svg, qr_svg
from groups.spending.services import ShownCode
from wallet.api.fields import MoneyField, StrictIntegerField, check_printable
from wallet.api.schema import page_of

MERCHANT_NUMBER = r"^[A-Za-z0-9_-]{1,64}$"
#: By which a payment is known: a merchant's own number, or one that we gave it, which no merchant can write first.
PAYMENT_NUMBER = r"^[A-Za-z0-9_.-]{1,64}$"


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
    subject = serializers.CharField(max_length=120, validators=[check_printable])
    category = serializers.RegexField(r"^[a-z_]{1,24}$", default="other")


class TradeNumberQuery(serializers.Serializer[Any]):
    """Which payment."""

    out_trade_no = serializers.RegexField(PAYMENT_NUMBER)


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


class BornePartSerializer(serializers.Serializer[Any]):
    """What somebody bears of a payment."""

    user = serializers.UUIDField()
    amount = MoneyField()


class ShareChange(serializers.Serializer[Any]):
    """What somebody bore of a payment, and what they bear instead."""

    user = serializers.UUIDField()
    before = MoneyField(allow_zero=True)
    after = MoneyField(allow_zero=True)


class ReshareSerializer(serializers.Serializer[Any]):
    """When a payment was shared anew, by which entry and as whose proposal; and whose share changed how."""

    entry = serializers.UUIDField()
    proposal = serializers.UUIDField()
    reshared_at = serializers.DateTimeField()
    shares = ShareChange(many=True)


class PaymentDetailSerializer(PaymentSerializer):
    """A payment, paid by `sharing_rule`; who bears what is left of it now, and how it was shared anew since."""

    shares = BornePartSerializer(source="shares_now", many=True, read_only=True)
    reshared = ReshareSerializer(source="reshared_so_far", many=True, read_only=True)

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "shares", "reshared"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two of us had it",
            value={
                "sharing_rule": "equal",
                "participants": ["0194a1b2-0000-7000-8000-000000000001", "0194a1b2-0000-7000-8000-000000000002"],
            },
        )
    ]
)
class ReshareInput(serializers.Serializer[Any]):
    """By which rule a payment shall be shared; `equal` and `weights` among whom, or by which weights for this once."""

    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices)
    participants = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)
    weights = serializers.ListField(child=WeightShape(), max_length=100, required=False, validators=[check_once_each])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("weights"):
            return attrs
        if attrs["sharing_rule"] != SharingRule.WEIGHTS:
            raise serializers.ValidationError({"weights": _("Weights are for sharing by weights.")})
        if attrs.get("participants"):
            raise serializers.ValidationError({"participants": _("Name participants or weights.")})
        return attrs


class ReshareShape(serializers.Serializer[Any]):
    """How a payment shall be shared anew, and what that was when it was proposed: whose share would change, and how."""

    payment = serializers.UUIDField()
    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices)
    participants = serializers.ListField(child=serializers.UUIDField())
    weights = WeightShape(many=True)
    reshared = StrictIntegerField(min_value=0)
    shares = ShareChange(many=True)


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
