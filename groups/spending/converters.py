"""Merchants' numbers in paths, `<merchant_number:out_trade_no>`. Known once this module is imported."""

from django.urls import register_converter

from groups.spending.serializers import MERCHANT_NUMBER


class MerchantNumber:
    """A merchant's own number; what cannot be one leads nowhere."""

    regex = MERCHANT_NUMBER.strip("^$")

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MerchantNumber, "merchant_number")
