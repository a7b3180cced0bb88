"""Reads of sources and transfers."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from wallet.identity.models import User
from wallet.rails.adapters import is_served
from wallet.rails.errors import NoticeUnknown, PayeeNotFound, SourceNotFound
from wallet.rails.models import FundingSource, Payee, Transfer, TransferNumber


def list_sources(user: User) -> QuerySet[FundingSource]:
    """List the sources that a user has linked."""
    return FundingSource.objects.filter(user=user, unlinked_at__isnull=True).order_by("id")


def get_source(user: User, source_id: uuid.UUID) -> FundingSource:
    """Get a linked source of the user.

    :raises SourceNotFound: when there is none.
    """
    source = list_sources(user).filter(pk=source_id).first()
    if source is None:
        raise SourceNotFound
    return source


def linked_sources(source_ids: Iterable[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Look up which of these sources are linked, each with its user: (user, source)."""
    linked = FundingSource.objects.filter(pk__in=source_ids, unlinked_at__isnull=True)
    return set(linked.values_list("user_id", "pk"))


def find_default_source(user: User) -> FundingSource | None:
    """Find where money for this user goes when nobody says otherwise: the default, or the one longest linked."""
    return list_sources(user).order_by("-is_default", "linked_at", "id").first()


def find_payout_source(user: User) -> FundingSource | None:
    """Find where money of this user goes that leaves by itself: the default source, while its rail is served."""
    source = find_default_source(user)
    return source if source is not None and is_served(source.rail) else None


def list_payees(wallet_id: uuid.UUID) -> QuerySet[Payee]:
    """List whom a wallet can pay out to."""
    return Payee.objects.filter(wallet=wallet_id, unlinked_at__isnull=True)


def get_payee(wallet_id: uuid.UUID, payee_id: uuid.UUID) -> Payee:
    """Get a linked payee of the wallet.

    :raises PayeeNotFound: when there is none.
    """
    payee = list_payees(wallet_id).filter(pk=payee_id).first()
    if payee is None:
        raise PayeeNotFound
    return payee


def other_side(wallet_id: uuid.UUID, source: FundingSource | None, payee_id: uuid.UUID | None) -> FundingSource | Payee:
    """Read where money comes from or goes to: a member's source, or a payee of the wallet, unlinked ones included."""
    if source is not None:
        return source
    assert payee_id is not None, "there is always one or the other"
    return Payee.objects.get(wallet=wallet_id, pk=payee_id)


def get_transfer_by_number(out_no: str) -> Transfer:
    """Get a transfer by our number at the rail.

    :raises NoticeUnknown: when the number was never ours.
    """
    lead = TransferNumber.objects.filter(pk=out_no).first()
    if lead is None:
        raise NoticeUnknown
    return Transfer.objects.get(wallet=lead.wallet_id, pk=lead.transfer_id)


def list_due_transfers(now: datetime, rails: list[str]) -> QuerySet[Transfer]:
    """List what has a next step to take, the longest overdue first. The one query that looks over all wallets."""
    return Transfer.objects.filter(next_step_at__lte=now, rail__in=rails).order_by("next_step_at")
