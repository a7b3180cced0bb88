"""Funding sources on the wire. A card number comes in, goes to the institution, and never comes out."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.api.schema import page_of
from wallet.rails.models import FundingSource, Payee


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A test card of the sandbox bank that settles",
            value={"rail": "sandbox", "number": "6222020000000000", "holder": "张伟"},
        )
    ]
)
class SourceInput(serializers.Serializer[Any]):
    """A card to link. The number goes to the institution and is kept nowhere."""

    rail = serializers.RegexField(r"^[a-z]{2,16}$")
    number = serializers.RegexField(r"^[0-9]{12,19}$", write_only=True)
    holder = serializers.CharField(max_length=40)


class SourceChange(serializers.Serializer[Any]):
    """Make this source the default one."""

    is_default = serializers.ChoiceField(choices=[True])


class SourceSerializer(serializers.ModelSerializer[FundingSource]):
    """A linked source."""

    class Meta:
        model = FundingSource
        fields = ["id", "rail", "kind", "label", "is_default", "linked_at"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A landlord",
            value={"rail": "sandbox", "number": "6222020000000000", "holder": "周建国", "name": "房东"},
        )
    ]
)
class PayeeInput(SourceInput):
    """Somebody whom the group shall pay. The number goes to the institution and is kept nowhere."""

    name = serializers.CharField(max_length=40, help_text="What people call them.")


class PayeeSerializer(serializers.ModelSerializer[Payee]):
    """A linked payee."""

    class Meta:
        model = Payee
        fields = ["id", "rail", "name", "label", "linked_at"]
        read_only_fields = fields


SourcePage = page_of(SourceSerializer)
PayeePage = page_of(PayeeSerializer)
