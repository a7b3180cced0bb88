"""Funding sources on the wire. A card number comes in, goes to the institution, and never comes out."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.api.fields import check_printable
from wallet.api.schema import page_of
from wallet.rails.models import FundingSource, Payee

RAIL = r"^[a-z]{2,16}$"
CARD_NUMBER = r"^[0-9]{12,19}$"
#: A phone number of the mainland, or an e-mail address.
LOGIN = r"^((\+86)?1[3-9][0-9]{9}|[A-Za-z0-9._%+-]{1,60}@[A-Za-z0-9.-]{1,60})$"


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A test card of the sandbox bank that settles",
            value={"rail": "sandbox", "kind": "bank_card", "number": "6225880000001009", "holder": "张伟"},
        ),
        OpenApiExample(
            "A Yu'e Bao of the sandbox bank that settles",
            value={"rail": "sandbox", "kind": "yuebao", "login": "13900000001", "holder": "张伟"},
        ),
    ]
)
class SourceInput(serializers.Serializer[Any]):
    """A source to link: a card by its number, an account by its login. Both go to the institution, kept nowhere."""

    rail = serializers.RegexField(RAIL)
    kind = serializers.ChoiceField(choices=FundingSource.Kind.choices, default=FundingSource.Kind.BANK_CARD)
    number = serializers.RegexField(CARD_NUMBER, write_only=True, required=False, help_text="Of a bank card.")
    login = serializers.RegexField(
        LOGIN, max_length=128, write_only=True, required=False, help_text="Of an account: a phone number or an e-mail."
    )
    holder = serializers.CharField(max_length=40, validators=[check_printable])

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        needed, other = ("number", "login") if data["kind"] == FundingSource.Kind.BANK_CARD else ("login", "number")
        if needed not in data:
            raise serializers.ValidationError({needed: _("This kind of source is linked by it.")}, code="required")
        if other in data:
            raise serializers.ValidationError({other: _("This kind of source is not linked by it.")})
        return data


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
class PayeeInput(serializers.Serializer[Any]):
    """Somebody whom the group shall pay, by a bank card. The number goes to the institution and is kept nowhere."""

    rail = serializers.RegexField(RAIL)
    number = serializers.RegexField(CARD_NUMBER, write_only=True, help_text="Of a bank card.")
    holder = serializers.CharField(max_length=40, validators=[check_printable])
    name = serializers.CharField(max_length=40, validators=[check_printable], help_text="What people call them.")


class PayeeSerializer(serializers.ModelSerializer[Payee]):
    """A linked payee."""

    class Meta:
        model = Payee
        fields = ["id", "rail", "name", "label", "linked_at"]
        read_only_fields = fields


SourcePage = page_of(SourceSerializer)
PayeePage = page_of(PayeeSerializer)
