"""A couple's November, told step by step, with what belongs to whom after each step (yuan).

Read from top to bottom: every step is one thing that somebody does in the app, and the line after it is the whole
state of their money. Where a fen cannot be divided, the comment says who bears it and why.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from groups.insight.selectors import get_month_statement
from groups.members.models import Group
from groups.members.scenes import Scene
from tests.cast import Person, Shop, World, balance_of, buy, found, join, pay_in, settle_on, show_code, stakes_of, yuan

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(world: World, day: int, hour: int) -> None:
    """Wait until an hour of a day of November in Shanghai."""
    world.go_to(datetime(2026, 11, day, hour, tzinfo=SHANGHAI).astimezone(UTC))


def whose(group: Group) -> dict[str, Decimal]:
    """Whose is what, in yuan; and the whole is what the parts sum up to."""
    stakes = stakes_of(group)
    assert balance_of(group) == sum(stakes.values())
    return {name: Decimal(fen) / 100 for name, fen in stakes.items()}


def both(zhang: str, wang: str) -> dict[str, Decimal]:
    return {"张伟": Decimal(zhang), "王芳": Decimal(wang)}


def test_a_couples_month(world: World, owner: Person, member: Person, shop: Shop) -> None:
    # 2 November. 张伟 founds 我俩 and invites 王芳. Nothing is there yet.
    us = found(owner, now=world.now, name="我俩", scene=Scene.COUPLE)
    join(us, owner, member, now=world.now)
    assert whose(us) == both("0", "0")

    # 3 November, pay day of 张伟: he puts in 3,000.
    at(world, 3, 9)
    pay_in(world, owner, us, yuan(3_000))
    assert whose(us) == both("3000.00", "0")

    # The same evening 王芳 buys vegetables for 88.50. Shared by stake; all of it is still his, so he bears all of it.
    at(world, 3, 19)
    buy(member, us, shop, yuan(88.50))
    assert whose(us) == both("2911.50", "0")

    # 5 November, her pay day: 2,000.
    at(world, 5, 9)
    pay_in(world, member, us, yuan(2_000))
    assert whose(us) == both("2911.50", "2000.00")

    # Rent, 4,000. His part is 4000 × 291150 / 491150 = 2371.1697…, hers 1628.8302…: 2371.17 and 1628.83.
    at(world, 6, 10)
    buy(owner, us, shop, yuan(4_000))
    assert whose(us) == both("540.33", "371.17")

    # A film for both, half and half, whatever they have: 2 × 45.
    at(world, 8, 20)
    buy(member, us, shop, yuan(90), sharing_rule="equal")
    assert whose(us) == both("495.33", "326.17")

    # Popcorn for 25.01: somebody has to bear the odd fen. Largest remainder, and the fractions are equal, so it goes
    # by the accounts' ids: the older account, which is his.
    popcorn = buy(member, us, shop, yuan(25.01), sharing_rule="equal")
    assert whose(us) == both("482.82", "313.67")

    # Her present for him is hers alone: 299.
    at(world, 11, 0)
    present = buy(member, us, shop, yuan(299), sharing_rule="payer")
    assert whose(us) == both("482.82", "14.67")

    # The scarf to go with it is 20 and she has 14.67: refused, though there are 497.49 in the wallet. Nothing moves.
    code = show_code(member, us, sharing_rule="payer")
    shop.charge(code, yuan(20), "scarf").expect(422, "insufficient_funds")
    assert whose(us) == both("482.82", "14.67")

    # The shop gives 100 of the present back, having had an offer: hers, because she bore it.
    at(world, 12, 15)
    shop.refund(present, yuan(100)).expect(201)
    assert whose(us) == both("482.82", "114.67")

    # And one fen of the popcorn, of which he bore 12.51 and she 12.50. His is the larger part: it is his.
    shop.refund(popcorn, 1).expect(201)
    assert whose(us) == both("482.83", "114.67")

    # They agree that he bears twice what she does, and go out for 90: 60 and 30.
    at(world, 20, 19)
    weights = [{"user": str(owner.id), "weight": 2}]
    settle_on(owner, us, "change_sharing", {"sharing_rule": "weights", "weights": weights})
    buy(owner, us, shop, yuan(90))
    assert whose(us) == both("422.83", "84.67")

    # The month in one page. What was refused is nowhere in it.
    at(world, 30, 23)
    us.refresh_from_db()
    statement = get_month_statement(us, date(2026, 11, 1))
    assert statement.opening == 0
    assert statement.money_in == {"contribution": yuan(5_000), "refund": yuan(100.01)}
    assert statement.money_out == {"payment": yuan(88.50 + 4_000 + 90 + 25.01 + 299 + 90)}
    assert statement.closing == yuan(507.50) == balance_of(us)
