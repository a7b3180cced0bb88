"""How the rooms above learn what became of a transfer: one handler a purpose, called under the wallet's lock."""

from collections.abc import Callable
from datetime import datetime

from wallet.ledger.models import Wallet
from wallet.rails.models import Transfer

#: Posts the outcome and records its event. The transfer is already settled or failed; told a second time, it had failed
#: and has settled after all (`late_at`).
Handler = Callable[[Wallet, Transfer, datetime], None]
_handlers: dict[str, Handler] = {}


def on_outcome(purpose: str, handler: Handler) -> None:
    """Let `handler(wallet, transfer, now)` finish transfers of one purpose, in the transaction of the outcome."""
    assert _handlers.get(purpose, handler) is handler, f"{purpose} has a handler"
    _handlers[purpose] = handler


def finish(wallet: Wallet, transfer: Transfer, now: datetime) -> None:
    """Hand a final transfer to the room that asked for it."""
    _handlers[transfer.purpose](wallet, transfer, now)
