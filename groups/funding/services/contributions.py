"""Money in from a member's source. The outcome comes later, from the rail, once.

A contribution credits the stake and debits RAIL when it has settled, not before.
"""

import uuid
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from groups.funding import events
from groups.funding.changes import outcome
from groups.funding.errors import ContributionDayLimit, ContributionTooLarge
from groups.funding.models import CONTRIBUTION, Contribution, Movement
from groups.funding.services.movements import close_movement
from groups.members.models import Group
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import credit, debit, lock_wallet, post_entry, record_event
from wallet.rails.models import FundingSource, Transfer
from wallet.rails.selectors import get_source
from wallet.rails.services import create_transfer

#: So long after a change of the time zone, a day is the last 24 hours: no zone has a day that is fresh elsewhere.
ZONE_SETTLES = timedelta(hours=48)


@transaction.atomic
def contribute(*, actor: User, group_id: uuid.UUID, source_id: uuid.UUID, amount: int, now: datetime) -> Contribution:
    """Ask the member's source for an amount (fen, > 0). The stake grows when it has settled.

    :raises ContributionTooLarge: above `CONTRIBUTION_MAX_FEN`.
    :raises ContributionDayLimit: above `CONTRIBUTION_DAY_MAX_FEN` a member and day in the group's time zone.
    :raises SourceNotFound: when the source is not the member's.
    :raises RailUnavailable: when nobody serves the source's rail.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CONTRIBUTE).group
    source = get_source(actor, source_id)
    if amount > settings.CONTRIBUTION_MAX_FEN:
        raise ContributionTooLarge(limit=settings.CONTRIBUTION_MAX_FEN)
    left = settings.CONTRIBUTION_DAY_MAX_FEN - _contributed_today(group, actor, now)
    if amount > left:
        raise ContributionDayLimit(limit=settings.CONTRIBUTION_DAY_MAX_FEN, left=max(0, left))
    return start_contribution(
        wallet=wallet, group=group, user=actor, source=source, amount=amount, actor=actor, now=now
    )


def start_contribution(
    *,
    wallet: Wallet,
    group: Group,
    user: User,
    source: FundingSource,
    amount: int,
    actor: User | None,
    now: datetime,
    reference: str = "",
) -> Contribution:
    """Ask a member's source for an amount (fen, > 0) under the lock that the caller holds, who has judged it.

    `reference` names the effect in the books where it is not the contribution's own: it can happen only once.
    """
    contribution = Contribution.objects.create(
        group=group, user=user, source=source, amount=amount, reference=reference, created_at=now
    )
    requested = events.contribution_requested(
        actor=actor, contribution=contribution.pk, user=user.pk, source=source.label, amount=amount
    )
    record_event(wallet=wallet, event=requested, now=now)
    create_transfer(
        wallet=wallet,
        source=source,
        direction=Transfer.Direction.COLLECT,
        amount=amount,
        purpose=CONTRIBUTION,
        subject_id=contribution.pk,
        now=now,
    )
    return contribution


def finish_contribution(wallet: Wallet, transfer: Transfer, now: datetime) -> None:
    """Book what became of a contribution: credit the stake, or tell that nothing came."""
    contribution = Contribution.objects.select_related("source", "user").get(group=wallet.pk, pk=transfer.subject_id)
    told: dict[str, Any] = {
        "contribution": contribution.pk,
        "user": contribution.user_id,
        "source": contribution.source.label,
    }
    if transfer.status == Transfer.Status.FAILED:
        close_movement(contribution, Movement.Status.FAILED, now, transfer.failure_code)
        failed = events.contribution_failed(**told, failure_code=transfer.failure_code, amount=contribution.amount)
        record_event(wallet=wallet, event=failed, now=now)
        outcome.tell(wallet, contribution, now)
        return
    if transfer.late_at is not None:
        _give_way(contribution)
    close_movement(contribution, Movement.Status.SETTLED, now)
    post_entry(
        wallet=wallet,
        kind=CONTRIBUTION,
        reference=contribution.reference or f"contribution:{contribution.pk}",
        lines=[
            credit(get_stake(wallet.pk, contribution.user_id), contribution.amount),
            debit(system_account(wallet, Account.Kind.RAIL), contribution.amount),
        ],
        event=events.contribution_settled(**told, amount=contribution.amount),
        now=now,
    )
    outcome.tell(wallet, contribution, now)


def _give_way(late: Contribution) -> None:
    """Book a late one under its own name, where another has come or is coming under its reference since it failed."""
    others = Contribution.objects.filter(group=late.group_id, reference=late.reference).exclude(pk=late.pk)
    if late.reference and others.exclude(status=Movement.Status.FAILED).exists():
        late.reference = ""
        Contribution.objects.filter(group=late.group_id, pk=late.pk).update(reference="")


def _contributed_today(group: Group, user: User, now: datetime) -> int:
    """Sum what the member has paid in or is paying in today (fen), failures left out.

    What has a reference of its own was ordered before, as by an auto-transfer, and has other limits.
    """
    today = now.astimezone(ZoneInfo(group.time_zone)).date()
    since = datetime.combine(today, time.min, ZoneInfo(group.time_zone))
    if group.zone_changed_at and now - group.zone_changed_at < ZONE_SETTLES:
        since = min(since, now - timedelta(days=1))
    todays = Contribution.objects.filter(group=group, user=user, reference="", created_at__gte=since)
    return todays.exclude(status=Movement.Status.FAILED).aggregate(sum=Sum("amount"))["sum"] or 0
