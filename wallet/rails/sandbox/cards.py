"""The test cards: which number makes the bank behave how. This table is the only place that decides it.

Any holder's name will do. Each link of a card opens an account of its own at the bank with the card's opening balance,
so a card is out of money only for the one who linked it. The numbers are Luhn-valid and made up. An
account, Yu'e Bao or Alipay balance, is linked by a test login and behaves like the card that the login stands for:
`13900000001` like the first of the table, and so on; `settles@example.com`, and so on, by name. A late card takes
fifteen times the bank's settling time, which is 2 s unless `--settle-seconds` says otherwise.

| card | what it does |
|---|---|
| settles | accepted, settles, one notice |
| refused | refused at once with `card_refused` |
| insufficient | accepted; there is no money on it, so collecting fails later with `insufficient_funds` |
| late | settles after 30 s, and the notice comes 10 s after that |
| late_failed | the same, but fails with `card_blocked` |
| unknown_settled | the answer is lost (504), yet it is booked and settles; no notice, only the query tells |
| unknown_failed | the same, but fails with `card_blocked` |
| lost | the first request never arrives (504, the query knows nothing); sent again it is accepted and settles |
| notice_twice | notices out of order: processing, settled, the same again, the first again, settled with a new id |
| forged_notice | first a notice with a wrong signature, then the right one |
| stale_notice | first a notice signed ten minutes ago, then the right one |
| late_success | fails with `bank_busy`, with a notice; a minute later it has settled after all, with another |
"""

from dataclasses import dataclass
from typing import Literal

PLENTY = 100_000_000_000_00  # fen: more than any test collects


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """One notice to be sent about a transfer that became final."""

    says: Literal["outcome", "processing"] = "outcome"
    mark: str = "a"  # notices of one transfer with the same mark bear the same notice_id
    delay_seconds: float = 0
    flaw: Literal["none", "forged", "stale"] = "none"


@dataclass(frozen=True, slots=True)
class Card:
    """A test card and what becomes of the transfers on it."""

    name: str
    number: str
    bank: str
    opening: int = PLENTY
    answer: Literal["accepted", "refused", "timeout"] = "accepted"
    loses_first: bool = False
    settle_factor: int = 1
    failure_code: str | None = None
    #: After so many seconds a failure turns out to have been a success.
    relents_after_seconds: float | None = None
    notices: tuple[NoticePlan, ...] = (NoticePlan(),)

    @property
    def label(self) -> str:
        """Return what may be shown of it: the bank and the last four digits."""
        return f"{self.bank} ({self.number[-4:]})"


_SHUFFLED = (
    NoticePlan(says="processing", mark="processing"),
    NoticePlan(),
    NoticePlan(),
    NoticePlan(says="processing", mark="processing", delay_seconds=1),
    NoticePlan(mark="again", delay_seconds=1),
)
_LATE = (NoticePlan(delay_seconds=10),)
_FORGED = (NoticePlan(flaw="forged"), NoticePlan(delay_seconds=1))
_STALE = (NoticePlan(flaw="stale"), NoticePlan(delay_seconds=1))

CARDS = (
    Card("settles", "6225880000001009", "招商银行"),
    Card("refused", "6225880000001017", "招商银行", answer="refused", failure_code="card_refused"),
    Card("insufficient", "6225880000001025", "招商银行", opening=0),
    Card("late", "6217000000001004", "建设银行", settle_factor=15, notices=_LATE),
    Card("late_failed", "6217000000001012", "建设银行", settle_factor=15, failure_code="card_blocked", notices=_LATE),
    Card("unknown_settled", "6222020000001005", "工商银行", answer="timeout", notices=()),
    Card("unknown_failed", "6222020000001013", "工商银行", answer="timeout", failure_code="card_blocked", notices=()),
    Card("lost", "6222020000001021", "工商银行", loses_first=True),
    Card("notice_twice", "6228480000001005", "农业银行", notices=_SHUFFLED),
    Card("forged_notice", "6228480000001013", "农业银行", notices=_FORGED),
    Card("stale_notice", "6228480000001021", "农业银行", notices=_STALE),
    Card("late_success", "6214830000001007", "招商银行", failure_code="bank_busy", relents_after_seconds=60),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_NAME = {card.name: card for card in CARDS}
#: Accounts that are linked by their login, and what they are called.
KINDS = {"yuebao": "余额宝", "alipay_balance": "支付宝余额"}
#: The test logins: for every card a phone number and an e-mail address whose accounts behave like it.
LOGINS = {f"139000000{place:02}": card for place, card in enumerate(CARDS, 1)}
LOGINS |= {f"{card.name}@example.com": card for card in CARDS}


def mask_login(login: str) -> str:
    """Return what may be shown of a login: 139****0001, se***@example.com."""
    name, at, host = login.partition("@")
    return f"{name[:2]}***{at}{host}" if at else f"{login[:3]}****{login[-4:]}"


def is_luhn_valid(number: str) -> bool:
    """Tell whether the check digit of a card number is right."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0
