"""Any story at all, told at the API and to a model of it: after every step both must say the same.

Hypothesis makes the stories up: people pay in, pay, leave and come back, merchants give back, limits are proposed and
voted on, shares are contested, days earn, and every so often somebody sends an old request again. After each step every
stake is the model's, the wallet is their sum, and no check finds anything in the books. A story that goes wrong is cut
down to its shortest form.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from groups.disputes.services import expire_disputes
from groups.members.services import accept_invitation, invite
from groups.proposals.models import Proposal
from groups.proposals.services import expire_proposals
from groups.spending.models import Payment
from tests.cast import (
    Answer,
    balance_of,
    found,
    join,
    meet,
    money,
    open_shop,
    open_world,
    show_code,
    stakes_of,
)
from tests.proofs.model import SHANGHAI, WEEK, Model, Paid, Vote
from wallet.ledger import clock
from wallet.ledger.checks import check_books
from yields.models import FundDay
from yields.services import ensure_demo_fund, run_due

NAMES = ("张伟", "王芳", "孙丽", "李梅")
GUESTS = NAMES[1:]
LOOKS_ON = "李梅"
amounts = st.one_of(st.integers(1, 9), st.integers(1_000, 50_000))
names, numbers = st.sampled_from(NAMES), st.integers(0, 5)


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Undo all that is written inside. To Django it is one of a test's own transactions, so that commands may begin."""
    story = transaction.atomic()
    story._from_testcase = True  # type: ignore[attr-defined]
    with story:
        yield
        transaction.set_rollback(True)


class Story(RuleBasedStateMachine):
    """A family, a shop and a fund; 孙丽 is not in the family at first."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(nothing_stays())
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.world = self.stack.enter_context(open_world(patch))
        now = self.world.now
        self.people = {name: meet(name, f"+861380000000{n}", now=now) for n, name in enumerate(NAMES)}
        self.group = found(self.people["张伟"], now=now)
        self.path = f"/groups/{self.group.pk}"
        join(self.group, self.people["张伟"], self.people["王芳"], now=now)
        join(self.group, self.people["张伟"], self.people[LOOKS_ON], now=now, role="viewer")
        self.shop = open_shop("菜市场", now=now)
        self.model = Model({"张伟": True, "王芳": True, LOOKS_ON: False}, now)
        self.model.stakes = dict.fromkeys(("张伟", "王芳", LOOKS_ON), 0)
        self.numbers: list[str] = []
        self.proposals: list[str] = []
        self.disputes: list[str] = []
        self.sent: list[tuple[str | None, Callable[[], Answer], Answer]] = []
        ensure_demo_fund(self.model.today)
        self.model.credited_until = self.model.today
        asked = {"fund": "DEMO", "agreement_version": "1", "questionnaire": {"risk_level": "R1", "accepted": True}}
        self.people["张伟"].api.put(f"{self.path}/enrollment", asked).expect(200)

    def teardown(self) -> None:
        self.stack.close()

    # --- how it is told -----------------------------------------------------------------------------------------------
    def send(self, name: str, path: str, body: Any = None) -> Answer:
        """Send a command with a key, and remember it for who sends it again."""
        key, api = f"key-{len(self.sent):012}", self.people[name].api
        answer = api.post(self.path + path, body, key=key)
        self.remember(name, lambda: api.post(self.path + path, body, key=key), answer)
        return answer

    def remember(self, name: str | None, again: Callable[[], Answer], answer: Answer) -> None:
        if answer.status < 300 or answer.status == 422:
            self.sent.append((name, again, answer))
        self.settle()

    def settle(self) -> None:
        """Let what is under way arrive."""
        self.world.wait()
        self.model.now = self.world.now

    def here(self, name: str, answer: Answer) -> bool:
        """Whether somebody is in the group; whoever is not is told that there is none."""
        if name not in self.model.members:
            answer.expect(404, "group_not_found")
        return name in self.model.members

    def came(self, answer: Answer, code: str | None) -> Any:
        """What was answered is what the model says."""
        assert (answer.body or {}).get("code") == code, (answer.body, code)
        return answer.body

    # --- money --------------------------------------------------------------------------------------------------------
    @rule(name=names, amount=amounts)
    def contribute(self, name: str, amount: int) -> None:
        source = self.people[name].source
        assert source is not None
        answer = self.send(name, "/contributions", {"source": str(source.pk), "amount": money(amount)})
        if self.here(name, answer):
            self.came(answer, None)
            self.model.post({name: amount})

    @rule(name=names, amount=amounts)
    def pay(self, name: str, amount: int) -> None:
        if not self.model.members.get(name):
            answer = self.people[name].api.post(f"{self.path}/payment-codes", {}, proof=True)
            if self.here(name, answer):
                answer.expect(403, "not_allowed")
            return
        code, number = show_code(self.people[name], self.group), f"n-{len(self.sent)}"
        answer = self.shop.charge(code, amount, number)
        self.came(answer, self.model.pay(name, amount))
        if answer.status == 201:
            self.numbers.append(number)
        self.remember(None, lambda: self.shop.charge(code, amount, number), answer)

    @precondition(lambda self: any(not paid.contested_by for paid in self.model.payments))
    @rule(which=numbers, amount=amounts)
    def refund(self, which: int, amount: int) -> None:
        paid, number = self.pick([each for each in self.paid() if not each[0].contested_by], which)
        request = f"r-{len(self.sent)}"
        answer = self.shop.refund(number, amount, request)
        self.came(answer, self.model.refund(paid, amount))
        self.remember(None, lambda: self.shop.refund(number, amount, request), answer)

    def paid(self) -> list[tuple[Paid, str]]:
        return list(zip(self.model.payments, self.numbers, strict=True))

    @staticmethod
    def pick(of: list[Any], which: int) -> Any:
        return of[which % len(of)]

    # --- people -------------------------------------------------------------------------------------------------------
    @rule(name=st.sampled_from(GUESTS))
    def join(self, name: str) -> None:
        if name in self.model.members:
            return
        role = "viewer" if name == LOOKS_ON else "member"
        code = invite(actor=self.people["张伟"].user, group_id=self.group.pk, now=self.world.now, role=role).code
        accept_invitation(user=self.people[name].user, code=code, now=self.world.now)
        for made in Proposal.objects.filter(group=self.group, kind="add_spender", status="open"):
            for voter in sorted(made.electorate, key=str):
                friend = next(each for each in self.people.values() if each.id == voter)
                friend.api.post(f"{self.path}/proposals/{made.pk}/votes", {"choice": "approve"}).expect(200)
        self.model.members[name] = name != LOOKS_ON
        self.model.stakes.setdefault(name, 0)
        self.settle()

    @rule(name=names)
    def leave(self, name: str) -> None:
        answer = self.people[name].api.delete(f"{self.path}/members/{self.people[name].id}", proof=True)
        if self.here(name, answer):
            self.came(answer, "owner_must_stay" if name == "张伟" else None)
            if name != "张伟":
                self.model.leave(name)
        self.settle()

    # --- votes and limits ---------------------------------------------------------------------------------------------
    @rule(name=names, yuan=st.integers(0, 3))
    def propose(self, name: str, yuan: int) -> None:
        amount, model = yuan * 40_000, self.model
        payload = {"limit": "group_month", "user": None, "amount": money(amount)}
        mine = [vote.amount for vote in model.votes if vote.proposer == name and model.is_open(vote)]
        asked_at = self.world.now
        answer = self.send(name, "/proposals", {"kind": "set_limit", "payload": payload})
        if not self.here(name, answer):
            return
        code = None if model.members[name] else "not_allowed"
        self.came(answer, code or ("proposal_open_already" if amount in mine else None))
        if answer.status == 201:
            vote = Vote(name, amount, asked_at + WEEK, set())
            vote.electorate = model.voters(vote)
            model.votes.append(vote)
            self.proposals.append(answer.body["id"])
            model.conclude(vote)
            assert answer.body["status"] == vote.status

    @precondition(lambda self: self.proposals)
    @rule(name=names, which=numbers, choice=st.sampled_from(["approve", "approve", "reject"]))
    def vote(self, name: str, which: int, choice: str) -> None:
        vote, proposal = self.pick(list(zip(self.model.votes, self.proposals, strict=True))[::-1], which)
        answer = self.send(name, f"/proposals/{proposal}/votes", {"choice": choice})
        if self.here(name, answer):
            told = self.came(answer, self.model.cast(vote, name, choice))
            assert answer.status != 200 or told["status"] in {vote.status, "expired"}

    @precondition(lambda self: self.model.limit)
    @rule(part=st.integers(0, 99))
    def tighten(self, part: int) -> None:
        self.model.limit = (self.model.limit or 0) * part // 100
        asked = {"limit": "group_month", "user": None, "amount": money(self.model.limit)}
        self.people["张伟"].api.put(f"{self.path}/limits", asked).expect(200)
        self.settle()

    # --- quarrels -----------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.model.payments)
    @rule(name=names, which=numbers)
    def contest(self, name: str, which: int) -> None:
        paid, number = self.pick(self.paid()[::-1], which)
        payment = Payment.objects.get(group=self.group, out_trade_no=number)
        answer = self.send(name, "/disputes", {"payment": str(payment.pk), "reason": "这不是家用"})
        if self.here(name, answer):
            self.came(answer, self.model.contest(paid, name))
            if answer.status == 201:
                self.disputes.append(answer.body["id"])

    @precondition(lambda self: any(each.status == "open" for each in self.model.quarrels))
    @rule(which=numbers, conceded=st.booleans())
    def end_quarrel(self, which: int, conceded: bool) -> None:
        both = zip(self.model.quarrels, self.disputes, strict=True)
        quarrel, dispute = self.pick([each for each in both if each[0].status == "open"], which)
        name = quarrel.paid.payer if conceded else quarrel.user
        answer = self.send(name, f"/disputes/{dispute}/{'concede' if conceded else 'withdraw'}")
        if self.here(name, answer):
            is_over = quarrel in self.model.overdue()
            self.came(answer, "dispute_closed" if is_over else None)
            if not is_over:
                self.model.end_quarrel(quarrel, conceded=conceded)

    # --- time, and again ----------------------------------------------------------------------------------------------
    @rule(days=st.sampled_from([1, 2, 3, 7, 14]), hour=st.sampled_from([9, 14, 15, 23]))
    def jump(self, days: int, hour: int) -> None:
        """Let days pass, and do what falls due in them: they earn, and what was open too long is closed."""
        model, morning = self.model, self.world.now.astimezone(SHANGHAI) + timedelta(days=days)
        self.world.go_to(morning.replace(hour=hour, minute=0, second=0, microsecond=0))
        model.now = self.world.now
        run_due(now=model.now)
        rates = FundDay.objects.filter(fund="DEMO", date__gte=model.credited_until, date__lt=model.today)
        model.earn({each.date: int(each.yield_per_10k * 10_000) for each in rates})
        model.credited_until = model.today
        expire_proposals(now=model.now)
        expire_disputes(now=model.now)
        for quarrel in list(model.overdue()):
            model.end_quarrel(quarrel, conceded=False)
        self.settle()

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 30))
    def send_again(self, which: int) -> None:
        """An old request, as it was: the first answer, and nothing else; a member's is the same byte for byte."""
        name, again, first = self.pick(self.sent, which)
        answer = again()
        if name is None or self.here(name, answer):
            assert answer.status == first.status
            assert answer.raw == first.raw if name else self.said(answer) == self.said(first)

    @staticmethod
    def said(answer: Answer) -> dict[str, Any]:
        """What a shop was told: merchants bring their own numbers, and each of their requests has an id."""
        return {field: value for field, value in answer.body.items() if field != "request_id"}

    # --- what must be so ----------------------------------------------------------------------------------------------
    @invariant()
    def it_is_as_the_model_says(self) -> None:
        model = self.model
        shown = {name: stake for name, stake in model.stakes.items() if stake or name in model.members}
        assert stakes_of(self.group) == shown
        assert balance_of(self.group) == sum(model.stakes.values()) == sum(stakes_of(self.group).values())
        assert check_books() == []


def tell(stories: int, steps: int) -> None:
    profile = settings(
        max_examples=stories,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(Story, settings=profile)


@pytest.fixture(autouse=True)
def _clock_and_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the clock as it was, in whatever order the stories end."""
    monkeypatch.setattr(timezone, "now", timezone.now)
    monkeypatch.setattr(clock, "database_now", clock.database_now)


@pytest.mark.django_db
def test_any_story() -> None:
    tell(stories=3, steps=20)


@pytest.mark.proof
@pytest.mark.django_db
def test_very_many_stories() -> None:
    tell(stories=100, steps=40)
