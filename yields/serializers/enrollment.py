"""That a group's balance earns: what the owner sends, and what is kept of it."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from yields.models import Enrollment
from yields.serializers.examples import FUND_EXAMPLE, NOTICE_EXAMPLE, USER
from yields.serializers.funds import FundBriefSerializer, NoticeField

QUESTIONNAIRE_EXAMPLE = {"risk_level": "R1", "answers": [{"question": "horizon", "answer": "any"}], "accepted": True}
short_text = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z", _("1 to 32 letters, digits, . _ or -."))


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
