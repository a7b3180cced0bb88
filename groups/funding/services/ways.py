"""How a withdrawal goes: fast while it may, or by the ordinary way, whose money is in transit until it is expected.

Everything that leaves for a source or a payee goes through here, whoever bears it and whoever lets it leave; so the
bound of the fast way has no way round it. What somebody asks for now is granted or refused; what leaves later, or by
itself, is never held up by it: it goes by the ordinary way, and says so (`is_slowed`).
"""

from datetime import datetime
from typing import Any

from groups.funding.errors import ArrivalUnknown, FastAllowanceExceeded
from groups.funding.models import WITHDRAWAL, Withdrawal
from groups.funding.selectors import receiver_of
from groups.funding.speeds import Forecast, get_ways
from groups.members.models import Group
from wallet.ledger.models import Wallet
from wallet.rails.models import Transfer
from wallet.rails.services import create_transfer

Speed = Withdrawal.Speed


def choose_way(wallet: Wallet, withdrawal: Withdrawal, now: datetime, *, is_asked: bool) -> None:
    """Decide how it goes, under the wallet's lock, and take what the fast way takes. The caller writes its row.

    `is_asked` says that somebody asks for its speed at this moment: they get that or a refusal.

    :raises FastAllowanceExceeded: when it is asked for fast, and less may go out so today.
    :raises ArrivalUnknown: when it goes by the ordinary way, and nobody can say when it arrives.
    """
    if withdrawal.speed == Speed.FAST:
        if get_ways().take(wallet, withdrawal, now):
            return
        if is_asked:
            allowance = get_ways().allow(withdrawal.group, now)
            assert allowance is not None, "what has no bound is not refused"
            raise FastAllowanceExceeded(limit=allowance.limit, left=allowance.left)
    withdrawal.expected_at = get_ways().arrive(withdrawal.group, now)
    withdrawal.speed, withdrawal.is_slowed = Speed.ORDINARY, withdrawal.speed == Speed.FAST


def tell_way(withdrawal: Withdrawal) -> dict[str, Any]:
    """Say for an event how it goes."""
    return {"speed": withdrawal.speed, "slowed": withdrawal.is_slowed, "expected_at": withdrawal.expected_at}


def hand_to_rail(wallet: Wallet, withdrawal: Withdrawal, now: datetime) -> None:
    """Create its transfer, which goes out after the commit, or when it is expected."""
    create_transfer(
        wallet=wallet,
        source=receiver_of(withdrawal),
        direction=Transfer.Direction.PAYOUT,
        amount=withdrawal.amount,
        purpose=WITHDRAWAL,
        subject_id=withdrawal.pk,
        now=now,
        starts_at=withdrawal.expected_at,
    )


def foresee_way(group: Group, amount: int, now: datetime) -> Forecast:
    """Say how an amount (fen) would go out now, if it left by itself."""
    allowance = get_ways().allow(group, now)
    if allowance is None or amount <= allowance.left:
        return Forecast(Speed.FAST, None, allowance)
    try:
        return Forecast(Speed.ORDINARY, get_ways().arrive(group, now), allowance)
    except ArrivalUnknown:
        return Forecast(Speed.ORDINARY, None, allowance)
