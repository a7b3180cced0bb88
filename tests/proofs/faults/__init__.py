"""Faults to plant in right books: what somebody with all rights over the database could do to it, and what finds it.

Each is planted in the story of `test_check_books`: two groups; in 我们的家 three contributions, one of them by the API,
payments, three with a refund, one that was approved, one that was shared anew, a refused one, three disputes (one of
them open, and what the others gave back came back), an order that was paid online, two transfers that all bear (one of
them failed), two legal holds (one of them over), and 王芳's payout under way; in the other one, which earns, a payout
that arrived after it had failed, and a claim for it, one that failed for good, and an ordinary one. `finds` are all the
checks that must speak up; the first is the one that names the fault.

books   accounts, entries, the chain, events
money   in and out, spending, what is counted and approved, what went out fast
people  members, what is held, standing orders, votes and partings
"""

from tests.proofs.faults.books import BOOKS
from tests.proofs.faults.money import MONEY
from tests.proofs.faults.people import PEOPLE
from tests.proofs.faults.story import Fault

__all__ = ["FAULTS", "Fault"]
FAULTS = [*BOOKS, *MONEY, *PEOPLE]
