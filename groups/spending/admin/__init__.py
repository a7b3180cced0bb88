"""Merchants, and what was spent at them.

merchants  merchants and their keys, which are written here
payments   payments, refunds, codes and approvals, to be read
"""

from groups.spending.admin.merchants import MerchantAdmin, MerchantKeyAdmin, merchant_name, merchant_shown
from groups.spending.admin.payments import ApprovedPaymentAdmin, PaymentAdmin, PaymentCodeAdmin, RefundAdmin

__all__ = [
    "ApprovedPaymentAdmin",
    "MerchantAdmin",
    "MerchantKeyAdmin",
    "PaymentAdmin",
    "PaymentCodeAdmin",
    "RefundAdmin",
    "merchant_name",
    "merchant_shown",
]
