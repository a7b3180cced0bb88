"""Whose is what is linked: one person's, and at Alipay the person's who has signed there."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person, World
from tests.proofs.crowd import at_once
from tests.rails.alipay_gateway import Gateway
from wallet.rails.adapters import base, use_adapter
from wallet.rails.adapters.alipay import AlipayAdapter
from wallet.rails.errors import SourceTaken
from wallet.rails.models import FundingSource
from wallet.rails.services import link_account, link_card, unlink_source

LOGIN = "13800138000"


class OneAccount:
    """An institution that has one account and links it for whoever asks."""

    def link_card(self, number: str, holder: str) -> base.LinkedCard:
        return base.LinkedCard("the only one", "招商银行 (1009)")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not asked")


@pytest.fixture
def one_account() -> Iterator[None]:
    with use_adapter("sandbox", OneAccount()):
        yield


def link_it(world: World, person: Person) -> FundingSource:
    return link_card(user=person.user, rail="sandbox", number="6225880000001009", holder=person.name, now=world.now)


def test_nobody_links_anothers_alipay(
    world: World, owner: Person, member: Person, gateway: Gateway, alipay: AlipayAdapter, settings: Any
) -> None:
    """Both know the login; only the owner has signed in Alipay's app."""
    settings.RAILS = ["sandbox", "alipay"]
    gateway.signed[owner.id.hex] = LOGIN
    asked = {"rail": "alipay", "kind": "yuebao", "login": LOGIN, "holder": "whoever"}
    with use_adapter("alipay", alipay):
        assert member.api.post("/me/sources", asked).expect(422)["code"] == "account_refused"
        owner.api.post("/me/sources", asked).expect(201)
        assert member.api.post("/me/sources", asked).expect(422)["code"] == "account_refused"
    assert FundingSource.objects.get(rail="alipay").user == owner.user


def test_linked_once_more_it_is_the_same(
    world: World, owner: Person, gateway: Gateway, alipay: AlipayAdapter, settings: Any
) -> None:
    settings.SOURCES_PER_USER_MAX = 3
    gateway.signed[owner.id.hex] = LOGIN
    ask = partial(link_account, user=owner.user, rail="alipay", login=LOGIN, holder=owner.name, now=world.now)
    with use_adapter("alipay", alipay):
        linked = [ask(kind=kind) for kind in ("yuebao", "yuebao", "alipay_balance")]
    assert [source.label[:3] for source in linked] == ["余额宝", "余额宝", "支付宝"]
    assert linked[0] == linked[1] != linked[2]


def test_one_account_has_one_owner(world: World, owner: Person, member: Person, one_account: None) -> None:
    source = link_it(world, owner)
    with pytest.raises(SourceTaken):
        link_it(world, member)
    assert link_it(world, owner) == source
    unlink_source(user=owner.user, source_id=source.pk, now=world.now)
    assert link_it(world, member).user == member.user


@pytest.mark.django_db(transaction=True)
def test_linked_by_two_at_once_it_is_ones(world: World, owner: Person, member: Person, one_account: None) -> None:
    first, second = at_once([partial(link_it, world, owner), partial(link_it, world, member)])
    assert {type(first), type(second)} == {FundingSource, SourceTaken}
    assert FundingSource.objects.filter(token="the only one").count() == 1


def test_guessing_numbers_is_bounded(group: Group, owner: Person, member: Person) -> None:
    """Of one person, over their own sources and every group's payees; who mistypes a form has tried nothing."""
    asked = {"rail": "sandbox", "number": "6225889900000000", "holder": "张伟", "name": "房东"}
    paths = ["/me/sources", f"/groups/{group.pk}/payees"]
    for number in range(10):
        owner.api.post(paths[0], asked | {"number": "1234"}).expect(400)
        owner.api.post(paths[number % 2], asked | {"number": f"62258899{number:08d}"}).expect(422, "card_refused")
    for path in paths:
        answer = owner.api.post(path, asked)
        answer.expect(429, "too_many_linkings")
    assert answer.headers["Retry-After"] == "3600"
    member.api.post(paths[0], asked).expect(422, "card_refused")
