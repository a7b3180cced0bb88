"""Orders on the wire."""

from datetime import UTC
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from groups.checkout.models import Delivery, Order
from groups.spending.serializers import MERCHANT_NUMBER, CodeInput
from wallet.api.fields import MoneyField, StrictIntegerField, check_printable


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A week's groceries",
            value={
                "amount": {"amount": 8850, "currency": "CNY"},
                "out_trade_no": "web-20261102-0001",
                "subject": "蔬菜水果",
                "category": "groceries",
                "notify_url": "https://shop.example/paid",
                "minutes": 30,
            },
        )
    ]
)
class OrderInput(serializers.Serializer[Any]):
    """What a merchant asks for. The number stands for this order for ever."""

    amount = MoneyField()
    out_trade_no = serializers.RegexField(MERCHANT_NUMBER)
    subject = serializers.CharField(max_length=120, validators=[check_printable])
    category = serializers.RegexField(r"^[a-z_]{1,24}$", default="other")
    notify_url = serializers.URLField(max_length=500, default="", help_text="Where you are told, by a signed POST.")
    minutes = StrictIntegerField(min_value=1, max_value=1440, default=30, help_text="How long it can be paid.")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order, as whoever may pay it sees it."""

    merchant = serializers.CharField(source="merchant.name", read_only=True)
    amount = MoneyField(read_only=True)
    is_expired = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = [
            "id",
            "merchant",
            "amount",
            "subject",
            "category",
            "status",
            "is_expired",
            "created_at",
            "expires_at",
        ]
        read_only_fields = fields

    def get_is_expired(self, order: Order) -> bool:
        return order.status == Order.Status.OPEN and timezone.now() >= order.expires_at


class MerchantOrderSerializer(OrderSerializer):
    """An order, as its merchant sees it: nothing of who paid."""

    notify_url = serializers.CharField(read_only=True, help_text="Empty: you are not told.")

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "out_trade_no", "trade_no", "notify_url", "ended_at"]
        read_only_fields = fields
        extra_kwargs = {"trade_no": {"help_text": "The number to look the payment up by, and to give it back."}}


class PayInput(CodeInput):
    """With which group it is paid, and how it shall be shared, where not by the group's rule."""

    group = serializers.UUIDField()


class OrderMessageSerializer(serializers.ModelSerializer[Delivery]):
    """What a merchant is told: of an order, and nothing of who paid."""

    delivery = serializers.UUIDField(source="pk", help_text="The same each time it is sent: count it once.")
    order = serializers.UUIDField(source="order_id")
    out_trade_no = serializers.CharField(source="order.out_trade_no")
    trade_no = serializers.CharField(source="order.trade_no", help_text="The payment's number; empty: it was not paid.")
    status = serializers.ChoiceField(
        Order.Status.choices, source="order.status", help_text="How it stands as this is sent; `closed` is for good."
    )
    amount = MoneyField(source="order.amount")
    at = serializers.DateTimeField(source="created_at", default_timezone=UTC)

    class Meta:
        model = Delivery
        fields = ["delivery", "kind", "order", "out_trade_no", "trade_no", "status", "amount", "at"]


ORDER_MESSAGE = OpenApiWebhook(
    "order_message",
    extend_schema(
        summary="What became of an order",
        description="Sent to the order's `notify_url`, with `Hehua-Delivery`, `Merchant-Key` and `Hehua-Signature: "
        't=<unix>,v1=<hex HMAC-SHA256 of "<t>.<Hehua-Delivery>.<raw body>">` with the secret of that key, until you '
        "answer with any 2xx within five seconds: at once, and with growing pauses for three days. It may come more "
        "than once; what was paid and then closed is told as closed alone, if it had not been taken before.",
        tags=["merchants"],
        request=OrderMessageSerializer,
        responses={200: OpenApiResponse(description="Taken.")},
    ),
)
