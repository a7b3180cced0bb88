"""What every adapter to an outside institution offers, and what can come of asking one.

- A transfer is known at the institution by our own `out_no`. Asking again under the same number never pays again.
- `submit` and `query` return what was learned; trouble on the way is an answer, `Unknown`, and never an exception, for
  whoever forgets to catch one would take "no answer" for "no". An unknown transfer is resolved by `query`.
- Only the institution's own word makes a transfer refused, failed, settled or not found; a gateway's error page is not
  its word.
- No adapter is called inside a database transaction. Amounts are integer fen, times are aware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo


class RailNotConfigured(LookupError):
    """This installation has no rail of that name."""


class RailDown(Exception):
    """The institution could not be asked; nothing was learned and nothing was moved."""


class CardRejected(Exception):
    """The institution does not link this card or account; `code` is its reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NumberReused(Exception):
    """Our number was used before for a transfer with other content: a fault of ours, never to be retried."""


class BadSignature(Exception):
    """A notice whose signature is missing, malformed or wrong."""


class StaleNotice(Exception):
    """A notice that was signed too long ago, or in the future."""


#: No notice's own number is longer.
NOTICE_ID_MAX = 128


class MalformedNotice(Exception):
    """A notice with a right signature and a body that cannot be read."""


@dataclass(frozen=True, slots=True)
class LinkedCard:
    """A card or an account as we may know it: a token, and a label like `招商银行 (1234)` or `余额宝 (138****8000)`."""

    token: str
    label: str


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What is asked of the institution. `subject` is shown on the card's statement."""

    out_no: str
    direction: str  # collect: from the card to us; payout: from us to the card
    token: str
    amount: int
    subject: str
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transfer is booked there and under way."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The transfer will never happen; the institution said so at once."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing was learned; the transfer may have happened or not. `reason` is for the log only."""

    reason: str


@dataclass(frozen=True, slots=True)
class Processing:
    """Booked, and not final yet."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The money has moved."""

    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """The money has not moved and will not."""

    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NotFound:
    """The institution has never seen the number, so the same request may be sent again under it."""


State = Processing | Settled | Failed
SubmitAnswer = Accepted | Refused | Unknown
QueryAnswer = State | NotFound | Unknown
Answer = SubmitAnswer | QueryAnswer


@dataclass(frozen=True, slots=True)
class Notice:
    """What the institution told us of its own accord. The same `notice_id` may come again, and out of order."""

    notice_id: str
    out_no: str
    amount: int
    answer: State

    @property
    def status(self) -> Literal["processing", "settled", "failed"]:
        """Return the answer in a word."""
        if isinstance(self.answer, Settled):
            return "settled"
        return "failed" if isinstance(self.answer, Failed) else "processing"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement in the institution's own statement of a day: a transfer that became final, or was reversed."""

    reference: str  # the institution's own
    out_no: str
    token: str
    direction: str
    amount: int
    status: str  # settled or failed
    at: datetime
    is_reversed: bool = False


class Adapter(Protocol):
    """An outside institution."""

    #: By its midnights the institution cuts its statements.
    zone: ZoneInfo
    #: What a notice that was heard is answered with; nothing, where the status says enough.
    heard: str

    def link_card(self, number: str, holder: str) -> LinkedCard:
        """Have the institution link a card; the number goes to it and is kept nowhere here.

        :raises CardRejected: when the institution refuses.
        :raises RailDown: when it does not answer.
        """
        ...

    def link_account(self, kind: str, login: str, holder: str, owner: str) -> LinkedCard:
        """Have the institution link an account (`yuebao`, `alipay_balance`) by its login: a phone number or an e-mail.

        The login goes to it and is kept nowhere here. `owner` is what we call the person there, 32 letters and digits:
        where people sign at the institution that we may collect, they have signed under it.

        :raises CardRejected: when the institution refuses.
        :raises RailDown: when it does not answer.
        """
        ...

    def submit(self, request: TransferRequest) -> SubmitAnswer:
        """Ask for a transfer. Asked again under the same number with the same content, it happens once.

        :raises NumberReused: when the number was used for other content.
        """
        ...

    def query(self, out_no: str) -> QueryAnswer:
        """Ask what became of a transfer."""
        ...

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Check a notice's signature and age, and read it. `body` is the raw body, unparsed.

        :raises BadSignature: when it is not the institution's.
        :raises StaleNotice: when it was signed too long ago, or in the future.
        :raises MalformedNotice: when it is the institution's, but makes no sense.
        """
        ...

    def fetch_statement(self, day: date) -> Sequence[StatementLine]:
        """Fetch what became final or was reversed on a day of the institution's time zone.

        :raises RailDown: when it does not answer, or not with a whole statement.
        """
        ...
