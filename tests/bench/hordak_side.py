"""A payment on django-hordak with the guard that a payment needs, as a process of its own, driven over a pipe.

The duty is smaller than ours: two accounts, one transaction of two legs; no code, no shares, no event. Both accounts
are locked, the balance is checked under the lock, `transfer_to` moves the money. The balance is hordak's
`get_balance()`, which sums the account's legs, so what came before counts. `{"payments": n, "history": h}` pays n
times, going round accounts on which h payments were made before, and is answered with the seconds it took.
"""

import time
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

import django
from django.core.management import call_command

from tests.bench.driven import serve

#: Fresh accounts are many, so that they stay nearly fresh.
PAIRS, PAIRS_WITH_HISTORY = 20, 2
Pairs = Iterator[tuple[int, int]]
_codes = count(1)


def main() -> None:
    """Migrate, then pay as often as asked until the pipe is closed."""
    django.setup()
    call_command("migrate", verbosity=0)
    known: dict[int, Pairs] = {}

    def pay_often(asked: dict[str, int]) -> float:
        history = asked["history"]
        pairs = known[history] = known.get(history) or _open_pairs(history)
        started = time.perf_counter()
        for _ in range(asked["payments"]):
            pay(*next(pairs))
        return time.perf_counter() - started

    serve(pay_often)


def _open_pairs(history: int) -> Pairs:
    from django.db import transaction

    pairs = [(_open("payer"), _open("shop")) for _ in range(PAIRS_WITH_HISTORY if history else PAIRS)]
    with transaction.atomic():
        for pair in pairs:
            for _ in range(history):
                pay(*pair)
    return cycle(pairs)


def _open(name: str) -> int:
    from hordak.models import Account
    from moneyed import Money

    def make(kind: str) -> Any:
        return Account.objects.create(name=name, code=str(next(_codes)), type=kind, currencies=["CNY"])

    account = make("AS")
    if name == "payer":
        make("IN").transfer_to(account, Money(1_000_000, "CNY"))
    pk: int = account.pk
    return pk


def pay(payer_id: int, shop_id: int) -> None:
    """Move 12.34 from one account to another, if it is there."""
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    amount = Money("12.34", "CNY")
    with transaction.atomic():
        locked = Account.objects.select_for_update().in_bulk(sorted([payer_id, shop_id]))
        payer = locked[payer_id]
        if payer.get_balance()["CNY"] < amount:
            raise ValueError("not enough")
        payer.transfer_to(locked[shop_id], amount)


if __name__ == "__main__":
    main()
