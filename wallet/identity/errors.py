"""What this room says no with. Logging in with wrong codes, or too many, allauth answers in its own form (`login`).

None of these tells a PIN, a code or a proof, not even the one that was sent.
"""

import math
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class DeviceNotFound(Refusal):
    """There is no such device, or it is somebody else's, which the caller must not learn."""

    code = "device_not_found"
    status = 404
    title = _("Device not found")
    detail = _("You have no such device.")


class OperatorNotAllowed(Refusal):
    """The operator does not have the right."""

    code = "operator_not_allowed"
    status = 403
    title = _("Not allowed")
    detail = _("You do not have the right to do this.")


class PinAlreadySet(Refusal):
    """A first payment PIN is set where there is one."""

    code = "pin_already_set"
    status = 409
    title = _("PIN already set")
    detail = _("You have a payment PIN. Change it, or reset it if you have forgotten it.")


class PinNotSet(Refusal):
    """A payment PIN is asked of somebody who has set none."""

    code = "pin_not_set"
    title = _("No payment PIN")
    detail = _("Set a payment PIN first.")


class PinTrivial(Refusal):
    """The payment PIN is among the first that anybody would try."""

    code = "pin_trivial"
    title = _("PIN too easy")
    detail = _("This payment PIN is too easy to guess: no runs, no repetitions, not the end of your phone number.")


class PinWrong(Refusal):
    """The payment PIN is not the right one; `left` tries are left."""

    code = "pin_wrong"
    title = _("Wrong PIN")
    detail = _("This is not your payment PIN. Tries left: %(left)s.")


class PinLocked(Refusal):
    """The payment PIN was wrong too often; nothing is compared until the lock ends."""

    code = "pin_locked"
    status = 429
    title = _("PIN locked")
    detail = _("The payment PIN was wrong too often. It is locked until %(locked_until)s, or until you reset it.")

    @classmethod
    def until(cls, moment: datetime, *, now: datetime) -> "PinLocked":
        """Say when to come back."""
        refusal = cls(locked_until=moment.isoformat())
        refusal.retry_after_seconds = max(1, math.ceil((moment - now).total_seconds()))
        return refusal


class PinCodeWrong(Refusal):
    """The code for resetting the PIN is wrong, too old, used, or was tried too often; which of these is not told."""

    code = "pin_code_wrong"
    title = _("Wrong code")
    detail = _("This code is not valid or not valid any more. Ask for a new one.")


class PinCodesLimited(Refusal):
    """Too many codes for resetting a PIN were asked for."""

    code = "too_many_pin_codes"
    status = 429
    title = _("Too many requests")
    detail = _("Too many codes were asked for. Try again later.")
    retry_after_seconds = 60


class PinRecentlyReset(Refusal):
    """More is to leave at once than may leave on the day after a PIN was reset."""

    code = "pin_recently_reset"
    title = _("PIN reset recently")
    detail = _("The payment PIN was reset lately. For a day no more than %(amount_max)s can leave at a time.")
    fen = ("amount_max",)


class ProofRequired(Refusal):
    """A command that takes money out came without `Payment-Proof`."""

    code = "payment_proof_required"
    status = 403
    title = _("Proof required")
    detail = _("Ask for a proof with the payment PIN and send it as Payment-Proof.")


class ProofInvalid(Refusal):
    """The proof is unknown, expired, used, or of another person, device or operation; which of these is not told."""

    code = "payment_proof_invalid"
    status = 403
    title = _("Proof invalid")
    detail = _("This proof is not valid for this request. Ask for a new one.")
