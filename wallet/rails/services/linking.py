"""Sources and payees are linked and unlinked. The institution is asked before the lock; under it we count once more."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from wallet.identity.models import User
from wallet.ledger.services import lock_wallet
from wallet.rails.adapters import base, get_adapter
from wallet.rails.errors import (
    AccountRefused,
    CardRefused,
    PayeeInUse,
    RailUnavailable,
    SourceInUse,
    SourceTaken,
    TooManyPayees,
    TooManySources,
)
from wallet.rails.models import FundingSource, Payee, Transfer
from wallet.rails.selectors import find_default_source, get_payee, get_source, list_payees, list_sources
from wallet.rails.unlinking import hear_objections
from wallet.refusals import Refusal


def link_card(*, user: User, rail: str, number: str, holder: str, now: datetime) -> FundingSource:
    """Link a member's card. The number goes to the institution and is kept nowhere; we get a token and a masked label.

    :raises CardRefused: when the institution refuses.
    :raises RailUnavailable: when it does not answer.
    :raises TooManySources: when the member has as many as there may be.
    :raises SourceTaken: when somebody else has linked it.
    """
    ask = partial(get_adapter(rail).link_card, number, holder)
    return _link(user, rail, FundingSource.Kind.BANK_CARD, ask, now)


def link_account(*, user: User, rail: str, kind: str, login: str, holder: str, now: datetime) -> FundingSource:
    """Link a member's Yu'e Bao or Alipay balance. The login goes to the institution and is kept nowhere.

    Linked once more, it is the same source.

    :raises AccountRefused: when the institution refuses, or the member has not signed there.
    :raises RailUnavailable: when it does not answer.
    :raises TooManySources: when the member has as many as there may be.
    :raises SourceTaken: when somebody else has linked it.
    """
    ask = partial(get_adapter(rail).link_account, kind, login, holder, user.pk.hex)
    return _link(user, rail, kind, ask, now)


def _link(user: User, rail: str, kind: str, ask: Callable[[], base.LinkedCard], now: datetime) -> FundingSource:
    if list_sources(user).count() >= settings.SOURCES_PER_USER_MAX:
        raise TooManySources(limit=settings.SOURCES_PER_USER_MAX)
    linked = _ask_to_link(ask, CardRefused if kind == FundingSource.Kind.BANK_CARD else AccountRefused)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if known := list_sources(user).filter(rail=rail, token=linked.token).first():
            return known
        if list_sources(user).count() >= settings.SOURCES_PER_USER_MAX:
            raise TooManySources(limit=settings.SOURCES_PER_USER_MAX)
        source = FundingSource(
            user=user,
            rail=rail,
            kind=kind,
            token=linked.token,
            label=linked.label,
            is_default=not list_sources(user).exists(),
            linked_at=now,
        )
        return _keep(source)


def _keep(source: FundingSource) -> FundingSource:
    """Store a source. That no two people have the same one is for the database to see: they have no lock in common."""
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError:
        raise SourceTaken from None
    return source


def _ask_to_link(ask: Callable[[], base.LinkedCard], refused: type[Refusal]) -> base.LinkedCard:
    try:
        return ask()
    except base.CardRejected:
        raise refused from None
    except base.RailDown:
        raise RailUnavailable from None


def link_payee(
    *, wallet_id: uuid.UUID, user: User, rail: str, number: str, holder: str, name: str, now: datetime
) -> Payee:
    """Link somebody whom the wallet shall pay; `name` is what people call them. Like a card, no number is kept.

    :raises CardRefused: when the institution refuses.
    :raises RailUnavailable: when it does not answer.
    :raises TooManyPayees: when the wallet has as many as there may be.
    """
    limit = settings.PAYEES_PER_GROUP_MAX
    if list_payees(wallet_id).count() >= limit:
        raise TooManyPayees(limit=limit)
    linked = _ask_to_link(partial(get_adapter(rail).link_card, number, holder), CardRefused)
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        if list_payees(wallet_id).count() >= limit:
            raise TooManyPayees(limit=limit)
        return Payee.objects.create(
            wallet=wallet, user=user, rail=rail, token=linked.token, name=name, label=linked.label, linked_at=now
        )


@transaction.atomic
def unlink_payee(*, wallet_id: uuid.UUID, payee_id: uuid.UUID, now: datetime) -> None:
    """Forget a payee, under the wallet's lock; the transfers to them stay readable.

    :raises PayeeNotFound: when it is not the wallet's.
    :raises PayeeInUse: while a transfer to them is under way; and what rooms above object with.
    """
    lock_wallet(wallet_id)
    payee = get_payee(wallet_id, payee_id)
    if Transfer.objects.filter(wallet=wallet_id, payee=payee, final_at__isnull=True).exists():
        raise PayeeInUse
    hear_objections(payee)
    list_payees(wallet_id).filter(pk=payee_id).update(unlinked_at=now)


@transaction.atomic
def set_default_source(*, user: User, source_id: uuid.UUID) -> FundingSource:
    """Make one source the user's default.

    :raises SourceNotFound: when it is not the user's.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    source = get_source(user, source_id)
    list_sources(user).filter(is_default=True).update(is_default=False)
    source.is_default = True
    source.save(update_fields=["is_default"])
    return source


@transaction.atomic
def unlink_source(*, user: User, source_id: uuid.UUID, now: datetime) -> None:
    """Forget a source; the transfers that went through it stay readable. The default is the one longest linked then.

    :raises SourceNotFound: when it is not the user's.
    :raises SourceInUse: while a transfer through it is under way; and what rooms above object with.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    # For itself alone: whoever is creating a transfer with it is waited for, and whoever comes later finds it unlinked.
    FundingSource.objects.select_for_update().filter(user=user, pk=source_id).first()
    source = get_source(user, source_id)
    if Transfer.objects.filter(source=source, final_at__isnull=True).exists():
        raise SourceInUse
    hear_objections(source)
    was_default, source.unlinked_at, source.is_default = source.is_default, now, False
    source.save(update_fields=["unlinked_at", "is_default"])
    if was_default and (longest_linked := find_default_source(user)):
        list_sources(user).filter(pk=longest_linked.pk).update(is_default=True)
