"""Where the books tell the rooms above that something was numbered.

The listener is called after commit, with the wallet and its newest sequence. It is a hint: whoever misses it reads the
events, which were stored with the change.
"""

import uuid
from collections.abc import Callable, Mapping

Listener = Callable[[uuid.UUID, int], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Listener:
    """Call `listener(wallet_id, sequence)` after every commit that numbered an event."""
    _listeners.append(listener)
    return listener


def tell(wallet_id: uuid.UUID, sequence: int) -> None:
    """Hand the news to every listener. Listeners do not raise and do not block."""
    for listener in _listeners:
        listener(wallet_id, sequence)


def tell_all(numbered: Mapping[uuid.UUID, int]) -> None:
    """Hand the news of many wallets to every listener."""
    for wallet_id, sequence in numbered.items():
        tell(wallet_id, sequence)
