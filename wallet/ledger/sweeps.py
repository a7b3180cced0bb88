"""Work that a beat finds in many wallets: each in its own transaction, under its own lock."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog

from wallet.ledger.errors import WalletBusy

logger = structlog.get_logger(__name__)


def sweep(rows: Iterable[tuple[Any, ...]], step: Callable[..., int]) -> int:
    """Take a step for each row, whose values are its arguments; add up what the steps say.

    A wallet that is busy waits for the next beat, and keeps none of the others waiting.
    """
    done = 0
    for row in list(rows):
        try:
            done += step(*row)
        except WalletBusy:
            logger.warning("wallet_busy", wallet=str(row[0]))
    return done
