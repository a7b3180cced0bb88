"""Numbers in paths, known once this module is imported: `<merchant_number:…>` and `<payment_number:…>`."""

from django.urls import register_converter

from groups.spending.serializers import MERCHANT_NUMBER, PAYMENT_NUMBER


class MerchantNumber:
    """A merchant's own number; what cannot be one leads nowhere."""

    regex = MERCHANT_NUMBER.strip("^$")

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PaymentNumber(MerchantNumber):
    """What a payment is known by: a merchant's own number, or ours of an order that was paid."""

    regex = PAYMENT_NUMBER.strip("^$")


register_converter(MerchantNumber, "merchant_number")
register_converter(PaymentNumber, "payment_number")
