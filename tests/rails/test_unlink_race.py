"""A source is unlinked and used at the same moment: whoever comes second is refused.

Each order of the two is made to happen; the negative controls leave one of the two locks out, and end with a transfer
under way through a source that is gone.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from groups.funding.models import Contribution
from groups.funding.services import contribute
from groups.members.models import Group
from tests.books import run
from tests.cast import Person, World, link
from tests.proofs.crowd import at_once
from wallet.rails.errors import SourceInUse, SourceNotFound
from wallet.rails.models import FundingSource, Transfer
from wallet.rails.services import transfers, unlink_source

pytestmark = pytest.mark.django_db(transaction=True)


def use(world: World, group: Group, person: Person, source: FundingSource) -> Contribution:
    return contribute(actor=person.user, group_id=group.pk, source_id=source.pk, amount=100, now=world.now)


def unlink(world: World, person: Person, source: FundingSource) -> None:
    unlink_source(user=person.user, source_id=source.pk, now=world.now)


def elsewhere(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> "Future[Any]":
    """Do it on a connection of its own."""

    def do() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(do)


def is_gone_and_used(source: FundingSource) -> bool:
    gone = FundingSource.objects.get(pk=source.pk).unlinked_at is not None
    return gone and Transfer.objects.filter(source=source, final_at__isnull=True).exists()


def unlink_before_the_transfer(world: World, group: Group, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contribute, and have the source unlinked between finding it and creating the transfer."""
    assert person.source is not None
    source, keep_linked = person.source, transfers._keep_linked

    def keep(kept: FundingSource) -> None:
        elsewhere(pool, partial(unlink, world, person, source)).result(10)
        keep_linked(kept)

    monkeypatch.setattr(transfers, "_keep_linked", keep)
    with ThreadPoolExecutor(1) as pool:
        use(world, group, person, source)


def test_unlinked_before_the_transfer(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceNotFound):
        unlink_before_the_transfer(world, group, member, monkeypatch)
    assert not Transfer.objects.exists()
    assert not Contribution.objects.exists()


def test_without_the_second_look_it_would_be_used(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "_keep_linked", lambda source: None)
    unlink_before_the_transfer(world, group, member, monkeypatch)
    assert member.source is not None
    assert is_gone_and_used(member.source)


def unlink_before_the_commit(world: World, group: Group, person: Person) -> "Future[None]":
    """Contribute, and have the source unlinked between creating the transfer and its commit."""
    assert person.source is not None
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            use(world, group, person, person.source)
            unlinking = elsewhere(pool, partial(unlink, world, person, person.source))
            waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
            while not wait([unlinking], 0.01).done and run(waiting) == [(False,)]:
                pass
        wait([unlinking], 10)
    return unlinking


def test_unlinked_before_the_commit(world: World, group: Group, member: Person) -> None:
    assert isinstance(unlink_before_the_commit(world, group, member).exception(), SourceInUse)
    assert FundingSource.objects.get(transfers=Transfer.objects.get()).unlinked_at is None


def test_without_waiting_for_the_commit_it_would_be_gone(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    # The row is written all the same, which waits for nobody who has only read it.
    assert unlink_before_the_commit(world, group, member).exception() is None
    assert member.source is not None
    assert is_gone_and_used(member.source)


def test_both_at_once(world: World, group: Group, member: Person) -> None:
    for _ in range(8):
        source = link(member, "settles", now=world.now)
        acts: list[Callable[[], object]] = [
            partial(use, world, group, member, source),
            partial(unlink, world, member, source),
        ]
        outcomes = at_once(acts)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(each) for each in refused] in ([SourceInUse], [SourceNotFound]), outcomes
        assert not is_gone_and_used(source)
        world.wait()
