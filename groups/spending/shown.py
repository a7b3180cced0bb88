"""Payments written for people: who bears what is left of each, and how it was shared anew."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from groups.spending.models import Payment
from groups.spending.serializers import PaymentDetailSerializer
from wallet.api.operators.pages import Table
from wallet.api.operators.shown import link, moment, yuan
from wallet.identity.models import User
from wallet.ledger.remains import Correction, Remains, read_remains


def read_remains_of(payment: Payment) -> Remains:
    """Read what is left of a payment; nothing, where it was refused."""
    entry_id = payment.entry_id
    return read_remains(payment.group_id, [entry_id])[entry_id] if entry_id else Remains()


def proposal_of(correction: Correction) -> str:
    """Read from the reference of a correction which proposal it carried out."""
    return correction.reference.partition(":")[2]


def present_payment(payment: Payment) -> Any:
    """Write a payment for the wire."""
    remains, shown = read_remains_of(payment), payment
    told: Any = shown
    told.shares_now = [{"user": user_id, "amount": share} for user_id, share in sorted(remains.shares.items())]
    told.reshared_so_far = [
        {
            "entry": each.entry_id,
            "proposal": proposal_of(each),
            "reshared_at": each.posted_at,
            "shares": [
                {"user": user_id, "before": each.before[user_id], "after": after}
                for user_id, after in sorted(each.after.items())
            ],
        }
        for each in remains.corrections
    ]
    return PaymentDetailSerializer(told).data


def shares_tables(payment: Payment) -> list[Table]:
    """Show who bears what is left of a payment and, where it was shared anew, who bore what before and after."""
    remains = read_remains_of(payment)
    concerned = {*remains.shares, *(user_id for each in remains.corrections for user_id in each.after)}
    names = {user.pk: link("identity_user", user.pk, user) for user in User.objects.filter(pk__in=concerned)}
    shares = [[names[user_id], yuan(share)] for user_id, share in sorted(remains.shares.items())]
    bear = Table(_("Who bears what is left"), "ledger_posting", [_("member"), _("share")], shares)
    if not remains.corrections:
        return [bear]
    changes = [
        [
            link("ledger_entry", each.entry_id, moment(each.posted_at)),
            names[user_id],
            yuan(each.before[user_id]),
            yuan(after),
        ]
        for each in remains.corrections
        for user_id, after in sorted(each.after.items())
    ]
    headers = [_("shared anew"), _("member"), _("before"), _("afterwards")]
    return [bear, Table(_("Shared anew"), "ledger_entry", headers, changes)]
