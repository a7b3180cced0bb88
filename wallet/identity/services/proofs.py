"""Proofs: that the payment PIN was typed, for one operation, on one device, within the last two minutes.

A proof is issued for the fingerprint of an operation and is worth nothing for any other. It is used up by one
conditional UPDATE in the transaction of the command that it is for: a command that is refused leaves it as it was, and
one that is committed has used it. How much it lets out is said when it is issued; a reset voids the proofs before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from wallet.identity.errors import PinRecentlyReset, ProofInvalid
from wallet.identity.models import Device, PaymentPin, PaymentProof, PinResetCode
from wallet.identity.services.pins import accept_try, try_pin
from wallet.identity.tokens import hash_token, new_token

USE = """
UPDATE identity_paymentproof SET used_at = %s
WHERE proof_hash = %s AND device_id = %s AND operation = %s AND used_at IS NULL AND expires_at > %s
RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a proof lets out at most (fen); None where nothing was lowered."""

    amount_max: int | None

    def check(self, amount: int) -> None:
        """Let an amount (fen) pass.

        :raises PinRecentlyReset: when it is more than the proof lets out.
        """
        if self.amount_max is not None and amount > self.amount_max:
            raise PinRecentlyReset(amount_max=self.amount_max)


def issue_proof(*, device: Device, pin: str, operation: bytes, now: datetime) -> tuple[PaymentProof, str]:
    """Prove, by the payment PIN, that the device's person wants an operation; give the proof, which nobody reads again.

    :raises PinNotSet: when the person has no PIN.
    :raises PinWrong: when it is another one.
    :raises PinLocked: when it was wrong too often.
    """
    tried = try_pin(user=device.user, pin=pin, now=now)
    proof = new_token()
    with transaction.atomic():
        accept_try(tried)
        _make_room(device, now)
        issued = PaymentProof.objects.create(
            proof_hash=hash_token(proof),
            device=device,
            operation=operation,
            amount_max=_amount_max(tried, now),
            expires_at=now + timedelta(seconds=settings.PIN_PROOF_LIFE_SECONDS),
        )
    return issued, proof


def _amount_max(pin: PaymentPin, now: datetime) -> int | None:
    is_lowered = pin.lowered_until is not None and now < pin.lowered_until
    return int(settings.PIN_LOWERED_AMOUNT_MAX_FEN) if is_lowered else None


def _make_room(device: Device, now: datetime) -> None:
    """Forget a device's proofs that are over, and its oldest ones beyond `PIN_PROOFS_PER_DEVICE_MAX`."""
    device.proofs.filter(expires_at__lte=now).delete()
    newest_first = device.proofs.filter(used_at=None).order_by("-expires_at", "pk").values_list("pk", flat=True)
    PaymentProof.objects.filter(pk__in=list(newest_first[settings.PIN_PROOFS_PER_DEVICE_MAX - 1 :])).delete()


def use_proof(*, proof: str, device: Device, operation: bytes, now: datetime) -> Allowance:
    """Use a proof up, within the command's transaction, and say how much it lets out.

    :raises ProofInvalid: when it is unknown, expired, used, or of another person, device or operation.
    """
    assert connection.in_atomic_block, "a proof that is used outside the command's transaction may be used for nothing"
    values = [now, hash_token(proof), device.pk, operation, now]
    used = next(iter(PaymentProof.objects.raw(USE, values)), None)
    if used is None:
        raise ProofInvalid
    return Allowance(used.amount_max)


def forget_expired(*, now: datetime, limit: int) -> int:
    """Delete proofs and reset codes that are over, at most `limit` of each; say how many that were."""
    proofs = PaymentProof.objects.filter(expires_at__lte=now)
    codes = PinResetCode.objects.filter(expires_at__lte=now)
    return _forget(proofs, limit) + _forget(codes, limit)


@transaction.atomic
def _forget(rows: QuerySet[Any], limit: int) -> int:
    # What somebody else is about to delete is left to them, so that nobody waits for each other.
    chosen = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
    return rows.filter(pk__in=list(chosen)).delete()[0]
