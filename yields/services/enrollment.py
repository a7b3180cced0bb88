"""The owner switches 余额享收益 on and off.

The fund account is the owner's by real name, so nobody else may, and the questionnaire and the version of the agreement
are kept with each enrollment. Switching on counts the whole balance as money in at that moment (`yields.base`).
"""

import uuid
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from groups.members.models import Group
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from yields import events
from yields.calendar import SHANGHAI_TIME, CalendarNotLoaded, confirmation
from yields.errors import AlreadyEnrolled, FundNotOffered, NotEnrolled, QuestionnaireNotAccepted
from yields.models import Enrollment, Fund
from yields.selectors import find_enrollment

#: More than the longest holiday of the exchange; for an end whose trading days are not loaded.
LONGEST_REDEMPTION = timedelta(days=14)


@transaction.atomic
def enroll(
    *,
    actor: User,
    group_id: uuid.UUID,
    fund: Fund,
    agreement_version: str,
    questionnaire: dict[str, Any],
    now: datetime,
) -> Enrollment:
    """Let a group's balance earn in a fund. The same again changes nothing and gives the same enrollment.

    `questionnaire` is what was asked and what came of it; `accepted` in it must be true.

    :raises NotAllowed: for anybody but the owner.
    :raises QuestionnaireNotAccepted: when its result was not confirmed.
    :raises FundNotOffered: when it is a sandbox fund and this is no sandbox.
    :raises AlreadyEnrolled: when the group is in another fund, or in this one on other terms.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SWITCH_YIELD).group
    if questionnaire.get("accepted") is not True:
        raise QuestionnaireNotAccepted
    _check_offered(fund, group)
    if (present := find_enrollment(group_id)) is not None:
        asked = (fund.pk, agreement_version, questionnaire, actor.pk)
        if asked != (present.fund_id, present.agreement_version, present.questionnaire, present.enrolled_by_id):
            raise AlreadyEnrolled(fund=present.fund_id)
        return present
    enrollment = Enrollment.objects.create(
        group=group,
        fund=fund,
        enrolled_by=actor,
        enrolled_at=now,
        agreement_version=agreement_version,
        questionnaire=questionnaire,
    )
    switched_on = events.yield_switched_on(
        actor=actor,
        enrollment=enrollment.pk,
        fund=fund.pk,
        agreement_version=agreement_version,
        is_sandbox=fund.is_sandbox,
    )
    record_event(wallet=wallet, event=switched_on, now=now)
    return enrollment


@transaction.atomic
def end_enrollment(*, actor: User, group_id: uuid.UUID, now: datetime) -> Enrollment:
    """Take a group's balance out of its fund. The day it ends on earns nothing any more; the days before are credited.

    :raises NotAllowed: for anybody but the owner.
    :raises NotEnrolled: when it is in none.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SWITCH_YIELD)
    enrollment = find_enrollment(group_id)
    if enrollment is None:
        raise NotEnrolled
    _end(wallet, enrollment, actor, now)
    return enrollment


def hear_succession(wallet: Wallet, group: Group, owner: User, now: datetime) -> None:
    """The fund account was the former owner's by real name: it is redeemed, and the new owner enrolls afresh."""
    if (enrollment := find_enrollment(wallet.pk)) is not None:
        _end(wallet, enrollment, None, now)


def hear_closure(wallet: Wallet, group: Group, now: datetime) -> None:
    """A group that closes takes its money out of its fund."""
    if (enrollment := find_enrollment(wallet.pk)) is not None:
        _end(wallet, enrollment, None, now)


def _end(wallet: Wallet, enrollment: Enrollment, actor: User | None, now: datetime) -> None:
    enrollment.ended_by, enrollment.ended_at, enrollment.redeemed_at = actor, now, _redeemed_at(enrollment, now)
    enrollment.save(update_fields=["ended_by", "ended_at", "redeemed_at"])
    switched_off = events.yield_switched_off(actor=actor, enrollment=enrollment.pk, fund=enrollment.fund_id)
    record_event(wallet=wallet, event=switched_off, now=now)


def _redeemed_at(enrollment: Enrollment, now: datetime) -> datetime:
    """Say when the fund has paid out what was in it: when the trading day after T begins."""
    try:
        day = confirmation(now, enrollment.fund.trading_days).confirm_date
    except CalendarNotLoaded:
        return now + LONGEST_REDEMPTION
    return datetime.combine(day, time(), SHANGHAI_TIME)


def _check_offered(fund: Fund, group: Group) -> None:
    if fund.is_sandbox and not (group.is_sandbox or settings.SANDBOX):
        raise FundNotOffered
