"""How the books are written for operators: a wallet by its group's name, a posting as debit or credit, never by a sign.

What adds to what the wallet owes an account's holder is a credit, what takes from it a debit.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.links import face_of, name_of_kind
from wallet.api.operators.pages import ROWS_MAX, Table
from wallet.api.operators.shown import NOTHING, link, moment, sandbox_label, yuan
from wallet.ledger.models import Account, Entry, Posting, Wallet

LAST = 10


def wallet_name(wallet: Wallet) -> SafeString:
    """Write a wallet by the name of its group, and say when it is no real one."""
    face = face_of(wallet)
    named = link("ledger_wallet", wallet.pk, face or wallet.pk)
    return format_html("{} {}", named, sandbox_label()) if in_sandbox(wallet) else named


def in_sandbox(wallet: Wallet) -> bool:
    """Say whether a wallet holds no real money, as far as what it is known by says so."""
    return bool(getattr(face_of(wallet), "is_sandbox", False))


def account_name(account: Account) -> SafeString:
    """Write an account: its kind, and whose it is."""
    kind = account.get_kind_display()
    return link("ledger_account", account.pk, f"{kind} · {account.holder}" if account.holder else kind)


def entry_name(entry: Entry) -> SafeString:
    """Write an entry by its number and kind."""
    return link("ledger_entry", entry.pk, f"{entry.sequence} {name_of_kind(entry.kind)}")


@admin.display(description=_("wallet"))
def wallet_shown(row: Any) -> SafeString:
    return wallet_name(row.wallet)


@admin.display(description=_("account"))
def account_shown(row: Posting) -> SafeString:
    return account_name(row.account)


@admin.display(description=_("entry"))
def entry_shown(row: Posting) -> SafeString:
    return entry_name(row.entry)


@admin.display(description=_("kind"), ordering="kind")
def kind_shown(entry: Entry) -> str:
    return name_of_kind(entry.kind)


@admin.display(description=_("debit"))
def debit_shown(posting: Posting) -> str:
    return yuan(-posting.amount) if posting.amount < 0 else ""


@admin.display(description=_("credit"))
def credit_shown(posting: Posting) -> str:
    return yuan(posting.amount) if posting.amount > 0 else ""


def balance_of(account: Account, total: int | None) -> str:
    """Write an account's balance: a stake bears its own, a system account's is the sum of its postings, on one side."""
    if account.balance is not None:
        return yuan(account.balance)
    if not total:
        return yuan(0)
    words = gettext("%(amount)s debit") if total < 0 else gettext("%(amount)s credit")
    return words % {"amount": yuan(abs(total))}


def accounts_table(wallet: Wallet) -> Table:
    """Show the accounts of a wallet with their balances."""
    total = Sum("postings__amount", filter=~Q(kind=Account.Kind.STAKE))
    accounts = Account.objects.filter(wallet=wallet).select_related("holder").annotate(total=total)
    rows = [
        [account_name(account), balance_of(account, account.total)]
        for account in accounts.order_by("kind", "id")[:ROWS_MAX]
    ]
    return Table(_("Accounts"), "ledger_account", [_("account"), _("balance")], rows)


def postings_table(entry: Entry) -> Table:
    """Show the lines of an entry, debits first, and that both sides are equal."""
    postings = Posting.objects.filter(wallet=entry.wallet_id, entry=entry).select_related("account__holder")
    lines = list(postings.order_by("amount", "id")[:ROWS_MAX])
    rows: list[list[Any]] = [
        [account_name(line.account), debit_shown(line), credit_shown(line), yuan(line.balance_after)] for line in lines
    ]
    debits, credits = sum(max(0, -line.amount) for line in lines), sum(max(0, line.amount) for line in lines)
    rows.append([format_html("<strong>{}</strong>", _("sum")), yuan(debits), yuan(credits), ""])
    return Table(_("Postings"), "ledger_posting", [_("account"), _("debit"), _("credit"), _("balance after")], rows)


def last_postings(account: Account) -> Table:
    """Show the last lines of an account."""
    postings = Posting.objects.filter(wallet=account.wallet_id, account=account).select_related("entry")
    rows = [
        [entry_name(line.entry), debit_shown(line), credit_shown(line), yuan(line.balance_after)]
        for line in postings.order_by("-entry__sequence")[:LAST]
    ]
    headers = [_("entry"), _("debit"), _("credit"), _("balance after")]
    return Table(_("Last postings"), "ledger_posting", headers, rows)


def last_entries(wallet_id: Any) -> Table:
    """Show a wallet's last entries, and what each changed in what the members own together."""
    change = Sum("postings__amount", filter=Q(postings__account__kind=Account.Kind.STAKE), default=0)
    entries = Entry.objects.filter(wallet=wallet_id).annotate(change=change).order_by("-sequence")[:LAST]
    rows = [
        [
            entry_name(entry),
            entry.memo or NOTHING,
            yuan(entry.change) if entry.change > 0 else "",
            yuan(-entry.change) if entry.change < 0 else "",
            moment(entry.posted_at),
        ]
        for entry in entries
    ]
    return Table(_("Last entries"), "ledger_entry", [_("entry"), _("memo"), _("in"), _("out"), _("posted")], rows)


def reversals_table(entry: Entry) -> Table:
    """Show what has given an entry back."""
    return _later_table(_("Reversed by"), Entry.objects.filter(wallet=entry.wallet_id, reverses=entry))


def corrections_table(entry: Entry) -> Table:
    """Show what has shared an entry anew."""
    return _later_table(_("Corrected by"), Entry.objects.filter(wallet=entry.wallet_id, corrects=entry))


def _later_table(title: Any, entries: QuerySet[Entry]) -> Table:
    rows = [
        [entry_name(later), later.memo or NOTHING, moment(later.posted_at)]
        for later in entries.order_by("sequence")[:ROWS_MAX]
    ]
    return Table(title, "ledger_entry", [_("entry"), _("memo"), _("posted")], rows)
