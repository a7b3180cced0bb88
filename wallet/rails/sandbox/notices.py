"""Sending the bank's notices: signed, one after the other, again with growing pauses until somebody takes them.

A notice counts as taken at a 2xx answer. It is booked as taken after that, so a bank killed in between sends it again:
at least once, never "exactly once". It is signed anew for every attempt; its `notice_id` stays.
`send_due` is one round with a given way to post; `Sender` does rounds in a thread, on the wall clock.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from .book import Book
from .records import DueNotice
from .signing import SIGNATURE_HEADER, TOLERANCE_SECONDS, sign_notice

log = logging.getLogger("sandbox-bank")

Clock = Callable[[], datetime]
#: (url, body, headers) → the status of the answer, None for no answer.
Post = Callable[[str, bytes, dict[str, str]], int | None]

SEND_TIMEOUT_SECONDS = 5
ROUND_SECONDS = 0.1
_SOMEBODY_ELSES_SECRET = b"not the secret of this customer"


def send_due(book: Book, secret: bytes, now: datetime, post: Post) -> int:
    """Settle what is due, send the notices that are due, book what became of each, and return how many were sent."""
    due = book.tick(now)
    for notice in due:
        status = post(notice.notify_url, notice.body, notice_headers(notice, secret, now))
        book.record_delivery(notice, delivered=status is not None and 200 <= status < 300, now=now)
    return len(due)


def notice_headers(notice: DueNotice, secret: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a notice sent now, with the flaw its card plans."""
    signed_at = now - timedelta(seconds=2 * TOLERANCE_SECONDS) if notice.flaw == "stale" else now
    key = _SOMEBODY_ELSES_SECRET if notice.flaw == "forged" else secret
    return {"Content-Type": "application/json", SIGNATURE_HEADER: sign_notice(key, signed_at, notice.body)}


class Sender:
    """A thread that sends what is due until it is stopped."""

    def __init__(self, book: Book, secret: bytes, clock: Clock) -> None:
        self._book, self._secret, self._clock = book, secret, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the notice in hand."""
        self._stopping.set()
        self._thread.join(timeout=2 * SEND_TIMEOUT_SECONDS)

    def _run(self) -> None:
        with httpx.Client(timeout=SEND_TIMEOUT_SECONDS, trust_env=False) as client:
            while not self._stopping.wait(ROUND_SECONDS):
                try:
                    send_due(self._book, self._secret, self._clock(), lambda *message: self._post(client, *message))
                except Exception:
                    # A bank that stops settling because of one bad round would be the wrong kind of unreliable.
                    log.exception("a round of notices failed")

    def _post(self, client: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> int | None:
        if self._stopping.is_set():
            return None
        try:
            return client.post(url, content=body, headers=headers).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            log.info("no answer from %s: %s", url, problem)
            return None
