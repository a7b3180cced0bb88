"""What the stories of fast and ordinary payouts share: rich groups that earn, and somebody who takes money out."""

from datetime import date, datetime
from typing import Any

from groups.funding.models import Withdrawal
from groups.members.models import Group
from tests.cast import Answer, Person, World, money
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, system_account
from yields.models import FastAllowance

CAP = 10_000_00


def take(person: Person, group: Group, amount: int, speed: str | None = "fast", **asked: Any) -> Answer:
    """Let somebody take an amount (fen) out, of the own stake where nothing else is said."""
    assert person.source is not None
    body = {"source": str(person.source.pk), "amount": money(amount), **asked}
    body |= {"speed": speed} if speed else {}
    return person.api.post(f"/groups/{group.pk}/withdrawals", body, proof=True)


def taken(person: Person) -> dict[str, int]:
    """What a holder's groups have sent fast, by day."""
    rows = FastAllowance.objects.filter(holder=person.user).order_by("date")
    return {row.date.isoformat(): row.taken for row in rows}


def in_transit(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.IN_TRANSIT), world.now)


def way_of(group: Group, amount: int) -> tuple[str, bool, str | None]:
    """How the withdrawal of this amount goes: its speed, whether it was slowed, and the day on which it is expected."""
    row = Withdrawal.objects.get(group=group, amount=amount)
    return row.speed, row.is_slowed, day_of(row.expected_at)


def day_of(moment: datetime | str | None) -> str | None:
    from yields.calendar import SHANGHAI_TIME

    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    day: date | None = moment.astimezone(SHANGHAI_TIME).date() if moment else None
    return day.isoformat() if day else None
