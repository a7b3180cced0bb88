"""How fast a client may speak. Whoever asks too much is closed; whoever acknowledges too fast is read more slowly."""

import asyncio

from wallet.events.codes import CloseCode, Closing

#: Each command costs a query: thirty at once, then five a second.
COMMANDS_MAX, COMMANDS_PER_SECOND = 30, 5
#: An acknowledgement costs nothing but time; a client that resumes may send one for every event.
ACKS_MAX, ACKS_PER_SECOND = 1_000, 500


class Bucket:
    """Tokens that come back at a rate."""

    def __init__(self, tokens_max: int, per_second: float) -> None:
        self._tokens_max, self._per_second = tokens_max, per_second
        self._tokens, self._counted_at = float(tokens_max), asyncio.get_running_loop().time()

    def take(self) -> float:
        """Take a token; return how many seconds too early that was."""
        now = asyncio.get_running_loop().time()
        self._tokens = min(self._tokens_max, self._tokens + (now - self._counted_at) * self._per_second) - 1
        self._counted_at = now
        return max(0.0, -self._tokens / self._per_second)


class Pace:
    """The pace of one websocket."""

    def __init__(self) -> None:
        self._commands = Bucket(COMMANDS_MAX, COMMANDS_PER_SECOND)
        self._acks = Bucket(ACKS_MAX, ACKS_PER_SECOND)

    def count_command(self) -> None:
        """Count something that costs us work.

        :raises Closing: with TOO_MANY_FRAMES, when there are too many.
        """
        if self._commands.take() > 0:
            raise Closing(CloseCode.TOO_MANY_FRAMES, f"{COMMANDS_PER_SECOND} commands a second at most")

    async def wait_for_ack(self) -> None:
        """Wait as long as the client is ahead of the pace, which stops reading from it."""
        if (too_early := self._acks.take()) > 0:
            await asyncio.sleep(too_early)
