"""Money on the wire: `{"amount": 12345, "currency": "CNY"}`, integer fen.

Floats, strings, booleans and exponents are refused.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

CURRENCY = "CNY"


def check_printable(text: str) -> None:
    """Refuse text with characters that nobody sees: controls, and what turns its direction or has no width.

    :raises ValidationError: when there are any.
    """
    if not text.isprintable():
        raise serializers.ValidationError(_("This text has no control characters."))


class StrictIntegerField(serializers.IntegerField):
    """An integer that was written as one."""

    default_error_messages = {"not_integer": _("Must be written as an integer, without quotes, point or exponent.")}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("not_integer")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "properties": {
            "amount": {"type": "integer", "format": "int64", "description": "fen", "examples": [12345]},
            "currency": {"type": "string", "enum": [CURRENCY]},
        },
    }
)
class MoneyField(serializers.Field):  # type: ignore[type-arg]
    """An amount; in Python an `int` of fen. As input it is positive and no more than `amount_max` fen.

    `allow_zero` lets nothing in as well.
    """

    default_error_messages = {
        "not_money": _('Must be {{"amount": <integer fen>, "currency": "CNY"}}.'),
        "not_integer": _("The amount must be written as an integer of fen, without quotes, point or exponent."),
        "not_positive": _("The amount must be more than zero."),
        "too_large": _("The amount must be no more than {amount_max} fen."),
        "currency": _("The currency must be CNY."),
    }

    def __init__(self, *, amount_max: int | None = None, allow_zero: bool = False, **kwargs: Any) -> None:
        self.amount_max = amount_max or settings.AMOUNT_MAX_FEN
        self.amount_min = 0 if allow_zero else 1
        super().__init__(**kwargs)

    def to_representation(self, value: int) -> dict[str, Any]:
        return money(value)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("not_money")
        if data["currency"] != CURRENCY:
            self.fail("currency")
        amount = data["amount"]
        if type(amount) is not int:
            self.fail("not_integer")
        if amount < self.amount_min:
            self.fail("not_positive")
        if amount > self.amount_max:
            self.fail("too_large", amount_max=self.amount_max)
        return amount


def money(amount: int) -> dict[str, Any]:
    """Write an amount of fen for the wire."""
    return {"amount": amount, "currency": CURRENCY}
