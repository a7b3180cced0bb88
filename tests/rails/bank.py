"""A sandbox bank inside the test: the real book and the real HTTP interface, on a clock that the test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from wallet.rails.adapters.base import LinkedCard, TransferRequest
from wallet.rails.adapters.sandbox import SandboxAdapter
from wallet.rails.sandbox.app import create_app
from wallet.rails.sandbox.book import Book
from wallet.rails.sandbox.cards import BY_NAME
from wallet.rails.sandbox.notices import send_due

KEY_ID, SECRET = "hehua", "a secret of the tests"
NOTIFY_URL = "http://house.test/api/v1/rails/sandbox/notifications"
START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)

Take = Callable[[bytes, dict[str, str]], int]


@dataclass
class Heard:
    """A notice as it arrived."""

    body: bytes
    headers: dict[str, str]


@dataclass
class Bank:
    """The bank, the adapter that speaks with it, and whoever hears its notices (`take`: body, headers → status)."""

    now: datetime = START
    heard: list[Heard] = field(default_factory=list)
    take: Take = lambda body, headers: 200

    def __post_init__(self) -> None:
        self.book = Book(":memory:")
        self.app = create_app(self.book, lambda: self.now, key_id=KEY_ID, secret=SECRET.encode())
        self.adapter = self.connect()

    def connect(self, *, key_id: str = KEY_ID, secret: str = SECRET) -> SandboxAdapter:
        return SandboxAdapter(
            base_url="http://bank.test",
            key_id=key_id,
            secret=secret,
            notify_url=NOTIFY_URL,
            transport=httpx.WSGITransport(app=self.app),
            clock=lambda: self.now,
        )

    def link(self, card: str) -> LinkedCard:
        return self.adapter.link_card(BY_NAME[card].number, "张三")

    def order(self, card: str, out_no: str, amount: int = 100_00, direction: str = "collect") -> TransferRequest:
        return TransferRequest(out_no, direction, self.link(card).token, amount, "转入")

    def wait(self, seconds: float) -> None:
        """Let time pass; the bank wakes whenever it has something to do."""
        end = self.now + timedelta(seconds=seconds)
        while (due := self.book.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            send_due(self.book, SECRET.encode(), self.now, self._post)
        self.now = end

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        assert url == NOTIFY_URL
        self.heard.append(Heard(body, headers))
        return self.take(body, headers)

    def close(self) -> None:
        self.adapter.close()
        self.book.close()
