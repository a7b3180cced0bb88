"""The books, to be read by operators. Nobody adds, changes or deletes here; the database would refuse it as well.

A wallet goes by the name of its group, and an entry leads to what it was posted for.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.links import lead, list_faces, list_kinds, page_of_reference
from wallet.api.operators.pages import Book, Table, as_uuid, recent
from wallet.api.operators.shown import NOTHING, link, money, own_id, status
from wallet.identity.lookups import PeopleBook, person
from wallet.ledger.models import Account, Entry, Posting, Wallet
from wallet.ledger.shown import (
    account_name,
    account_shown,
    accounts_table,
    corrections_table,
    credit_shown,
    debit_shown,
    entry_name,
    entry_shown,
    in_sandbox,
    kind_shown,
    last_entries,
    last_postings,
    postings_table,
    reversals_table,
    wallet_name,
    wallet_shown,
)

for model in ("account", "entry", "posting", "event"):
    lead("wallet", f"ledger_{model}", by="wallet", place=60)
lead("wallet", "ledger_wallet", place=2)
lead("person", "ledger_account", by="holder", place=60)

BALANCE = money("balance", _("balance"))
BALANCE_AFTER = money("balance_after", _("balance after"))
HOLDER = person("holder", _("holder"))


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
    list_display = ["name", BALANCE, "sequence", "state", "opened_at"]
    list_display_links = None
    list_filter = ["status", recent("opened_at", _("opened"))]
    search_help_text = _("The id of a wallet, which is its group's too")
    fields = [own_id, "name", BALANCE, "sequence", "state", "head_shown", "opened_at"]
    readonly_fields = fields
    about = {"wallet": "pk"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return list_faces()

    def is_sandbox(self, row: Wallet) -> bool:
        return in_sandbox(row)

    def list_tables(self, request: HttpRequest, row: Wallet) -> list[Table]:
        return [accounts_table(row), last_entries(row.pk)]

    @admin.display(description=_("wallet"))
    def name(self, wallet: Wallet) -> SafeString:
        return wallet_name(wallet)

    @admin.display(description=_("status"), ordering="status")
    def state(self, wallet: Wallet) -> SafeString:
        return status(wallet)

    @admin.display(description=_("head of the hash chain"))
    def head_shown(self, wallet: Wallet) -> str:
        return bytes(wallet.head).hex() or NOTHING


class PartOfWallet(Book):
    """A book of which each row belongs to a wallet."""

    about = {"wallet": "wallet_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return list_faces("wallet")

    def is_sandbox(self, row: Any) -> bool:
        return in_sandbox(row.wallet)


@admin.register(Account)
class AccountAdmin(PeopleBook, PartOfWallet):
    list_display = ["name", wallet_shown, HOLDER, BALANCE]
    list_display_links = None
    list_filter = ["kind"]
    search_ids = ["pk", "wallet", "holder"]
    people = ["holder"]
    fields = [own_id, wallet_shown, "kind", HOLDER, BALANCE, money("floor", _("floor"))]
    readonly_fields = fields
    about = {"wallet": "wallet_id", "person": "holder_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["holder", *super().get_list_select_related(request)]

    def list_tables(self, request: HttpRequest, row: Account) -> list[Table]:
        return [last_postings(row)]

    @admin.display(description=_("account"), ordering="kind")
    def name(self, account: Account) -> SafeString:
        return account_name(account)


@admin.register(Entry)
class EntryAdmin(PartOfWallet):
    list_display = ["sequence", wallet_shown, kind_shown, "memo", "reference", "posted_at"]
    list_filter = [EntryKindFilter, recent("posted_at", _("posted"))]
    date_hierarchy = "posted_at"
    search_ids = ["pk", "wallet"]
    search_fields = ["reference__startswith"]
    search_help_text = _("The id of an entry or a wallet, or the beginning of a reference")
    fields = [own_id, wallet_shown, "sequence", kind_shown, "subject", "memo", "reversed", "corrected", "posted_at"]
    fields += ["digest_shown"]
    readonly_fields = fields

    def list_tables(self, request: HttpRequest, row: Entry) -> list[Table]:
        later = [table for table in (reversals_table(row), corrections_table(row)) if table.rows]
        return [postings_table(row), *later]

    @admin.display(description=_("reference"))
    def subject(self, entry: Entry) -> SafeString | str:
        """Lead from the reference to what it stands for."""
        prefix, _colon, rest = entry.reference.partition(":")
        page, pk = page_of_reference(prefix), rest.partition(":")[0]
        return link(page, pk, entry.reference) if page and as_uuid(pk) else entry.reference

    @admin.display(description=_("reverses"))
    def reversed(self, entry: Entry) -> SafeString | str:
        return entry_name(entry.reverses) if entry.reverses else NOTHING

    @admin.display(description=_("corrects"))
    def corrected(self, entry: Entry) -> SafeString | str:
        return entry_name(entry.corrects) if entry.corrects else NOTHING

    @admin.display(description=_("digest"))
    def digest_shown(self, entry: Entry) -> str:
        return bytes(entry.digest).hex()


@admin.register(Posting)
class PostingAdmin(PartOfWallet):
    list_display = [entry_shown, wallet_shown, account_shown, debit_shown, credit_shown, BALANCE_AFTER]
    list_display_links = None
    list_filter = ["account__kind", recent("entry__posted_at", _("posted"))]
    search_ids = ["pk", "wallet", "entry", "account"]
    search_help_text = _("The id of a posting, a wallet, an entry or an account")
    fields = [own_id, wallet_shown, entry_shown, account_shown, debit_shown, credit_shown, BALANCE_AFTER]
    readonly_fields = fields

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["entry", "account__holder", *super().get_list_select_related(request)]
