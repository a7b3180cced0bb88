"""Payment codes: how they look, how long they live, and that nobody can read one out of the database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.members.models import Group
from groups.spending.codes import check_digit, hash_code, is_well_formed, make_code
from groups.spending.errors import CodeExpired, CodeUnknown
from groups.spending.models import CodeLead, Payment
from groups.spending.services import Charge, charge, show_code
from tests.books import list_tables, run
from tests.cast import Person, Shop, World, balance_of, pay_in


def test_ten_thousand_codes() -> None:
    codes = {make_code() for _ in range(10_000)}
    assert len(codes) == 10_000
    for code in codes:
        assert len(code) == 18
        assert code.startswith("28")
        assert code.isascii()
        assert code.isdigit()
        assert is_well_formed(code)
        assert check_digit(code[:-1]) == code[-1]
    # From a source without a pattern, every digit is about as frequent as any other, in every place.
    for place in range(2, 18):
        counts = [sum(code[place] == str(digit) for code in codes) for digit in range(10)]
        assert min(counts) > 800, (place, counts)
        assert max(counts) < 1_200, (place, counts)


@given(place=st.integers(0, 17), digit=st.integers(1, 9))
def test_one_wrong_digit_is_noticed(place: int, digit: int) -> None:
    code = make_code()
    wrong = (int(code[place]) + digit) % 10
    assert not is_well_formed(code[:place] + str(wrong) + code[place + 1 :])


@given(place=st.integers(2, 16))
def test_two_digits_that_change_places_are_noticed(place: int) -> None:
    code = make_code()
    one, other = code[place], code[place + 1]
    if one != other and {one, other} != {"0", "9"}:  # the one pair that Luhn does not tell apart
        assert not is_well_formed(code[:place] + other + one + code[place + 2 :])


@pytest.mark.parametrize("code", ["", "28", "2" * 18, "28" + "x" * 16, "２８" + "0" * 16, "28" + "٠" * 16, "-" * 18])
def test_what_is_no_code(code: str) -> None:
    assert not is_well_formed(code)


def ask(code: str, number: str = "n") -> Charge:
    return Charge(code, 1_00, number, "蔬菜水果", "groceries")


@pytest.mark.parametrize(
    ("age", "is_good"),
    [(0.0, True), (59.0, True), (59.999, True), (60.0, False), (60.001, False), (61.0, False), (86_400.0, False)],
)
def test_a_code_lives_for_sixty_seconds(
    world: World, group: Group, member: Person, shop: Shop, age: float, is_good: bool
) -> None:
    pay_in(world, member, group, 10_00)
    digits = show_code(actor=member.user, group_id=group.pk, now=world.now).digits
    then = world.now + timedelta(seconds=age)
    if is_good:
        assert charge(merchant=shop.merchant, asked=ask(digits), now=then).payment.status == "settled"
        return
    with pytest.raises(CodeExpired):
        charge(merchant=shop.merchant, asked=ask(digits), now=then)
    assert balance_of(group) == 10_00
    assert Payment.objects.count() == 0


def test_the_digits_are_nowhere_in_the_database(world: World, group: Group, member: Person, shop: Shop) -> None:
    pay_in(world, member, group, 10_00)
    paid, open_ = (show_code(actor=member.user, group_id=group.pk, now=world.now).digits for _ in range(2))
    charge(merchant=shop.merchant, asked=ask(open_), now=world.now)
    with pytest.raises(CodeExpired):
        charge(merchant=shop.merchant, asked=ask(paid, "another"), now=world.now)
    assert CodeLead.objects.filter(pk__in=[hash_code(paid), hash_code(open_)]).count() == 2
    dump = dump_database()
    assert str(group.pk) in dump, "this is a dump"
    for digits in (paid, open_):
        assert hash_code(digits) in dump
        assert digits not in dump
        assert digits[2:17] not in dump
        assert digits.encode().hex() not in dump


def dump_database() -> str:
    """Every row of every table as text."""
    return "\n".join(str(row) for table in list_tables() for (row,) in run(f'SELECT t::text FROM "{table}" t'))


def test_a_code_of_the_right_form_that_was_never_shown(world: World, shop: Shop) -> None:
    with pytest.raises(CodeUnknown):
        charge(merchant=shop.merchant, asked=ask(make_code()), now=world.now)
