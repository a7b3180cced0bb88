"""What happens to people, their devices and their payment PINs.

    people    sign up, log in, be seen, open a socket, log out
    pins      set, change and reset the PIN; the counted try at it
    proofs    a right PIN becomes a proof of one operation, which is used up by it

A secret leaves these pages once, in the return value of the service that made it.
"""

from wallet.identity.services.people import (
    issue_device,
    issue_ticket,
    redeem_ticket,
    revoke_device,
    revoke_devices,
    sign_up,
    touch_device,
    update_profile,
)
from wallet.identity.services.pins import change_pin, reset_pin, send_reset_code, set_pin
from wallet.identity.services.proofs import Allowance, forget_expired, issue_proof, use_proof

__all__ = [
    "Allowance",
    "change_pin",
    "forget_expired",
    "issue_device",
    "issue_proof",
    "issue_ticket",
    "redeem_ticket",
    "reset_pin",
    "revoke_device",
    "revoke_devices",
    "send_reset_code",
    "set_pin",
    "sign_up",
    "touch_device",
    "update_profile",
    "use_proof",
]
