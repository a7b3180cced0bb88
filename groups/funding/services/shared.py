"""Money out of the pool to one member's source, borne by everybody as the group shares its spends.

The rules of spending hold, and the drain guard beside them (`drain`). What it holds is announced, and leaves when its
hours are over, unless somebody objects; then it needs the others' approval, like an amount above a tier. When it
leaves, everything is judged again.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from groups.funding import events
from groups.funding.changes import comeback
from groups.funding.errors import TooManyWaiting
from groups.funding.models import Withdrawal
from groups.funding.selectors import receiver_of
from groups.funding.services.drain import others_part, read_drain
from groups.funding.services.movements import close_movement
from groups.funding.services.ways import choose_way, hand_to_rail, tell_way
from groups.members.models import Group
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals.models import Proposal
from groups.proposals.quorums import everybody, some
from groups.proposals.selectors import list_electors
from groups.proposals.services import open_proposal
from groups.rules.judging import judge, tier_of
from groups.rules.selectors import get_rulebook, list_tiers, read_rules
from groups.rules.services import count_spend, uncount_spend
from groups.rules.sharing import list_shareable, share
from wallet.identity.models import User
from wallet.ledger import clock
from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.selectors import system_account
from wallet.ledger.services import credit, debit, debit_account, lock_wallet, post_entry, record_event, reverse_entry
from wallet.rails.models import FundingSource, Transfer
from wallet.rails.selectors import get_source

KIND = "approve_transfer"
Status = Withdrawal.Status


@transaction.atomic
def withdraw_shared(
    *,
    actor: User,
    group_id: uuid.UUID,
    source_id: uuid.UUID,
    amount: int,
    memo: str,
    now: datetime,
    speed: Withdrawal.Speed = Withdrawal.Speed.FAST,
) -> Withdrawal | Proposal:
    """Ask for money of everybody's (fen, > 0) to the actor's own source, such as for rent that they have advanced.

    It leaves at once, or is announced and waits for objections; above a tier it is proposed, and the proposal returned.
    What leaves later goes fast if it may then, and otherwise by the ordinary way.

    :raises SpendingPaused: and `LimitExceeded`, as for every spend.
    :raises InsufficientFunds: when those who bear it have not enough.
    :raises SourceNotFound: when the source is not the actor's.
    :raises TooManyWaiting: when it would have to wait, and `TRANSFERS_WAITING_MAX` of the actor's do.
    :raises FastAllowanceExceeded: when it would leave at once, and less may go out fast today.
    :raises ArrivalUnknown: when it would leave at once, and nobody can say when an ordinary payout arrives.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SPEND).group
    source = get_source(actor, source_id)
    shares = judge_transfer(group, actor.pk, amount, now)
    electors = list_electors(group_id)
    tier = tier_of(list_tiers(group_id), amount)
    if tier is not None and some(electors, tier.approvals, but=[actor.pk]).needed:
        payload = {"source": source.pk, "amount": amount, "memo": memo, "speed": speed}
        return open_proposal(wallet=wallet, group=group, proposer=actor, kind=KIND, payload=payload, now=now)
    withdrawal = _ask(group, actor, source, amount, memo, speed, now)
    own = sum(elector.stake for elector in electors if elector.user_id == actor.pk)
    if everybody(electors, but=[actor.pk]).voters and read_drain(group_id).holds(
        actor.pk, amount, own=own, pool=wallet.balance
    ):
        _announce(wallet, withdrawal, now)
    else:
        send(wallet, withdrawal, now, unasked=others_part(shares, actor.pk), is_asked=True)
    return withdrawal


def judge_transfer(group: Group, user_id: uuid.UUID, amount: int, now: datetime) -> dict[uuid.UUID, int]:
    """Judge by the group's rules and by what there is; say who bears what (fen, by member)."""
    judge(read_rules(group, user_id, now), amount)
    return share(amount, rule=group.sharing_rule, stakes=list_shareable(group.pk), payer_id=user_id)


def _ask(
    group: Group, actor: User, source: FundingSource, amount: int, memo: str, speed: Withdrawal.Speed, now: datetime
) -> Withdrawal:
    return Withdrawal.objects.create(
        group=group,
        user=actor,
        source=source,
        amount=amount,
        memo=memo,
        speed=speed,
        borne_by=Withdrawal.BorneBy.GROUP,
        status=Status.WAITING,
        created_at=now,
    )


def _announce(wallet: Wallet, withdrawal: Withdrawal, now: datetime) -> None:
    waiting = list_shared(wallet.pk).filter(user=withdrawal.user_id, executes_at__isnull=False, status=Status.WAITING)
    if waiting.count() >= settings.TRANSFERS_WAITING_MAX:
        raise TooManyWaiting(limit=settings.TRANSFERS_WAITING_MAX)
    hours = get_rulebook(wallet.pk).objection_hours
    withdrawal.executes_at = clock.database_now() + timedelta(hours=hours)
    update(withdrawal, executes_at=withdrawal.executes_at)
    announced = events.transfer_announced(
        actor=withdrawal.user,
        **told(withdrawal),
        memo=withdrawal.memo,
        executes_at=withdrawal.executes_at,
        speed=withdrawal.speed,
    )
    record_event(wallet=wallet, event=announced, now=now)


def send(wallet: Wallet, withdrawal: Withdrawal, now: datetime, unasked: int = 0, *, is_asked: bool = False) -> None:
    """Let it leave: judged once more, borne by everybody, counted, and on its way through the rail.

    `unasked` (fen) is what others bear of it without having been able to say no. `is_asked` says that somebody asks for
    its speed now; else it goes by the ordinary way where too little is left for the fast one.

    :raises Refusal: when the rules or the money do not allow it any more.
    """
    group, amount = withdrawal.group, withdrawal.amount
    shares = judge_transfer(group, withdrawal.user_id, amount, now)
    choose_way(wallet, withdrawal, now, is_asked=is_asked)
    accounts = {stake.user_id: stake.account_id for stake in list_shareable(wallet.pk)}
    requested = events.transfer_requested(
        actor=withdrawal.user, **told(withdrawal), **tell_way(withdrawal), shares=shares
    )
    entry = post_entry(
        wallet=wallet,
        kind="transfer_out",
        reference=withdrawal.reference or f"transfer-out:{withdrawal.pk}",
        lines=[
            *(debit_account(accounts[user_id], part) for user_id, part in shares.items()),
            credit(system_account(wallet, Account.Kind.IN_TRANSIT), amount),
        ],
        event=requested,
        memo=withdrawal.memo,
        now=now,
    )
    withdrawal.status, withdrawal.entry, withdrawal.unasked = Status.REQUESTED, entry, unasked
    counted_in = count_spend(group, withdrawal.user_id, amount, now)
    way = {name: getattr(withdrawal, name) for name in ("speed", "is_slowed", "expected_at")}
    update(withdrawal, status=Status.REQUESTED, entry=entry, unasked=unasked, counted_in=counted_in, **way)
    hand_to_rail(wallet, withdrawal, now)


def send_approved(
    *,
    wallet: Wallet,
    proposal: Proposal,
    source: FundingSource,
    amount: int,
    memo: str,
    speed: Withdrawal.Speed,
    now: datetime,
) -> Withdrawal:
    """Let leave what others have approved, under the lock of their last vote."""
    withdrawal = _ask(proposal.group, proposal.proposer, source, amount, memo, speed, now)
    send(wallet, withdrawal, now)
    return withdrawal


def finish_shared(wallet: Wallet, withdrawal: Withdrawal, transfer: Transfer, now: datetime) -> None:
    """Book what became of it: it left through the rail, or it is back with those who bore it."""
    assert withdrawal.entry_id is not None
    reference = f"transfer-out-outcome:{withdrawal.pk}"
    if transfer.status == Transfer.Status.SETTLED:
        close_movement(withdrawal, Status.SETTLED, now)
        post_entry(
            wallet=wallet,
            kind="transfer_out_settled",
            reference=reference,
            lines=[
                debit(system_account(wallet, Account.Kind.IN_TRANSIT), withdrawal.amount),
                credit(system_account(wallet, Account.Kind.RAIL), withdrawal.amount),
            ],
            event=events.transfer_settled(**told(withdrawal)),
            now=now,
        )
        return
    close_movement(withdrawal, Status.FAILED, now, transfer.failure_code)
    if uncount_spend(withdrawal.group, withdrawal.user_id, withdrawal.amount, withdrawal.counted_in, now):
        update(withdrawal, counted_in=None)
    given_back = reverse_entry(
        wallet=wallet,
        entry=Entry.objects.get(wallet=wallet, pk=withdrawal.entry_id),
        kind="transfer_out_returned",
        reference=reference,
        event=events.transfer_failed(**told(withdrawal), failure_code=transfer.failure_code),
        now=now,
    )
    comeback.tell(wallet, withdrawal, given_back, now)


def list_shared(group_id: uuid.UUID) -> QuerySet[Withdrawal]:
    """List the withdrawals that the group bears."""
    shared = Withdrawal.objects.filter(group=group_id, borne_by=Withdrawal.BorneBy.GROUP)
    return shared.select_related("source", "user", "group")


def update(withdrawal: Withdrawal, **fields: Any) -> None:
    """Write fields of a withdrawal, found by its wallet and not by its number alone."""
    Withdrawal.objects.filter(group=withdrawal.group_id, pk=withdrawal.pk).update(**fields)


def told(withdrawal: Withdrawal) -> dict[str, Any]:
    """Give what every event about it tells."""
    return {
        "withdrawal": withdrawal.pk,
        "user": withdrawal.user_id,
        "source": receiver_of(withdrawal).label,
        "amount": withdrawal.amount,
    }
