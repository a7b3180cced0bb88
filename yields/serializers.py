"""Funds, enrollments and yield on the wire. What a fund pays is 收益, never anything that a bank would promise."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from wallet.api.fields import MoneyField, money
from wallet.api.schema import page_of
from yields.explanation import Explanation, Part, Step
from yields.lots import Lot
from yields.models import Enrollment, Fund, FundDay, YieldDay
from yields.selectors import Summary, find_latest_day

USER = "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d11"
NOTICE = _("Past performance does not predict future performance. A money-market fund is not a deposit.")
NOTICE_EXAMPLE = "过往业绩不代表未来表现。货币基金不等同于存款。"
FUND_EXAMPLE = {"code": "DEMO", "name": "演示基金 (sandbox)", "is_sandbox": True}
LOT_EXAMPLE = {
    "kind": "contribution",
    "came_in_at": "2026-11-20T08:20:00Z",
    "amount": money(50000),
    "left": money(42000),
    "trade_date": "2026-11-23",
    "confirm_date": "2026-11-24",
    "first_credit_date": "2026-11-25",
}
QUESTIONNAIRE_EXAMPLE = {"risk_level": "R1", "answers": [{"question": "horizon", "answer": "any"}], "accepted": True}
short_text = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z", _("1 to 32 letters, digits, . _ or -."))


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


class AnswerSerializer(serializers.Serializer[Any]):
    """One answer of the risk questionnaire, by the codes of question and answer."""

    question = serializers.CharField(validators=[short_text])
    answer = serializers.CharField(validators=[short_text])


class QuestionnaireSerializer(serializers.Serializer[Any]):
    """The risk questionnaire: what was answered, what came of it, and that the owner confirmed it."""

    risk_level = serializers.ChoiceField(choices=["R1", "R2", "R3", "R4", "R5"])
    answers = serializers.ListField(child=AnswerSerializer(), required=False, max_length=50)
    accepted = serializers.BooleanField()

    def validate_answers(self, answers: list[dict[str, str]]) -> list[dict[str, str]]:
        return [dict(answer) for answer in answers]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Into the sandbox fund",
            value={"fund": "DEMO", "agreement_version": "2026-11", "questionnaire": QUESTIONNAIRE_EXAMPLE},
        )
    ]
)
class EnrollmentInput(serializers.Serializer[Any]):
    """The fund, the version of the agreement that the owner was shown, and the risk questionnaire."""

    fund = serializers.CharField(validators=[short_text])
    agreement_version = serializers.CharField(validators=[short_text])
    questionnaire = QuestionnaireSerializer()

    def validate_questionnaire(self, questionnaire: dict[str, Any]) -> dict[str, Any]:
        return dict(questionnaire)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An enrollment",
            value={
                "id": "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d20",
                "fund": FUND_EXAMPLE,
                "enrolled_by": USER,
                "enrolled_at": "2026-11-20T08:00:00Z",
                "agreement_version": "2026-11",
                "questionnaire": QUESTIONNAIRE_EXAMPLE,
                "notice": NOTICE_EXAMPLE,
            },
        )
    ]
)
class EnrollmentSerializer(serializers.ModelSerializer[Enrollment]):
    """That a group's balance earns: in which fund, since when, by whose will and on which terms."""

    fund = FundBriefSerializer(read_only=True)
    enrolled_by = serializers.UUIDField(source="enrolled_by_id", read_only=True)
    questionnaire = QuestionnaireSerializer(read_only=True)
    notice = NoticeField()

    class Meta:
        model = Enrollment
        fields = ["id", "fund", "enrolled_by", "enrolled_at", "agreement_version", "questionnaire", "notice"]
        read_only_fields = fields


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


FundDayPage = page_of(FundDaySerializer)
YieldDayPage = page_of(YieldDaySerializer)
