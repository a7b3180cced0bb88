"""What happens to people and their devices.

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

__all__ = [
    "issue_device",
    "issue_ticket",
    "redeem_ticket",
    "revoke_device",
    "revoke_devices",
    "sign_up",
    "touch_device",
    "update_profile",
]
