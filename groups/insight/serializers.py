"""Entries, statements and snapshots on the wire. Signs stay in the books: here money comes in or goes out."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from groups.members.serializers import GroupSerializer, MemberSerializer
from wallet.api.fields import MoneyField, money
from wallet.api.schema import page_of
from wallet.ledger.models import Entry

MONEY_BY_NAME = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
    },
}


class ChangeSerializer(serializers.Serializer[Any]):
    """What an entry changed in one stake."""

    user = serializers.UUIDField(source="account.holder_id")
    direction = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()
    stake_after = MoneyField(source="balance_after")

    @extend_schema_field(serializers.ChoiceField(choices=["in", "out"]))
    def get_direction(self, posting: Any) -> str:
        return "in" if posting.amount > 0 else "out"

    @extend_schema_field(MoneyField())
    def get_amount(self, posting: Any) -> dict[str, Any]:
        return money(abs(posting.amount))


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One movement of the group's money."""

    reverses = serializers.UUIDField(source="reverses_id", allow_null=True, read_only=True)
    corrects = serializers.UUIDField(source="corrects_id", allow_null=True, read_only=True)
    changes = ChangeSerializer(source="stake_postings", many=True, read_only=True)

    class Meta:
        model = Entry
        fields = ["id", "sequence", "kind", "reference", "memo", "reverses", "corrects", "posted_at", "changes"]
        read_only_fields = fields


class MonthQuery(serializers.Serializer[Any]):
    """Which month."""

    month = serializers.RegexField(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", help_text="2026-11")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A month",
            value={
                "month": "2026-11",
                "opening": {"amount": 100000, "currency": "CNY"},
                "money_in": {"contribution": {"amount": 50000, "currency": "CNY"}},
                "money_out": {"payment": {"amount": 8850, "currency": "CNY"}},
                "closing": {"amount": 141150, "currency": "CNY"},
            },
        )
    ]
)
class StatementSerializer(serializers.Serializer[Any]):
    """What the group held, took in and gave out in a month, by kind."""

    month = serializers.CharField()
    opening = MoneyField()
    money_in = serializers.SerializerMethodField()
    money_out = serializers.SerializerMethodField()
    closing = MoneyField()

    @extend_schema_field(MONEY_BY_NAME)
    def get_money_in(self, statement: dict[str, Any]) -> dict[str, Any]:
        return {kind: money(amount) for kind, amount in statement["money_in"].items()}

    @extend_schema_field(MONEY_BY_NAME)
    def get_money_out(self, statement: dict[str, Any]) -> dict[str, Any]:
        return {kind: money(amount) for kind, amount in statement["money_out"].items()}


class SnapshotSerializer(serializers.Serializer[Any]):
    """The state of a group at one moment; the events after `sequence` lead on from it."""

    sequence = serializers.IntegerField()
    group = GroupSerializer()
    members = MemberSerializer(many=True)


EntryPage = page_of(EntrySerializer)
