"""Standing orders and their runs on the wire."""

from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from wallet.api.fields import MoneyField, StrictIntegerField, check_printable
from wallet.api.schema import page_of

RUNS_MAX = 10_000
MINUTES = "%H:%M"


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]})
class MinuteField(serializers.TimeField):
    """A time of day in the group's time zone, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": MINUTES, "input_formats": [MINUTES], **kwargs})


def check_near(day: date) -> None:
    """Refuse a date that is too far from today, where calendars end and walks are long."""
    today = timezone.now().date()
    first = today - relativedelta(years=settings.AUTO_TRANSFER_YEARS_BACK_MAX)
    last = today + relativedelta(years=settings.AUTO_TRANSFER_YEARS_AHEAD_MAX)
    if not first <= day <= last:
        raise serializers.ValidationError(
            _("Name a date from %(first)s to %(last)s.") % {"first": first, "last": last}, code="too_far"
        )


class TermsShape(serializers.Serializer[Any]):
    """What an order says: from which of the caller's sources it comes in, or to which of the group's payees it goes."""

    source = serializers.UUIDField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    payee = serializers.UUIDField(required=False, allow_null=True, default=None)
    amount = MoneyField()
    memo = serializers.CharField(max_length=120, allow_blank=True, default="", validators=[check_printable])
    every = serializers.ChoiceField(choices=AutoTransfer.Frequency.choices)
    day = StrictIntegerField(
        min_value=1,
        max_value=31,
        allow_null=True,
        default=None,
        help_text="Of the month; a month that has not so many has its last day. Without it, the day of the start.",
    )
    at = MinuteField(help_text="In the group's time zone: 09:00.")
    starts_on = serializers.DateField(
        allow_null=True, default=None, validators=[check_near], help_text="Without it, today."
    )
    ends_on = serializers.DateField(
        allow_null=True, default=None, validators=[check_near], help_text="The last date on which it may be due."
    )
    runs_max = StrictIntegerField(
        min_value=1, max_value=RUNS_MAX, allow_null=True, default=None, help_text="Skipped and missed runs count."
    )
    goal = MoneyField(allow_null=True, default=None, help_text="It ends when so much has come.")
    catch_up = serializers.ChoiceField(
        choices=AutoTransfer.CatchUp.choices,
        default=AutoTransfer.CatchUp.LATEST,
        help_text="What still happens after an outage of ours; three runs at most.",
    )


class ChangeShape(TermsShape):
    """All terms of an order as they shall be."""

    order = serializers.UUIDField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "¥1,000 on every last day of a month",
            value={
                "source": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11",
                "amount": {"amount": 100000, "currency": "CNY"},
                "every": "month",
                "day": 31,
                "at": "09:00",
            },
        )
    ]
)
class AutoTransferInput(TermsShape):
    """An order: money in from one of the caller's sources, or out to one of the group's payees."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["source"] is None) == (attrs["payee"] is None):
            raise serializers.ValidationError({"source": _("Name either a source or a payee.")})
        return attrs


class OrderChange(TermsShape):
    """What shall be otherwise from the next run on. What is not said stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, partial=True)


class AutoTransferSerializer(serializers.ModelSerializer[AutoTransfer]):
    """A standing order."""

    user = serializers.UUIDField(source="user_id", read_only=True)
    source = serializers.SerializerMethodField(help_text="Masked.")  # type: ignore[assignment]
    payee = serializers.UUIDField(source="payee_id", read_only=True, allow_null=True)
    amount = MoneyField(read_only=True)
    goal = MoneyField(read_only=True, allow_null=True)
    at = MinuteField(read_only=True)
    paused_by = serializers.UUIDField(source="paused_by_id", read_only=True, allow_null=True)
    end_reason = serializers.CharField(
        read_only=True, help_text="done, goal, stopped, left or closed; empty while it is in force."
    )

    class Meta:
        model = AutoTransfer
        fields = [
            "id", "user", "direction", "source", "payee", "amount", "memo", "every", "day", "at", "starts_on",
            "ends_on", "runs_max", "goal", "catch_up", "status", "paused_by", "end_reason", "passed", "next_on",
            "due_at", "created_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_source(self, order: AutoTransfer) -> str:
        return str(order.source or order.payee)


class RunSerializer(serializers.ModelSerializer[AutoTransferRun]):
    """One occurrence of an order, and what became of it."""

    order = serializers.UUIDField(source="order_id", read_only=True)
    amount = MoneyField(read_only=True)
    contribution = serializers.UUIDField(source="contribution_id", read_only=True, allow_null=True)
    withdrawal = serializers.UUIDField(source="withdrawal_id", read_only=True, allow_null=True)

    class Meta:
        model = AutoTransferRun
        fields = [
            "id", "order", "due_on", "due_at", "amount", "status", "tries", "next_at", "failure_code", "by_hand",
            "contribution", "withdrawal", "final_at",
        ]  # fmt: skip
        read_only_fields = fields


class PayByHandInput(serializers.Serializer[Any]):
    """From which of the caller's sources."""

    source = serializers.UUIDField()  # type: ignore[assignment]


AutoTransferPage = page_of(AutoTransferSerializer)
RunPage = page_of(RunSerializer)
