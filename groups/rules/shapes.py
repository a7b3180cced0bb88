"""What proposals about rules say: the shapes of their payloads."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.members.models import SharingRule
from groups.rules.models import SpendingLimit
from wallet.api.fields import MoneyField, StrictIntegerField

CATEGORY = r"^[a-z_]{1,24}$"


class AboutSomebody(serializers.Serializer[Any]):
    """A rule about a member, or about everybody."""

    user = serializers.UUIDField(allow_null=True, default=None)


class LimitShape(AboutSomebody):
    """So much may be spent; nothing said is no limit."""

    limit = serializers.ChoiceField(choices=SpendingLimit.Limit.choices)
    amount = MoneyField(allow_null=True, allow_zero=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["limit"] == SpendingLimit.Limit.GROUP_MONTH and attrs["user"]:
            raise serializers.ValidationError({"user": _("This limit is the whole group's.")})
        return attrs


class CategoryShape(AboutSomebody):
    """A category of merchants."""

    category = serializers.RegexField(CATEGORY)


class WeightShape(serializers.Serializer[Any]):
    """What somebody bears of what is shared by weights."""

    user = serializers.UUIDField()
    weight = StrictIntegerField(min_value=1, max_value=1000)


def check_once_each(weights: list[dict[str, Any]]) -> None:
    """Refuse a list in which somebody has two weights: nobody could say which of them was voted on."""
    if len({row["user"] for row in weights}) < len(weights):
        raise serializers.ValidationError(_("There is one weight a person."))


class SharingShape(serializers.Serializer[Any]):
    """How spends are borne; what is left out stays.

    `owe_max` is how far a stake may fall below zero; with `payers_choose` a payer may let others bear more of a payment
    than the group's rule says.
    """

    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices, required=False)
    weights = serializers.ListField(child=WeightShape(), required=False, max_length=100, validators=[check_once_each])
    owe_max = MoneyField(required=False, allow_zero=True)
    payers_choose = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(_("Say what is to change."))
        return attrs


class PersonShape(serializers.Serializer[Any]):
    """Somebody in the group."""

    user = serializers.UUIDField()


class TierShape(serializers.Serializer[Any]):
    """Above an amount, so many others must approve."""

    above = MoneyField(allow_zero=True)
    approvals = StrictIntegerField(min_value=1, max_value=100)


class VotingShape(serializers.Serializer[Any]):
    """From which amounts on how many must approve; what a transfer may take of the pool a day; hours to object."""

    tiers = serializers.ListField(child=TierShape(), max_length=10)
    part_percent = StrictIntegerField(min_value=1, max_value=100)
    objection_hours = StrictIntegerField(min_value=1, max_value=168)

    def validate_tiers(self, tiers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({tier["above"] for tier in tiers}) < len(tiers):
            raise serializers.ValidationError(_("There is one tier an amount."))
        return tiers
