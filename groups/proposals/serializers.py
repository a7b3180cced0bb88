"""Proposals on the wire. What a payload holds depends on its kind; `GET /proposal-kinds` lists them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from groups.proposals.kinds import get_kind
from groups.proposals.models import Proposal, Vote
from wallet.api.fields import MoneyField
from wallet.api.schema import page_of

ANYTHING = {"type": "object", "additionalProperties": True}


@extend_schema_field(ANYTHING)
class PayloadField(serializers.JSONField):
    """What is proposed, in the shape of its kind."""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A limit of ¥3,000 a month",
            value={
                "kind": "set_limit",
                "payload": {"limit": "group_month", "user": None, "amount": {"amount": 300000, "currency": "CNY"}},
            },
        )
    ]
)
class ProposalInput(serializers.Serializer[Any]):
    """What somebody wants the group to do."""

    kind = serializers.RegexField(r"^[a-z_]{1,24}$")
    payload = PayloadField(default=dict)


class VoteInput(serializers.Serializer[Any]):
    """Yes or no. It is final."""

    choice = serializers.ChoiceField(choices=Vote.Choice.choices)


class VoteSerializer(serializers.Serializer[Any]):
    """What somebody said. Whoever has left meanwhile does not count."""

    voter = serializers.UUIDField()
    choice = serializers.ChoiceField(choices=Vote.Choice.choices)
    counts = serializers.BooleanField()


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A proposal, and how its vote stands. `effect` says what it would change, while it is open."""

    text = serializers.SerializerMethodField()
    proposer = serializers.UUIDField(source="proposer_id", read_only=True)
    payload = serializers.SerializerMethodField()
    voters = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    needed = serializers.IntegerField(read_only=True)
    approvals = serializers.IntegerField(read_only=True)
    rejections = serializers.IntegerField(read_only=True)
    money_approving = MoneyField(
        read_only=True,
        allow_null=True,
        help_text="What those who approve have in the pool. Null: it is not weighed.",
    )
    money_needed = MoneyField(read_only=True, allow_null=True, help_text="More than half of the voters' money.")
    votes = VoteSerializer(source="votes_shown", many=True, read_only=True)
    effect = PayloadField(read_only=True)
    outcome = PayloadField(read_only=True)
    silence = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = [
            "id",
            "kind",
            "text",
            "proposer",
            "payload",
            "status",
            "voters",
            "needed",
            "approvals",
            "rejections",
            "money_approving",
            "money_needed",
            "votes",
            "effect",
            "outcome",
            "silence",
            "created_at",
            "expires_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_text(self, proposal: Proposal) -> str:
        return str(get_kind(proposal.kind).text)

    @extend_schema_field(ANYTHING)
    def get_payload(self, proposal: Proposal) -> dict[str, Any]:
        return get_kind(proposal.kind).present(proposal.payload)

    def get_silence(self, proposal: Proposal) -> str:
        return str(get_kind(proposal.kind).silence)


class ProposalKindSerializer(serializers.Serializer[Any]):
    """A kind of proposal: who votes, and what becomes of it when they are silent."""

    kind = serializers.CharField(source="name")
    text = serializers.CharField()
    who = serializers.CharField()
    silence = serializers.CharField()
    life_hours = serializers.SerializerMethodField()
    moves_money = serializers.BooleanField(help_text="Approving it needs a Payment-Proof.")
    is_internal = serializers.BooleanField(help_text="Made by a command of its own, not by POST proposals.")
    payload = serializers.SerializerMethodField(help_text="The names of what it holds.")

    def get_life_hours(self, kind: Any) -> int:
        return int(kind.life.total_seconds() // 3600)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_payload(self, kind: Any) -> list[str]:
        return list(kind.shape().fields)


ProposalPage = page_of(ProposalSerializer)
