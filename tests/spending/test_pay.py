from groups.members.models import Group
from tests.cast import Person, Shop, World, balance_of, buy, kinds_since, pay_in, sequence_of, stakes_of, yuan


def test_a_payment_is_borne_by_stake(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    before = sequence_of(group)
    buy(member, group, shop, yuan(40))
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert balance_of(group) == yuan(360)
    assert kinds_since(group, before) == ["payment_settled"]
