"""Standing orders of the family: made by the services, run by the sweep, on the world's clock."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Min

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import Terms, make_order, run_due
from groups.members.models import Group
from groups.proposals.models import Proposal
from tests.cast import Person, World, agree, group, member, owner, pay_in, shop, stranger, viewer, world
from wallet.rails.models import Payee
from wallet.rails.sandbox.cards import BY_NAME
from wallet.rails.services import link_payee

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    """A moment of the family's clock: 2026-11-05 09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def terms(**told: Any) -> Terms:
    """¥200 every day at nine, where nothing else is said."""
    at = datetime.strptime(told.pop("at", "09:00"), "%H:%M").time()  # noqa: DTZ007
    return Terms(**{"amount": 200_00, "every": "day", "at": at, **told})


def order_in(world: World, group: Group, person: Person, **told: Any) -> AutoTransfer:
    """Let a person order a contribution from their card."""
    assert person.source is not None
    told = {"source": person.source.pk, **told}
    made = make_order(actor=person.user, group_id=group.pk, terms=terms(**told), now=world.now)
    assert isinstance(made, AutoTransfer)
    return made


def link_landlord(world: World, group: Group, person: Person, card: str = "settles") -> Payee:
    """Let a person link whom the group shall pay."""
    return link_payee(
        wallet_id=group.pk,
        user=person.user,
        rail="sandbox",
        number=BY_NAME[card].number,
        holder="周建国",
        name="房东",
        now=world.now,
    )


def order_out(world: World, group: Group, person: Person, card: str = "settles", **told: Any) -> AutoTransfer:
    """Let a person propose that the group pays its landlord, and everybody agree."""
    told = {"payee": link_landlord(world, group, person, card).pk, "memo": "房租", **told}
    made = make_order(actor=person.user, group_id=group.pk, terms=terms(**told), now=world.now)
    assert isinstance(made, Proposal)
    (decided,) = agree(group)
    assert decided.status == "approved", decided.outcome
    return AutoTransfer.objects.get(group=group, pk=decided.outcome["order"])


def sweep(world: World) -> int:
    """Do what beat does, and let the banks answer."""
    count = run_due(now=world.now)
    world.wait()
    return count


def live(world: World, until: str) -> None:
    """Let time pass until a moment of the family's clock; beat comes by whenever something is due."""
    end = local(until)
    while (due := _next_due()) is not None and due <= end:
        world.go_to(max(world.now, due))
        sweep(world)
        world.wait(60)  # for the slowest of banks
    world.go_to(max(world.now, end))


def _next_due() -> datetime | None:
    tables = (AutoTransfer.objects.all(), AutoTransferRun.objects.all())
    moments = [table.aggregate(due=Min("sweep_at"))["due"] for table in tables]
    return min(filter(None, moments), default=None)


def runs_of(order: AutoTransfer) -> dict[str, str]:
    """What became of an order's runs, by date."""
    runs = AutoTransferRun.objects.filter(group=order.group_id, order=order).order_by("due_on")
    return {str(run.due_on)[5:]: str(run.status) for run in runs}


@pytest.fixture
def funds(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has ¥3,000 in the pool, the member ¥1,000."""
    pay_in(world, owner, group, 3_000_00)
    pay_in(world, member, group, 1_000_00)
