"""Partings on the wire."""

from typing import Any

from rest_framework import serializers

from groups.funding.serializers import WithdrawalSerializer


class PartingSerializer(serializers.Serializer[Any]):
    """What came of leaving."""

    user = serializers.UUIDField(source="membership.user_id")
    left_at = serializers.DateTimeField(source="membership.left_at")
    withdrawal = WithdrawalSerializer(allow_null=True, help_text="The payout of the stake; null where it was zero.")
