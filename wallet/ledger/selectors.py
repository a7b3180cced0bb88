"""Reads of the books. Every query names its wallet, so that on Citus it stays on one shard."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from wallet.ledger.models import Account, Entry, Posting, Wallet


def list_stakes(wallet_id: uuid.UUID) -> QuerySet[Account]:
    """List the stakes of a wallet, those of members who left included, in the order of their ids."""
    return Account.objects.filter(wallet=wallet_id, kind=Account.Kind.STAKE).order_by("id")


def get_stake(wallet_id: uuid.UUID, holder_id: uuid.UUID) -> Account:
    """Get a member's stake."""
    return Account.objects.get(wallet=wallet_id, holder=holder_id, kind=Account.Kind.STAKE)


def system_account(wallet: Wallet, kind: Account.Kind) -> Account:
    """Get one of the wallet's six system accounts."""
    return Account.objects.get(wallet=wallet, kind=kind)


def balance_as_of(account: Account, at: datetime) -> int:
    """Sum an account (signed fen) over everything posted up to and including `at`."""
    postings = Posting.objects.filter(wallet=account.wallet_id, account=account, entry__wallet=account.wallet_id)
    return postings.filter(entry__posted_at__lte=at).aggregate(sum=Sum("amount"))["sum"] or 0


def wallet_balance_as_of(wallet_id: uuid.UUID, at: datetime) -> int:
    """Sum the stakes of a wallet (fen) over everything posted up to and including `at`."""
    return _postings_of_stakes(wallet_id).filter(entry__posted_at__lte=at).aggregate(sum=Sum("amount"))["sum"] or 0


def _postings_of_stakes(wallet_id: uuid.UUID) -> QuerySet[Posting]:
    # Each table that is joined names the wallet too: so the join stays on one shard.
    postings = Posting.objects.filter(wallet=wallet_id, entry__wallet=wallet_id)
    return postings.filter(account__wallet=wallet_id, account__kind=Account.Kind.STAKE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a wallet held, took in and gave out between two instants, all in fen and positive."""

    opening: int
    closing: int
    money_in: dict[str, int]
    money_out: dict[str, int]


def get_statement(wallet_id: uuid.UUID, start: datetime, end: datetime) -> Statement:
    """Sum the wallet's movements by kind of entry over [start, end).

    In and out are changes of what the members own: what moves between stakes or between system accounts counts nowhere.
    """
    stakes = _postings_of_stakes(wallet_id)
    opening = stakes.filter(entry__posted_at__lt=start).aggregate(sum=Sum("amount"))["sum"] or 0
    window = stakes.filter(entry__posted_at__gte=start, entry__posted_at__lt=end)
    by_kind: dict[str, int] = dict(
        window.values_list("entry__kind").annotate(sum=Sum("amount")).values_list("entry__kind", "sum")
    )
    return Statement(
        opening=opening,
        closing=opening + sum(by_kind.values()),
        money_in={kind: amount for kind, amount in by_kind.items() if amount > 0},
        money_out={kind: -amount for kind, amount in by_kind.items() if amount < 0},
    )


def list_entries(wallet_id: uuid.UUID) -> QuerySet[Entry]:
    """List the entries of a wallet, the newest first."""
    return Entry.objects.filter(wallet=wallet_id).order_by("-sequence")
