"""What a group earned: a day, the days at a glance, and what does not earn yet."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.api.fields import MoneyField, money
from wallet.api.schema import page_of
from yields.lots import Lot
from yields.models import YieldDay
from yields.selectors import Summary
from yields.serializers.examples import FUND_EXAMPLE, LOT_EXAMPLE, NOTICE_EXAMPLE
from yields.serializers.funds import FundBriefSerializer, FundDaySerializer, NoticeField


class UnconfirmedSerializer(serializers.Serializer[Lot]):
    """Money that does not earn yet, what it came from, and when it will. Money out takes the newest of it first."""

    kind = serializers.CharField(help_text="Of the entry; `enrollment`: the balance when yield was switched on.")
    came_in_at = serializers.DateTimeField()
    amount = MoneyField(help_text="What came in.")
    left = MoneyField(help_text="What is left of it.")
    trade_date = serializers.DateField(source="confirmation.trade_date", default=None, allow_null=True)
    confirm_date = serializers.DateField(
        source="confirmation.confirm_date", default=None, allow_null=True, help_text="It earns from this day on."
    )
    first_credit_date = serializers.DateField(
        source="confirmation.first_credit_date",
        default=None,
        allow_null=True,
        help_text="What it earns is credited from this day on. Null where the calendar is not known that far.",
    )


class YieldDaySerializer(serializers.ModelSerializer[YieldDay]):
    """What a group earned on a day, as it stands; it was credited on the day after or later."""

    fund = FundBriefSerializer(read_only=True)
    base = MoneyField(read_only=True)
    yield_per_10k = serializers.DecimalField(8, 4, source="in_force.yield_per_10k", read_only=True)
    income = MoneyField(source="in_force.income", read_only=True)
    entry = serializers.UUIDField(
        source="in_force.entry_id", read_only=True, allow_null=True, help_text="Null: income 0."
    )
    credited_at = serializers.DateTimeField(source="in_force.credited_at", read_only=True)
    correction = serializers.IntegerField(
        source="in_force.number", default=None, allow_null=True, read_only=True,
        help_text="The number of the correction by which the day stands; null where it stands as first credited.",
    )  # fmt: skip

    class Meta:
        model = YieldDay
        fields = ["date", "fund", "base", "yield_per_10k", "income", "entry", "credited_at", "correction"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A Monday",
            value={
                "fund": FUND_EXAMPLE,
                "yesterday": money(60),
                "latest": {
                    "date": "2026-11-22",
                    "fund": FUND_EXAMPLE,
                    "base": money(550465),
                    "yield_per_10k": "1.0997",
                    "income": money(60),
                    "entry": "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d30",
                    "credited_at": "2026-11-22T16:15:00Z",
                    "correction": None,
                },
                "this_month": money(1280),
                "total": money(20311),
                "published": {"date": "2026-11-22", "yield_per_10k": "1.0997", "annualized_7d": "4.123"},
                "base": money(550525),
                "unconfirmed": money(42000),
                "unconfirmed_parts": [LOT_EXAMPLE],
                "notice": NOTICE_EXAMPLE,
            },
        )
    ]
)
class YieldSummarySerializer(serializers.Serializer[Summary]):
    """A group's yield at a glance. Months are of the days that earned, in Asia/Shanghai."""

    fund = FundBriefSerializer(source="enrollment.fund", default=None, allow_null=True, help_text="Null: off.")
    yesterday = MoneyField(allow_null=True, help_text="Null while yesterday is not credited.")
    latest = YieldDaySerializer(allow_null=True, help_text="The last day that was credited.")
    this_month = MoneyField()
    total = MoneyField()
    published = FundDaySerializer(allow_null=True, help_text="What the fund published last, 七日年化 with it.")
    base = MoneyField(
        allow_null=True,
        help_text="What earns today, if nothing moves any more. Null where today's trading days are not known.",
    )
    unconfirmed = MoneyField(allow_null=True, help_text="What does not earn today.")
    unconfirmed_parts = UnconfirmedSerializer(source="lots", many=True, help_text="What it is, and when it will earn.")
    notice = NoticeField()


YieldDayPage = page_of(YieldDaySerializer)
