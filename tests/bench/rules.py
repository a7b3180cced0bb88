"""What a group's rules cost: a payment under limits of every kind, and a proposal with the votes that carry it out.

Both stand against a payment without limits, in the same rounds. A group has four members, so a proposal that all must
agree on is four commits: it is made, and three vote; the last vote does it.
"""

import time
from collections.abc import Callable

from django.utils import timezone

from groups.members.models import Group
from groups.proposals.services import propose
from groups.rules.services import set_block
from groups.spending.models import Payment
from groups.spending.services import charge
from tests.bench.scene import Payers, ask, set_scene, show_codes
from tests.bench.servers import Place
from tests.bench.table import Row, compare, take_turns
from tests.cast import agree
from wallet.identity.models import User

GROUPS = 5
FREE = "a payment without limits"
LIMITED = "a payment under a limit of every kind, with a blocked category"
VOTED = "a proposal that three others approve, to its end"
PLENTY_FEN = 10**12


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Let payments and proposals take turns, `batch` each."""
    free, limited, voting = (set_scene(min(GROUPS, batch)) for _ in range(3))
    for group, owner in zip(limited.groups, limited.owners, strict=True):
        _limit(group, owner)
    rates = take_turns(
        {
            FREE: lambda: _pay(free, batch),
            LIMITED: lambda: _pay(limited, batch),
            VOTED: lambda: _timed(batch, lambda number: _vote(voting, number)),
        },
        rounds,
    )
    return [compare(rates, LIMITED, FREE, aim=0.9), compare(rates, VOTED, FREE, unit="proposals/s")]


def _limit(group: Group, owner: User) -> None:
    """Agree on limits that never bind."""
    rules = [("payment", None), ("member_month", None), ("member_month", owner.pk), ("group_month", None)]
    for limit, user_id in rules:
        payload = {"limit": limit, "user": user_id, "amount": PLENTY_FEN}
        propose(actor=owner, group_id=group.pk, kind="set_limit", payload=payload, now=timezone.now())
        agree(group)
    set_block(actor=owner, group_id=group.pk, category="games", user_id=None, blocked=True, now=timezone.now())


def _pay(payers: Payers, batch: int) -> float:
    codes = show_codes(payers, batch)

    def pay(number: int) -> None:
        charged = charge(merchant=payers.merchant, asked=ask(codes[number]), now=timezone.now())
        assert charged.payment.status == Payment.Status.SETTLED

    return _timed(batch, pay)


def _vote(payers: Payers, number: int) -> None:
    group, owner = payers.groups[number % len(payers.groups)], payers.owners[number % len(payers.owners)]
    payload = {"limit": "payment", "user": None, "amount": PLENTY_FEN + time.monotonic_ns() % 10**9}
    propose(actor=owner, group_id=group.pk, kind="set_limit", payload=payload, now=timezone.now())
    (decided,) = agree(group)
    assert decided.status == "approved"


def _timed(batch: int, act: Callable[[int], None]) -> float:
    started = time.perf_counter()
    for number in range(batch):
        act(number)
    return batch / (time.perf_counter() - started)
