"""A member shows a payment code, and says with it who will bear the spend. Whether they may is judged at the till."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.rules.judging import left_of
from groups.rules.selectors import free_up_to, judge_choice, read_rules
from groups.rules.sharing import Choice
from groups.spending.codes import hash_code, make_code
from groups.spending.models import CodeLead, PaymentCode
from wallet.identity.models import User
from wallet.ledger.services import lock_wallet


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A payment code and its digits, which are shown this once and stored nowhere."""

    payment_code: PaymentCode
    digits: str
    #: What the limits leave the member to pay at most (fen); None where there are none.
    left: int | None
    #: Above this amount (fen) others must approve first; None where they need not.
    free_up_to: int | None


@transaction.atomic
def show_code(
    *,
    actor: User,
    group_id: uuid.UUID,
    now: datetime,
    sharing_rule: str | None = None,
    participants: Collection[uuid.UUID] = (),
    amount_max: int | None = None,
) -> ShownCode:
    """Make a payment code for the actor. It replaces the one shown before; whoever bears the spend may be named here.

    More than `amount_max` (fen) is not paid with it; that is what the proof lets out with which the code was asked for.

    :raises ParticipantUnknown: and the others that `check_choice` raises, when it may not be shared so.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SPEND).group
    choice = Choice(sharing_rule or group.sharing_rule, list(participants))
    judge_choice(group, actor.pk, choice)
    shown = PaymentCode.objects.filter(group=group, user=actor, used_at__isnull=True, expires_at__gt=now)
    shown.update(expires_at=now)
    payment_code = PaymentCode.objects.create(
        group=group,
        user=actor,
        sharing_rule=choice.rule,
        participants=[str(user_id) for user_id in choice.names],
        amount_max=amount_max,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.PAYMENT_CODE_LIFE_SECONDS),
    )
    digits = make_code()
    CodeLead.objects.create(code_hash=hash_code(digits), wallet_id=wallet.pk, code_id=payment_code.pk)
    rules = read_rules(group, actor.pk, now)
    return ShownCode(payment_code, digits, left_of(rules), free_up_to(group.pk, actor.pk, rules))
