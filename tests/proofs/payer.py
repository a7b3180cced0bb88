"""A shop that goes on selling while its database is killed: `python -m tests.proofs.payer FILE SECONDS`.

Several groups pay at once. What was acknowledged is written to the file, one merchant's number a line. When the
database is away, the shop does what a shop does: it sends the same charge again, under the same number, until it is
told something.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import django

T = TypeVar("T")
THREADS = 4
RETRY_SECONDS, GIVE_UP_SECONDS = 0.05, 60


def main() -> None:
    django.setup()
    from django.db import connection
    from uuid6 import uuid7

    from groups.spending.services import Charge, charge, show_code
    from tests.cast import World, found, meet, open_shop, pay_in
    from tests.rails.bank import Bank
    from wallet.rails.adapters import use_adapter

    file, end = Path(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    world = World(Bank())
    world.bank.take = world.take_notice
    with use_adapter("sandbox", world.bank.adapter):
        shop = open_shop("菜市场", now=world.now)
        groups = []
        for _ in range(THREADS):
            person = meet("张伟", f"+86139{uuid7().int % 10**8:08}", now=world.now)
            groups.append((person, found(person, now=world.now)))
            pay_in(world, person, groups[-1][1], 5_000_00)

    def sell(number: int) -> None:
        person, group = groups[number]
        with file.open("a", buffering=1) as told:
            while time.monotonic() < end:
                shown = insist(partial(show_code, actor=person.user, group_id=group.pk, now=world.now))
                order = Charge(shown.digits, 7, uuid7().hex, "小吃", "food")
                charged = insist(partial(charge, merchant=shop.merchant, asked=order, now=world.now))
                assert charged.payment.status == "settled"
                told.write(f"{order.out_trade_no}{' again' if charged.replayed else ''}\n")
        connection.close()

    threads = [threading.Thread(target=sell, args=(number,)) for number in range(THREADS)]
    file.touch()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def insist(act: Callable[[], T]) -> T:
    """Do something; when the database is away, try the very same again until it is back."""
    from django.db import InterfaceError, OperationalError, connection

    give_up = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError):
            if time.monotonic() > give_up:
                raise
            connection.close()
            time.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wallet.config.settings")
    main()
