"""Where this room tells the rooms above, under the wallet's lock, that a merchant has given money back."""

from collections.abc import Callable
from datetime import datetime

from groups.members.changes import News
from groups.spending.models import Refund
from wallet.ledger.models import Wallet

GivenBack = Callable[[Wallet, Refund, datetime], object]

#: A part of a payment is back with those who bore it: `GivenBack`.
refunding = News()
