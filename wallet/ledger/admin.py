"""The books, to be read by operators. Nobody adds, changes or deletes here; the database would refuse it as well.

The sign of a posting stays inside: what adds to what the wallet owes an account's holder is a credit, what takes from
it a debit. A wallet goes by the name of its group, and an entry leads to what it was posted for.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.links import (
    face_of,
    lead,
    lead_reference,
    list_faces,
    list_kinds,
    name_of_kind,
    page_of_reference,
)
from wallet.api.operators.pages import ROWS_MAX, Book, Table, as_uuid, recent
from wallet.api.operators.shown import NOTHING, label, link, money, sandbox_label, status, yuan
from wallet.identity.lookups import PeopleBook, person
from wallet.ledger.models import Account, Entry, Posting, Wallet

lead("wallet", "ledger_wallet")
lead("wallet", "ledger_account", by="wallet")
lead("wallet", "ledger_entry", by="wallet")
lead("wallet", "ledger_posting", by="wallet")
lead("wallet", "ledger_event", by="wallet")
lead("person", "ledger_account", by="holder")

LAST_ENTRIES = 10


def wallet_name(wallet: Wallet) -> SafeString:
    """Write a wallet by the name of its group, and say when it is no real one."""
    face = face_of(wallet)
    named = link("ledger_wallet", wallet.pk, face or wallet.pk)
    return format_html("{} {}", named, sandbox_label()) if getattr(face, "is_sandbox", False) else named


@admin.display(description=_("wallet"))
def wallet_shown(row: Any) -> SafeString:
    return wallet_name(row.wallet)


def account_name(account: Account) -> SafeString:
    """Write an account: its kind, and whose it is."""
    name = format_html("{} · {}", account.get_kind_display(), account.holder) if account.holder_id else None
    return link("ledger_account", account.pk, name or account.get_kind_display())


@admin.display(description=_("account"))
def account_shown(row: Posting) -> SafeString:
    return account_name(row.account)


@admin.display(description=_("kind"), ordering="kind")
def kind_shown(entry: Entry) -> str:
    return name_of_kind(entry.kind)


@admin.display(description=_("debit"))
def debit_shown(posting: Posting) -> str:
    return yuan(-posting.amount) if posting.amount < 0 else ""


@admin.display(description=_("credit"))
def credit_shown(posting: Posting) -> str:
    return yuan(posting.amount) if posting.amount > 0 else ""


def side(amount: int) -> str:
    """Write the balance of a system account by its side."""
    words = _now("%(amount)s debit") if amount < 0 else _now("%(amount)s credit")
    return words % {"amount": yuan(abs(amount))} if amount else yuan(0)


def last_entries(wallet_id: Any, count: int = LAST_ENTRIES) -> Table:
    """Show a wallet's last entries, and what each changed in what the members own."""
    stakes = Sum("postings__amount", filter=Q(postings__account__kind=Account.Kind.STAKE))
    entries = Entry.objects.filter(wallet=wallet_id).annotate(change=stakes).order_by("-sequence")[:count]
    rows = [
        [
            link("ledger_entry", entry.pk, entry.sequence),
            name_of_kind(entry.kind),
            entry.memo or NOTHING,
            yuan(entry.change) if (entry.change or 0) > 0 else "",
            yuan(-entry.change) if (entry.change or 0) < 0 else "",
            admin_time(entry.posted_at),
        ]
        for entry in entries
    ]
    headers = [_("sequence"), _("kind"), _("memo"), _("in"), _("out"), _("posted")]
    return Table(_("Last entries"), "ledger_entry", headers, rows)


def admin_time(moment: Any) -> str:
    """Write a time as the lists do."""
    from django.contrib.admin.utils import display_for_value

    return str(display_for_value(moment, NOTHING))


class EntryKindFilter(admin.SimpleListFilter):
    """By kind, as the rooms have named them; to ask the table which kinds it has would read all of it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list_kinds()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Wallet)
class WalletAdmin(Book):
    list_display = ["name", money("balance", _("balance")), "sequence", "state", "opened_at"]
    list_filter = ["status", recent("opened_at", _("opened"))]
    search_help_text = _("The id of a wallet, which is its group's too")
    balance = money("balance", _("balance"))
    fields = ["id", "name", balance, "sequence", "state", "head_shown", "opened_at"]
    readonly_fields = fields
    about = {"wallet": "pk"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return [path.removeprefix("pk__") for path in list_faces("pk")[1:]]

    def is_sandbox(self, row: Wallet) -> bool:
        return bool(getattr(face_of(row), "is_sandbox", False))

    def list_tables(self, request: HttpRequest, row: Wallet) -> list[Table]:
        # The balance of a system account is the sum of its postings; a stake bears its own.
        accounts = Account.objects.filter(wallet=row).select_related("holder")
        system = Sum("postings__amount", filter=~Q(kind=Account.Kind.STAKE))
        rows = [
            [account_name(account), side(account.total or 0) if account.balance is None else yuan(account.balance)]
            for account in accounts.annotate(total=system).order_by("kind", "id")[:ROWS_MAX]
        ]
        return [Table(_("Accounts"), "ledger_account", [_("account"), _("balance")], rows), last_entries(row.pk)]

    @admin.display(description=_("wallet"))
    def name(self, wallet: Wallet) -> SafeString:
        return wallet_name(wallet)

    @admin.display(description=_("status"), ordering="status")
    def state(self, wallet: Wallet) -> SafeString:
        return status(wallet)

    @admin.display(description=_("head of the hash chain"))
    def head_shown(self, wallet: Wallet) -> str:
        return bytes(wallet.head).hex() or NOTHING


@admin.register(Account)
class AccountAdmin(PeopleBook):
    balance = money("balance", _("balance"))
    list_display = ["name", wallet_shown, person("holder", _("holder")), balance]
    list_display_links = None
    list_filter = ["kind"]
    search_ids = ["pk", "wallet", "holder"]
    people = ["holder"]
    fields = ["id", wallet_shown, "kind", person("holder", _("holder")), balance, money("floor", _("floor"))]
    readonly_fields = fields
    about = {"wallet": "wallet_id", "person": "holder_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["holder", *list_faces("wallet")]

    @admin.display(description=_("account"), ordering="kind")
    def name(self, account: Account) -> SafeString:
        return account_name(account)

    def list_tables(self, request: HttpRequest, row: Account) -> list[Table]:
        postings = Posting.objects.filter(wallet=row.wallet_id, account=row).select_related("entry")
        rows = [
            [entry_name(posting.entry), debit_shown(posting), credit_shown(posting), yuan(posting.balance_after)]
            for posting in postings.order_by("-entry__sequence")[:LAST_ENTRIES]
        ]
        headers = [_("entry"), _("debit"), _("credit"), _("balance after")]
        return [Table(_("Last postings"), "ledger_posting", headers, rows)]


def entry_name(entry: Entry) -> SafeString:
    """Write an entry by its number and kind."""
    return link("ledger_entry", entry.pk, f"{entry.sequence} {name_of_kind(entry.kind)}")


@admin.register(Entry)
class EntryAdmin(Book):
    list_display = ["sequence", wallet_shown, kind_shown, "memo", "reference", "posted_at"]
    list_filter = [EntryKindFilter, recent("posted_at", _("posted"))]
    date_hierarchy = "posted_at"
    search_ids = ["pk", "wallet"]
    search_fields = ["reference__startswith"]
    search_help_text = _("The id of an entry or a wallet, or the beginning of a reference")
    fields = ["id", wallet_shown, "sequence", kind_shown, "subject", "memo", "reversed", "posted_at", "digest_shown"]
    readonly_fields = fields
    about = {"wallet": "wallet_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return list_faces("wallet")

    def is_sandbox(self, row: Entry) -> bool:
        return bool(getattr(face_of(row.wallet), "is_sandbox", False))

    @admin.display(description=_("reference"))
    def subject(self, entry: Entry) -> SafeString | str:
        """Lead from the reference to what it stands for."""
        prefix, _colon, pk = entry.reference.partition(":")
        page = page_of_reference(prefix)
        return link(page, pk, entry.reference) if page and as_uuid(pk) else entry.reference

    @admin.display(description=_("reverses"))
    def reversed(self, entry: Entry) -> SafeString | str:
        return entry_name(entry.reverses) if entry.reverses else NOTHING

    @admin.display(description=_("digest"))
    def digest_shown(self, entry: Entry) -> str:
        return bytes(entry.digest).hex()

    def list_tables(self, request: HttpRequest, row: Entry) -> list[Table]:
        postings = Posting.objects.filter(wallet=row.wallet_id, entry=row).select_related("account__holder")
        shown = list(postings.order_by("amount", "id")[:ROWS_MAX])
        rows: list[list[Any]] = [
            [account_name(line.account), debit_shown(line), credit_shown(line), yuan(line.balance_after)]
            for line in shown
        ]
        total = yuan(sum(line.amount for line in shown if line.amount > 0))
        debits = yuan(-sum(line.amount for line in shown if line.amount < 0))
        rows.append([format_html("<strong>{}</strong>", _("sum")), debits, total, ""])
        headers = [_("account"), _("debit"), _("credit"), _("balance after")]
        tables = [Table(_("Postings"), "ledger_posting", headers, rows)]
        reversals = [
            [entry_name(entry), entry.reference, admin_time(entry.posted_at)]
            for entry in Entry.objects.filter(wallet=row.wallet_id, reverses=row).order_by("sequence")[:ROWS_MAX]
        ]
        if reversals:
            headers = [_("entry"), _("reference"), _("posted")]
            tables.append(Table(_("Reversed by"), "ledger_entry", headers, reversals))
        return tables


@admin.register(Posting)
class PostingAdmin(Book):
    list_display = [
        "entry_shown",
        wallet_shown,
        account_shown,
        debit_shown,
        credit_shown,
        money("balance_after", _("balance after")),
    ]
    list_display_links = None
    list_filter = ["account__kind", recent("entry__posted_at", _("posted"))]
    search_ids = ["pk", "wallet", "entry", "account"]
    search_help_text = _("The id of a posting, a wallet, an entry or an account")
    after = money("balance_after", _("balance after"))
    fields = ["id", wallet_shown, "entry_shown", account_shown, debit_shown, credit_shown, after]
    readonly_fields = fields
    about = {"wallet": "wallet_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["entry", "account__holder", *list_faces("wallet")]

    @admin.display(description=_("entry"))
    def entry_shown(self, posting: Posting) -> SafeString:
        return entry_name(posting.entry)


__all__ = ["admin_time", "label", "last_entries", "lead_reference", "wallet_name"]
