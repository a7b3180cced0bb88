"""Who votes and what comes of it, without a database: on small tables, and on random votes."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.proposals.quorums import (
    Elector,
    Quorum,
    Verdict,
    everybody,
    majority,
    only,
    share_of,
    some,
    spenders,
    tally,
)

PEOPLE = [uuid.UUID(int=number) for number in range(1, 8)]
OWNER, FIRST, SECOND, THIRD, RICH_VIEWER, POOR_VIEWER, STRANGER = PEOPLE
ELECTORS = [
    *(Elector(person, may_spend=True, stake=0) for person in (OWNER, FIRST, SECOND, THIRD)),
    Elector(RICH_VIEWER, may_spend=False, stake=100),
    Elector(POOR_VIEWER, may_spend=False, stake=0),
]


def test_all_are_those_who_may_spend_or_have_money_there() -> None:
    quorum = everybody(ELECTORS, but=[OWNER])
    assert quorum.voters == {FIRST, SECOND, THIRD, RICH_VIEWER}
    assert (quorum.needed, quorum.asks_newcomers) == (4, True)


def test_a_number_counts_only_those_who_may_spend() -> None:
    assert some(ELECTORS, 2, but=[OWNER]) == Quorum(frozenset({FIRST, SECOND, THIRD}), 2)
    assert some(ELECTORS, 9, but=[OWNER]).needed == 3, "no more than there are"


def test_where_nobody_else_may_spend_those_with_money_decide() -> None:
    alone = [elector for elector in ELECTORS if not elector.may_spend or elector.user_id == OWNER]
    assert some(alone, 1, but=[OWNER]) == Quorum(frozenset({RICH_VIEWER}), 1, money={RICH_VIEWER: 100})
    assert some(alone[:1], 1, but=[OWNER]) == Quorum(frozenset(), 0)


def test_whoever_had_a_vote_keeps_it_and_is_weighed_as_a_viewer() -> None:
    """A spender who was made a viewer meanwhile."""
    demoted = [Elector(FIRST, may_spend=False, stake=7, had_vote=True), Elector(OWNER, may_spend=True, stake=0)]
    assert some(demoted, 1, but=[OWNER]) == Quorum(frozenset({FIRST}), 1, money={FIRST: 7})
    assert majority(demoted, but=[OWNER]).voters == {FIRST}


def test_all_who_may_spend() -> None:
    assert spenders(ELECTORS, but=[OWNER]) == Quorum(frozenset({FIRST, SECOND, THIRD}), 3)


@pytest.mark.parametrize(
    ("approving", "rejecting", "verdict"),
    [
        ([SECOND, THIRD], [], None),  # heads enough, a quarter of the money
        ([FIRST], [], None),  # half of the money is not more than half
        ([FIRST, SECOND], [], Verdict.APPROVED),
        ([SECOND, THIRD], [FIRST], Verdict.REJECTED),
        ([SECOND], [THIRD], None),
        ([SECOND], [THIRD, RICH_VIEWER], None),
        ([], [FIRST], Verdict.REJECTED),
    ],
)
def test_where_it_is_weighed_more_than_half_of_the_money_must_approve(
    approving: list[uuid.UUID], rejecting: list[uuid.UUID], verdict: Verdict | None
) -> None:
    money = {FIRST: 400, SECOND: 100, THIRD: 100, RICH_VIEWER: 200}
    votes = {**dict.fromkeys(approving, True), **dict.fromkeys(rejecting, False)}
    assert tally(Quorum(frozenset(money), 2, money=money), votes).verdict is verdict


@pytest.mark.parametrize(("but", "half", "two_thirds"), [([OWNER], 2, 2), ([OWNER, FIRST], 2, 2), (PEOPLE, 1, 1)])
def test_more_than_half_and_two_thirds(but: list[uuid.UUID], half: int, two_thirds: int) -> None:
    assert majority(ELECTORS, but=but).needed == half
    assert share_of(ELECTORS, 2, 3, but=but).needed == two_thirds


def test_one_person_decides_while_they_are_there() -> None:
    assert only(ELECTORS, FIRST).voters == {FIRST}
    assert tally(only(ELECTORS, STRANGER), {}).verdict is Verdict.REJECTED


voters = st.frozensets(st.sampled_from(PEOPLE))
votes = st.dictionaries(st.sampled_from(PEOPLE), st.booleans())


@given(voters, st.integers(0, 8), votes)
def test_a_verdict_is_what_the_numbers_say(who: frozenset[uuid.UUID], needed: int, cast: dict[uuid.UUID, bool]) -> None:
    counted = tally(Quorum(who, needed), cast)
    approvals = sum(approves for voter, approves in cast.items() if voter in who)
    rejections = sum(not approves for voter, approves in cast.items() if voter in who)
    assert (counted.approvals, counted.rejections) == (approvals, rejections)
    if rejections > len(who) - needed:
        assert counted.verdict is Verdict.REJECTED
    elif approvals >= needed:
        assert counted.verdict is Verdict.APPROVED
    else:
        assert counted.verdict is None


@given(voters, st.integers(0, 8), votes, st.sampled_from(PEOPLE), st.booleans())
def test_a_verdict_never_turns_round(
    who: frozenset[uuid.UUID], needed: int, cast: dict[uuid.UUID, bool], late: uuid.UUID, approves: bool
) -> None:
    before = tally(Quorum(who, needed), cast).verdict
    if before is not None and late not in cast:
        assert tally(Quorum(who, needed), {**cast, late: approves}).verdict is before


@given(voters, st.integers(1, 7), votes)
def test_whoever_is_required_cannot_be_replaced(
    who: frozenset[uuid.UUID], needed: int, cast: dict[uuid.UUID, bool]
) -> None:
    quorum = Quorum(who | {FIRST}, needed, frozenset({FIRST}))
    verdict = tally(quorum, cast).verdict
    if verdict is Verdict.APPROVED:
        assert cast[FIRST]
    if cast.get(FIRST) is False:
        assert verdict is Verdict.REJECTED
