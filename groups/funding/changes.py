"""Where this room tells the rooms above, under the wallet's lock, what became of money on its way out."""

from collections.abc import Callable
from datetime import datetime

from groups.funding.models import Contribution, Withdrawal
from groups.members.changes import News
from wallet.ledger.models import Entry, Wallet

Ended = Callable[[Wallet, Contribution | Withdrawal, datetime], object]
PaidOut = Callable[[Wallet, Withdrawal, datetime], object]
CameBack = Callable[[Wallet, Withdrawal, Entry, datetime], object]

#: A contribution, or a withdrawal that the group bears, has settled or failed: `Ended`.
outcome = News()
#: A payout from an own stake has settled, or its money is back in the stake: `PaidOut`.
payout = News()
#: A withdrawal that the group bears has failed, and this entry gave it back to those who bore it: `CameBack`.
comeback = News()
