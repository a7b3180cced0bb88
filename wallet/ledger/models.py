"""The books: what a wallet holds, whose it is, and every movement that made it so.

    Wallet    one group's money; the unit of locking and of sharding
    Account   STAKE, one per member, with a balance; and the system accounts, whose balance is the sum of their postings
    Entry     one balanced movement, immutable
    Posting   one line of an entry, immutable. Positive adds to what the wallet owes the account's holder
    Event     one thing that happened in the wallet, numbered without gaps; an entry bears the number of its event

The laws are numbered in docs/ledger.md. Each is held by `services` and again by the database: by the constraints and
triggers on this page, and by the grants of migration 0003, under which the servers can only read entries, postings and
events, and only the functions of migration 0002 write them. Nothing on this page is ever deleted.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from wallet.ledger.laws import LAWS_OF_POSTINGS


def append_only() -> list[pgtrigger.Trigger]:
    """Law 4: rows of a book are never updated, deleted or truncated, whoever asks."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="never_truncated",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'law 4: a book is never truncated';",
        ),
    ]


class Wallet(models.Model):
    """The money of one group. Whoever changes anything in it holds the lock on this row."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FROZEN = "frozen", _("frozen")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    balance = models.BigIntegerField(_("balance (fen)"), default=0)
    sequence = models.BigIntegerField(_("sequence"), default=0)
    head = models.BinaryField(_("head of the hash chain"), default=b"")
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ACTIVE)
    opened_at = models.DateTimeField(_("opened"))

    class Meta:
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="ledger_wallet_balance"),
            models.CheckConstraint(condition=Q(sequence__gte=0), name="ledger_wallet_sequence"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="opens_empty",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.balance <> 0 OR NEW.sequence <> 0 OR NEW.head <> ''"),
            ),
            pgtrigger.Protect(
                name="sequence_grows_by_one",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.id <> OLD.id OR NEW.sequence NOT IN (OLD.sequence, OLD.sequence + 1)"
                    " OR (NEW.balance <> OLD.balance AND NEW.sequence = OLD.sequence)"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Account(models.Model):
    """Where money of a wallet stands: a member's stake, or one of the wallet's system accounts."""

    class Kind(models.TextChoices):
        STAKE = "STAKE", _("stake")
        RAIL = "RAIL", _("at or from outside institutions")
        IN_TRANSIT = "IN_TRANSIT", _("asked out, not yet settled")
        MERCHANT = "MERCHANT", _("merchants")
        FUND = "FUND", _("fund income")
        CAMPAIGN = "CAMPAIGN", _("campaigns")
        HELD = "HELD", _("held")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(
        Wallet, models.PROTECT, db_index=False, related_name="accounts", verbose_name=_("wallet")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="stakes",
        verbose_name=_("holder"),
    )
    balance = models.BigIntegerField(_("balance (fen)"), null=True)
    floor = models.BigIntegerField(_("floor (fen)"), default=0)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "kind"], condition=~Q(kind="STAKE"), name="ledger_account_one_per_kind"
            ),
            models.UniqueConstraint(
                fields=["wallet", "holder"], condition=Q(kind="STAKE"), name="ledger_account_one_stake"
            ),
            # Law 2: a stake has a holder and a running balance; a system account has neither.
            models.CheckConstraint(
                condition=Q(kind="STAKE", holder__isnull=False, balance__isnull=False)
                | (~Q(kind="STAKE") & Q(holder__isnull=True, balance__isnull=True)),
                name="ledger_account_shape",
            ),
            # Law 3: a stake is never below its floor.
            models.CheckConstraint(condition=Q(balance__gte=F("floor")), name="ledger_account_floor"),
            models.CheckConstraint(condition=Q(floor__lte=0), name="ledger_account_floor_sign"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="opens_empty",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.balance <> 0"),
            ),
            pgtrigger.Protect(
                name="stays_itself",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "ROW(NEW.id, NEW.wallet_id, NEW.kind, NEW.holder_id)"
                    " IS DISTINCT FROM ROW(OLD.id, OLD.wallet_id, OLD.kind, OLD.holder_id)"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.holder_id or ''}".strip()


class Entry(models.Model):
    """One balanced movement. `reference` says which effect it is, once and for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(Wallet, models.PROTECT, db_index=False, related_name="entries", verbose_name=_("wallet"))
    sequence = models.BigIntegerField(_("sequence"))
    kind = models.CharField(_("kind"), max_length=32)
    reference = models.CharField(_("reference"), max_length=128)
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="reversals", verbose_name=_("reverses")
    )
    #: What it shares anew between stakes (law 9). Neither a reversal nor a correction is corrected.
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="corrections", verbose_name=_("corrects")
    )
    digest = models.BinaryField(_("digest"))
    posted_at = models.DateTimeField(_("posted"))

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "sequence"], name="ledger_entry_sequence"),
            models.UniqueConstraint(fields=["wallet", "reference"], name="ledger_entry_reference"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | Q(corrects__isnull=True), name="ledger_entry_one_link"
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "posted_at"], name="ledger_entry_posted"),
            models.Index(
                fields=["wallet", "reverses"], condition=Q(reverses__isnull=False), name="ledger_entry_reverses"
            ),
            models.Index(
                fields=["wallet", "corrects"], condition=Q(corrects__isnull=False), name="ledger_entry_corrects"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.sequence} {self.reference}"


class Posting(models.Model):
    """One line of an entry, in signed fen. The sign never leaves this room: outside it says debit or credit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(
        Wallet, models.PROTECT, db_index=False, related_name="postings", verbose_name=_("wallet")
    )
    entry = models.ForeignKey(Entry, models.PROTECT, db_index=False, related_name="postings", verbose_name=_("entry"))
    account = models.ForeignKey(
        Account, models.PROTECT, db_index=False, related_name="postings", verbose_name=_("account")
    )
    amount = models.BigIntegerField(_("amount (fen)"))
    balance_after = models.BigIntegerField(_("balance after (fen)"), null=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "entry", "account"], name="ledger_posting_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_posting_amount"),
        ]
        indexes = [models.Index(fields=["wallet", "account", "entry"], name="ledger_posting_account")]
        triggers = [
            *append_only(),
            # Laws 1, 2, 3, 7 and 9, once per statement. A row-level deferred trigger would be quadratic: 10,000 lines
            # took 39 s against 37 ms.
            pgtrigger.Trigger(
                name="laws",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="lines"),  # type: ignore[no-untyped-call]
                func=LAWS_OF_POSTINGS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.amount}"


class Event(models.Model):
    """One thing that happened in a wallet. `(wallet, sequence)` identifies it; there are no gaps."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(Wallet, models.PROTECT, db_index=False, related_name="events", verbose_name=_("wallet"))
    sequence = models.BigIntegerField(_("sequence"))
    kind = models.CharField(_("kind"), max_length=48)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("acting user"),
    )
    data = models.JSONField(_("data"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["wallet", "sequence"], name="ledger_event_sequence")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"
