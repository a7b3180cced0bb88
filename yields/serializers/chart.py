"""A chart of yield on the wire: what was asked, and what is drawn."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.api.fields import MoneyField, money
from yields.chart import Chart, Month, Point
from yields.serializers.examples import FUND_EXAMPLE, NOTICE_EXAMPLE
from yields.serializers.funds import FundBriefSerializer, NoticeField


class ChartQuery(serializers.Serializer[Any]):
    """From which day to which, both included."""

    since = serializers.DateField(required=False, help_text="Without it: 30 days up to `until`.")
    until = serializers.DateField(required=False, help_text="Without it: today in Asia/Shanghai.")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "since" in asked and "until" in asked and asked["since"] > asked["until"]:
            raise serializers.ValidationError({"until": _("The last day must not be before the first.")})
        return asked


class ChartDaySerializer(serializers.Serializer[Point]):
    """A day that was credited, or for which the fund has published its figures; all as they stand."""

    date = serializers.DateField()
    fund = serializers.CharField(source="fund.code")
    income = MoneyField(allow_null=True, help_text="What the group earned. Null while the day is not credited.")
    mine = MoneyField(allow_null=True, help_text="Your own part of it.")
    yield_per_10k = serializers.DecimalField(8, 4, help_text="每万份收益, yuan.")
    annualized_7d = serializers.DecimalField(7, 3, help_text="七日年化, percent.")


class ChartMonthSerializer(serializers.Serializer[Month]):
    """What the days of a calendar month earned, as far as they are in the range."""

    month = serializers.CharField(help_text="2026-11")
    income = MoneyField()
    mine = MoneyField(help_text="Your own part of it.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Three days",
            value={
                "since": "2026-10-31",
                "until": "2026-11-02",
                "funds": [FUND_EXAMPLE],
                "total": money(121),
                "mine": money(77),
                "months": [
                    {"month": "2026-10", "income": money(60), "mine": money(38)},
                    {"month": "2026-11", "income": money(61), "mine": money(39)},
                ],
                "days": [
                    {
                        "date": "2026-10-31",
                        "fund": "DEMO",
                        "income": money(60),
                        "mine": money(38),
                        "yield_per_10k": "1.0997",
                        "annualized_7d": "4.123",
                    },
                    {
                        "date": "2026-11-01",
                        "fund": "DEMO",
                        "income": money(61),
                        "mine": money(39),
                        "yield_per_10k": "1.1104",
                        "annualized_7d": "4.131",
                    },
                    {
                        "date": "2026-11-02",
                        "fund": "DEMO",
                        "income": None,
                        "mine": None,
                        "yield_per_10k": "1.1087",
                        "annualized_7d": "4.127",
                    },
                ],
                "notice": NOTICE_EXAMPLE,
            },
        )
    ]
)
class ChartSerializer(serializers.Serializer[Chart]):
    """A range of days, the oldest first. Days and months without anything to draw are left out."""

    since = serializers.DateField()
    until = serializers.DateField()
    funds = FundBriefSerializer(many=True, help_text="The funds that the days are of.")
    total = MoneyField(help_text="What the group earned in the range.")
    mine = MoneyField(help_text="Your own part of it.")
    months = ChartMonthSerializer(many=True)
    days = ChartDaySerializer(many=True)
    notice = NoticeField()
