"""A group's rules on the wire, with what is left of each limit for whoever asks."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.members import serializers as members
from groups.members.models import Membership, SharingRule
from groups.rules.models import SpendingLimit
from groups.rules.shapes import CATEGORY, AboutSomebody, LimitShape, TierShape
from wallet.api.fields import MoneyField, StrictIntegerField


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "¥3,000 a month for everybody together",
            value={"limit": "group_month", "user": None, "amount": {"amount": 300000, "currency": "CNY"}},
        )
    ]
)
class LimitInput(LimitShape):
    """A limit as it shall be; null takes it away."""


class BlockInput(AboutSomebody):
    """Whether a category of merchants is blocked."""

    category = serializers.RegexField(CATEGORY)
    blocked = serializers.BooleanField()


class PauseInput(AboutSomebody):
    """Whether spending is paused."""

    paused = serializers.BooleanField()


class GroupChange(members.GroupChange):
    """Name and time zone, or the sharing rule; what is left out stays."""

    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "sharing_rule" in attrs and len(attrs) > 1:
            raise serializers.ValidationError(_("The sharing rule is changed by itself."))
        return attrs


class MemberChange(serializers.Serializer[Any]):
    """As what somebody is in the group, or what they bear of what is shared by weights: one of the two."""

    role = serializers.ChoiceField(choices=[Membership.Role.MEMBER, Membership.Role.VIEWER], required=False)
    weight = StrictIntegerField(min_value=1, max_value=1000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Name one of role and weight."))
        return attrs


class LimitSerializer(serializers.Serializer[Any]):
    """A limit. `left` is what it leaves to the user it names; to the caller, where it names nobody."""

    limit = serializers.ChoiceField(choices=SpendingLimit.Limit.choices)
    user = serializers.UUIDField(allow_null=True)
    amount = MoneyField()
    left = MoneyField()


class BlockSerializer(serializers.Serializer[Any]):
    """A category that is not paid for."""

    category = serializers.CharField()
    user = serializers.UUIDField(source="member_id", allow_null=True)


class PauseSerializer(serializers.Serializer[Any]):
    """Somebody who does not spend at the moment; null is everybody."""

    user = serializers.UUIDField(source="member_id", allow_null=True)
    paused_at = serializers.DateTimeField()


class MineSerializer(serializers.Serializer[Any]):
    """What the caller could pay now, by the rules alone."""

    left = MoneyField(allow_null=True, help_text="Null: no limit.")
    free_up_to = MoneyField(allow_null=True, help_text="Above it others must approve. Null: never.")
    paused = serializers.BooleanField()


class RulesSerializer(serializers.Serializer[Any]):
    """What the group has agreed about its money."""

    month_starts_at = serializers.DateTimeField()
    month_ends_at = serializers.DateTimeField()
    limits = LimitSerializer(many=True)
    blocked = BlockSerializer(many=True)
    paused = PauseSerializer(many=True)
    tiers = TierShape(many=True)
    part_percent = serializers.IntegerField(help_text="A transfer of a larger part of the pool in a day has to wait.")
    objection_hours = serializers.IntegerField(help_text="How long it waits for objections.")
    owe_max = MoneyField(help_text="How far a stake may fall below zero.")
    payers_choose = serializers.BooleanField(
        help_text="Whether a payer may let others bear more of a payment than the group's rule says."
    )
    mine = MineSerializer()
