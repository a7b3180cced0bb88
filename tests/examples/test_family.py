"""A family: somebody joins later and leaves, and a refund comes after them. Whose is what after each step (yuan).

What this shows is the promise of the product: nobody has to work out who gets what. Whoever comes later bears nothing
of before, whoever leaves takes theirs along, and what comes back afterwards finds its way to those who paid for it.
"""

from datetime import timedelta
from decimal import Decimal

from groups.members.models import Group
from tests.cast import Person, Shop, World, balance_of, buy, found, join, link, meet, pay_in, stakes_of, yuan
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, system_account


def whose(group: Group, **expected: str) -> None:
    """Check whose is what, in yuan, by the roles of the story; and that the whole is the sum of the parts."""
    names = {"father": "张伟", "mother": "王芳", "aunt": "孙姨"}
    stakes = stakes_of(group)
    assert {name: Decimal(fen) / 100 for name, fen in stakes.items()} == {
        names[role]: Decimal(amount) for role, amount in expected.items()
    }
    assert balance_of(group) == sum(stakes.values())


def test_a_familys_summer(world: World, owner: Person, member: Person, shop: Shop) -> None:
    father, mother = owner, member
    family = found(father, now=world.now, name="我们的家")
    join(family, father, mother, now=world.now)

    # The parents put in 600 and 400, and buy an air conditioner for 500: 300 and 200.
    pay_in(world, father, family, yuan(600))
    pay_in(world, mother, family, yuan(400))
    air_conditioner = buy(father, family, shop, yuan(500))
    whose(family, father="300.00", mother="200.00")

    # The aunt moves in for the summer, with 500 of her own.
    aunt = meet("孙姨", "+8613800000007", now=world.now)
    join(family, father, aunt, now=world.now)
    whose(family, father="300.00", mother="200.00", aunt="0")
    pay_in(world, aunt, family, yuan(500))
    whose(family, father="300.00", mother="200.00", aunt="500.00")

    # The air conditioner was too dear by 100, says the shop. She was not there when it was paid: none of it is hers.
    shop.refund(air_conditioner, yuan(100), "too-dear").expect(201)
    whose(family, father="360.00", mother="240.00", aunt="500.00")

    # A journey for all three, 330. By stake: 360, 240 and 500 of 1,100 bear 108, 72 and 150.
    journey = buy(mother, family, shop, yuan(330))
    whose(family, father="252.00", mother="168.00", aunt="350.00")

    # Groceries for 99.99: 32.7240…, 21.8160… and 45.45. The odd fen goes to the largest fraction, the mother's.
    buy(aunt, family, shop, yuan(99.99))
    whose(family, father="219.28", mother="146.18", aunt="304.55")

    # Autumn. The aunt leaves, and her stake goes to her card, whole. Between the wallet and the bank it is nobody's to
    # spend: it is in transit.
    world.wait(timedelta(days=60).total_seconds())
    aunt.api.delete(f"/groups/{family.pk}/members/{aunt.id}", proof=True).expect(200)
    whose(family, father="219.28", mother="146.18")
    in_transit = system_account(family.wallet, Account.Kind.IN_TRANSIT)
    assert balance_as_of(in_transit, world.now) == yuan(304.55)
    world.wait()
    assert balance_as_of(in_transit, world.now) == 0

    # The journey is partly given back: 110, a third. She bore 150 of 330, so 50 of it are hers, though she has left.
    shop.refund(journey, yuan(110), "rain").expect(201)
    whose(family, father="255.28", mother="170.18", aunt="50.00")

    # Nobody who stayed can spend it. The wallet holds 475.46, and 425.46 is what there is for them.
    code = father.api.post(f"/groups/{family.pk}/payment-codes", {}, proof=True).expect(201)["code"]
    shop.charge(code, yuan(425.47), "too-much").expect(422, "insufficient_funds")
    whose(family, father="255.28", mother="170.18", aunt="50.00")

    # Within minutes it is sent after her. This time her bank refuses: it comes back, and waits.
    blocked = link(aunt, "late_failed", now=world.now)
    aunt.api.patch(f"/me/sources/{blocked.pk}", {"is_default": True}, proof=True).expect(200)
    assert world.send_late_money() == 1
    whose(family, father="255.28", mother="170.18")
    world.wait(60)
    whose(family, father="255.28", mother="170.18", aunt="50.00")

    # She takes her old card again, and the day after it arrives.
    assert aunt.source is not None
    aunt.api.patch(f"/me/sources/{aunt.source.pk}", {"is_default": True}, proof=True).expect(200)
    assert world.send_late_money() == 0
    world.wait(timedelta(days=1).total_seconds())
    assert world.send_late_money() == 1
    whose(family, father="255.28", mother="170.18")

    # What the bank has paid out and what she was owed are the same, to the fen.
    totals = world.bank.book.get_totals()
    assert totals.paid_out == yuan(304.55 + 50)
    assert totals.collected - totals.paid_out == balance_of(family) + yuan(500 - 100 + 330 - 110 + 99.99)
