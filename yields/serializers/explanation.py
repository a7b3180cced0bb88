"""A day's yield, worked out step by step: the members' parts, and what corrections changed."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.api.fields import MoneyField, money
from yields.explanation import Explanation, Part, Step
from yields.serializers.days import UnconfirmedSerializer
from yields.serializers.examples import FUND_EXAMPLE, LOT_EXAMPLE, NOTICE_EXAMPLE, USER
from yields.serializers.funds import FundBriefSerializer, NoticeField


class YieldPartSerializer(serializers.Serializer[Part]):
    """One member's part of a day."""

    user = serializers.UUIDField()
    name = serializers.CharField()
    stake = MoneyField(source="standing.balance", help_text="At the end of the day.")
    unconfirmed = MoneyField(source="standing.unconfirmed")
    base = MoneyField(source="standing.base")
    income = MoneyField()


class CorrectionSerializer(serializers.Serializer[Step]):
    """What a correction of the fund's figures changed: taken back was the income before, credited the income after."""

    number = serializers.IntegerField(source="corrected.number")
    yield_per_10k_before = serializers.DecimalField(8, 4, source="rate_before")
    yield_per_10k = serializers.DecimalField(8, 4, source="corrected.yield_per_10k")
    income_before = MoneyField(source="corrected.income_before")
    income = MoneyField(source="corrected.income")
    reversal = serializers.UUIDField(
        source="corrected.reversal_id", allow_null=True, help_text="The entry that took back. Null: nothing was."
    )
    entry = serializers.UUIDField(
        source="corrected.entry_id",
        allow_null=True,
        help_text="The entry by which the day stands; the one before, where the income is the same. Null: income 0.",
    )
    corrected_at = serializers.DateTimeField(source="corrected.credited_at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two members",
            value={
                "date": "2026-11-22",
                "fund": FUND_EXAMPLE,
                "yield_per_10k": "1.0997",
                "annualized_7d": "4.123",
                "balance": money(592465),
                "unconfirmed": money(42000),
                "unconfirmed_parts": [LOT_EXAMPLE],
                "base": money(550465),
                "formula": "550465 fen × 1.0997 ÷ 10,000 = 60.53463605 fen → 60 fen",
                "income": money(60),
                "cut_off_fen": "0.53463605",
                "split_by": "bases",
                "members": [
                    {
                        "user": USER,
                        "name": "张伟",
                        "stake": money(392465),
                        "unconfirmed": money(42000),
                        "base": money(350465),
                        "income": money(38),
                    },
                    {
                        "user": "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d12",
                        "name": "王芳",
                        "stake": money(200000),
                        "unconfirmed": money(0),
                        "base": money(200000),
                        "income": money(22),
                    },
                ],
                "entry": "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d30",
                "credited_at": "2026-11-22T16:15:00Z",
                "corrections": [],
                "agrees": True,
                "notice": NOTICE_EXAMPLE,
            },
        )
    ]
)
class YieldExplanationSerializer(serializers.Serializer[Explanation]):
    """A day's yield, worked out again from the postings while you wait, and compared with what was credited."""

    date = serializers.DateField(source="earned.date")
    fund = FundBriefSerializer(source="earned.fund")
    yield_per_10k = serializers.DecimalField(8, 4, source="figures.yield_per_10k")
    annualized_7d = serializers.DecimalField(7, 3, source="figures.annualized_7d")
    balance = MoneyField(source="standing.balance", help_text="At the end of the day.")
    unconfirmed = MoneyField(source="standing.unconfirmed", help_text="What of it did not earn on this day.")
    unconfirmed_parts = UnconfirmedSerializer(source="lots", many=True, help_text="Why not, and from when on.")
    base = MoneyField(source="standing.base", help_text="Balance less what was not confirmed.")
    formula = serializers.CharField()
    income = MoneyField()
    cut_off_fen = serializers.DecimalField(9, 8, source="cut_off", help_text="Lost, and not carried over.")
    split_by = serializers.ChoiceField(
        choices=["bases", "stakes"], help_text="By the members' bases; by their stakes, where no member has a base."
    )
    members = YieldPartSerializer(many=True)
    entry = serializers.UUIDField(source="standing_day.entry_id", allow_null=True, help_text="Null: income 0.")
    credited_at = serializers.DateTimeField(source="standing_day.credited_at")
    corrections = CorrectionSerializer(many=True, help_text="What was changed after the day was first credited.")
    agrees = serializers.BooleanField(help_text="What is worked out here is what was credited.")
    notice = NoticeField()
