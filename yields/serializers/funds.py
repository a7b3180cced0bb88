"""Funds and what they published, and the notice that must stand beside every figure of theirs."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from wallet.api.schema import page_of
from yields.models import Fund, FundDay
from yields.selectors import find_latest_day
from yields.serializers.examples import FUND_EXAMPLE, NOTICE_EXAMPLE

NOTICE = _("Past performance does not predict future performance. A money-market fund is not a deposit.")


@extend_schema_field(serializers.CharField())
class NoticeField(serializers.Field):  # type: ignore[type-arg]
    """What must stand beside every figure of a fund, in the caller's language."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> str:
        return str(NOTICE)


class FundBriefSerializer(serializers.ModelSerializer[Fund]):
    """Which fund, and whether it is a sandbox: play money."""

    class Meta:
        model = Fund
        fields = ["code", "name", "is_sandbox"]
        read_only_fields = fields


class FundDaySerializer(serializers.ModelSerializer[FundDay]):
    """What a fund published for a day: 每万份收益 (yuan) and 七日年化 (percent), as they stand."""

    yield_per_10k = serializers.DecimalField(8, 4, source="in_force.yield_per_10k", read_only=True)
    annualized_7d = serializers.DecimalField(7, 3, source="in_force.annualized_7d", read_only=True)

    class Meta:
        model = FundDay
        fields = ["date", "yield_per_10k", "annualized_7d"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The sandbox fund",
            value=FUND_EXAMPLE
            | {
                "calendar": "weekdays",
                "latest": {"date": "2026-11-22", "yield_per_10k": "1.5787", "annualized_7d": "6.307"},
                "notice": NOTICE_EXAMPLE,
            },
        )
    ]
)
class FundSerializer(FundBriefSerializer):
    """A fund and what it published last."""

    latest = serializers.SerializerMethodField()
    notice = NoticeField()

    class Meta(FundBriefSerializer.Meta):
        fields = [*FundBriefSerializer.Meta.fields, "calendar", "latest", "notice"]
        read_only_fields = fields

    @extend_schema_field(FundDaySerializer(allow_null=True))
    def get_latest(self, fund: Fund) -> Any:
        latest = find_latest_day(fund)
        return FundDaySerializer(latest).data if latest else None


FundDayPage = page_of(FundDaySerializer)
