"""A payment from one of the wallets of a night, by the real services; only the charge is timed."""

import time
import uuid
from functools import cache
from itertools import count

from django.utils import timezone

from groups.members.models import Membership
from groups.spending.models import Merchant
from groups.spending.services import Charge, charge, create_merchant, show_code

AMOUNT_FEN = 1_23
_numbers = count(1)


@cache
def _shop() -> Merchant:
    return create_merchant(name="市场", category="groceries", now=timezone.now())


def pay_once(group_id: uuid.UUID) -> float:
    """Show a code and charge it; say how long the charge took (seconds)."""
    owner = Membership.objects.select_related("user").get(group=group_id, role=Membership.Role.OWNER).user
    code = show_code(actor=owner, group_id=group_id, now=timezone.now())
    asked = Charge(code.digits, AMOUNT_FEN, f"night-{next(_numbers)}", "蔬菜水果", "groceries")
    began = time.perf_counter()
    charged = charge(merchant=_shop(), asked=asked, now=timezone.now())
    took = time.perf_counter() - began
    assert charged.payment.entry_id is not None, charged.payment.refusal_code
    return took
