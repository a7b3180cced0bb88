"""What must be so in the books at every moment, asked of the database itself, row by row and over again.

The laws are held by the services and by the database; these checks do not trust either. Each is one query, so that it
sees one moment, also while people pay; it returns the rows that are wrong, and a right book returns none. Rooms above
add their own with `add_check` (their `checks.py`). `manage.py check_books` runs them all, the tests after every test
with a database.

A query gets `%(wallets)s`, the wallets to look at, and returns: wallet, the row (its id), what is wrong with it.

running  how checks are kept and run
books    the checks of the books
"""

from wallet.ledger.checks import books  # noqa: F401
from wallet.ledger.checks.running import Check, Finding, add_check, check_books, list_checks

__all__ = ["Check", "Finding", "add_check", "check_books", "list_checks"]
