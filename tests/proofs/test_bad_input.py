"""Whatever is wrong is refused with a code of its own, and leaves every table as it was.

Two tables in one story: what is sent, and what comes back. Each line takes a digest of the whole database before and
after.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from groups.members.models import Group
from groups.spending.codes import make_code
from groups.spending.keys import sign
from groups.spending.services import show_code
from tests.books import database_digest
from tests.cast import Answer, Person, Shop, World, buy, money, open_shop, pay_in
from tests.rails.bank import SECRET
from wallet.rails.models import Transfer

KEY, GOOD = "k" * 20, money(100)
#: Amounts that are none: (what is sent instead of {"amount": 100, "currency": "CNY"}, the code of the error).
AMOUNTS: list[tuple[Any, str]] = [
    (money(0), "not_positive"),
    (money(-1), "not_positive"),
    ({"amount": 1.0, "currency": "CNY"}, "not_integer"),
    ({"amount": 0.5, "currency": "CNY"}, "not_integer"),
    ({"amount": "100", "currency": "CNY"}, "not_integer"),
    ({"amount": True, "currency": "CNY"}, "not_integer"),
    ({"amount": None, "currency": "CNY"}, "not_integer"),
    ({"amount": [1], "currency": "CNY"}, "not_integer"),
    (money(10**10 + 1), "too_large"),
    (money(2**63), "too_large"),
    (money(10**30), "too_large"),
    ({"amount": 100, "currency": "USD"}, "currency"),
    ({"amount": 100, "currency": "cny"}, "currency"),
    ({"amount": 100, "currency": 156}, "currency"),
    ({"amount": 100}, "not_money"),
    ({"currency": "CNY"}, "not_money"),
    ({"amount": 100, "currency": "CNY", "more": 1}, "not_money"),
    (100, "not_money"),
    ("100", "not_money"),
    ([100, "CNY"], "not_money"),
    (None, "null"),
]
#: The same as raw JSON, where Python's own notation would hide it.
RAW_AMOUNTS = ["1e2", "1E2", "100.0", "1e400", "-0", "NaN", "Infinity", "0x64", "1_00", "٣", "00100"]


@dataclass
class Counter:
    """A group with money, a payment of 30.00 (`dinner`), a contribution that was asked for under KEY; and who acts."""

    world: World
    group: Group
    owner: Person
    member: Person
    stranger: Person
    shop: Shop
    rival: Shop
    dinner: str
    used_code: str

    def contribute(self, amount: Any = GOOD, *, who: Person | None = None, source: Any = None, **more: Any) -> Answer:
        who = who or self.member
        given = str(who.source.pk) if who.source else None
        body = {"source": source or given, "amount": amount, **more}
        return who.api.post(f"/groups/{self.group.pk}/contributions", body)

    def charge(self, code: str, amount: Any = GOOD, no: str = "new", **more: Any) -> Answer:
        body = {"auth_code": code, "amount": amount, "out_trade_no": no}
        return self.shop.api.post("/merchant/payments", {**body, "subject": "蔬菜", "category": "groceries", **more})

    def notice(self, *, change: Any = None, secret: str = SECRET, age: float = 0, header: str = "") -> Answer:
        """Send a notice as the bank would, about the contribution that is under way."""
        transfer = Transfer.objects.get(final_at__isnull=True)
        told = {
            "notice_id": "notice_1", "out_no": transfer.out_no, "status": "settled", "amount": transfer.amount,
            "failure_code": None, "at": self.world.now.isoformat(), **(change or {}),
        }  # fmt: skip
        body, at = json.dumps(told).encode(), int(self.world.now.timestamp() - age)
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Sandbox-Signature": header or f"t={at},v1={digest}"}
        return self.owner.api.call("POST", "/rails/sandbox/notifications", body, headers=headers)


@pytest.fixture
def counter(world: World, group: Group, owner: Person, member: Person, stranger: Person, shop: Shop) -> Counter:
    pay_in(world, member, group, 100_00)
    dinner = buy(member, group, shop, 30_00)
    rival = open_shop("药店", now=world.now)
    used = show_code(actor=member.user, group_id=group.pk, now=world.now).digits
    shop.charge(used, 1_00, no="used").expect(201)
    counter = Counter(world, group, owner, member, stranger, shop, rival, dinner, used)
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(5_00)}
    member.api.post(f"/groups/{group.pk}/contributions", asked, key=KEY).expect(201)
    return counter


@contextmanager
def nothing_changes(what: object) -> Iterator[None]:
    """Assert that the block leaves every table as it was."""
    before = database_digest()
    yield
    after = database_digest()
    assert {table for table in before if before[table] != after[table]} == set(), what


def test_an_amount_that_is_none(counter: Counter) -> None:
    """At each of the three places where an amount comes in, and the code that was shown stays good."""
    code = show_code(actor=counter.member.user, group_id=counter.group.pk, now=counter.world.now).digits
    for amount, why in AMOUNTS:
        refund = {"amount": amount, "out_request_no": "r"}
        with nothing_changes(amount):
            answers = [
                counter.contribute(amount),
                counter.charge(code, amount),
                counter.shop.api.post(f"/merchant/payments/{counter.dinner}/refunds", refund),
            ]
        for answer in answers:
            problem = answer.expect(400, "invalid")
            assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/amount", why)], amount
    counter.charge(code).expect(201)


def test_a_number_that_is_none(counter: Counter) -> None:
    assert counter.member.source is not None
    path = f"/groups/{counter.group.pk}/contributions"
    for raw in RAW_AMOUNTS:
        body = f'{{"source": "{counter.member.source.pk}", "amount": {{"amount": {raw}, "currency": "CNY"}}}}'
        with nothing_changes(raw):
            headers = {"Idempotency-Key": uuid.uuid4().hex}
            answer = counter.member.api.call("POST", path, body.encode(), headers=headers)
        assert answer.status == 400, (raw, answer.body)
        assert answer.body["code"] in ("invalid", "parse_error"), raw


def test_what_is_over_a_limit_leaves_only_its_answer(counter: Counter) -> None:
    kept = frozenset({"api_storedanswer"})
    before = database_digest(leave_out=kept)
    counter.contribute(money(5_000_01)).expect(422, "contribution_too_large")
    assert database_digest(leave_out=kept) == before


def test_everything_else_that_is_wrong(counter: Counter) -> None:
    here, world, group = counter, counter.world, counter.group
    fresh = show_code(actor=here.member.user, group_id=group.pk, now=world.now).digits
    expired = show_code(actor=here.owner.user, group_id=group.pk, now=world.now - timedelta(seconds=61)).digits
    body = b'{"auth_code": "x"}'
    signature = sign(here.shop.api.secret, body, world.now)
    stale = sign(here.shop.api.secret, body, world.now - timedelta(seconds=301))
    early = sign(here.shop.api.secret, body, world.now + timedelta(seconds=301))
    unknown = str(uuid.uuid4())
    path, elsewhere = f"/groups/{group.pk}/payment-codes", {"participants": [str(here.stranger.id)]}
    proof, proof_of_elsewhere = (here.member.api.prove("POST", path, body) for body in ({}, elsewhere))
    proof_of_owner = here.owner.api.prove("POST", path, {})
    assert here.owner.source is not None

    def show(proof: str, body: Any = None, who: Person = here.member) -> Answer:
        return who.api.post(path, body or {}, proof=proof)

    def raw(signed: str, key: str = here.shop.api.key_id, sent: bytes = body) -> Answer:
        headers = {"Merchant-Key": key, "Merchant-Signature": signed}
        return here.shop.api.call("POST", "/merchant/payments", sent, headers=headers)

    def again(**change: Any) -> Answer:
        assert here.member.source is not None
        asked = {"source": str(here.member.source.pk), "amount": money(5_00), **change}
        return here.member.api.post(f"/groups/{group.pk}/contributions", asked, key=KEY)

    def keyed(key: str) -> Answer:
        asked = {"source": unknown, "amount": GOOD}
        return here.member.api.post(f"/groups/{group.pk}/contributions", asked, key=key)

    lines: list[tuple[str, Callable[[], Answer], int, str]] = [
        # codes
        ("a code that was never shown", lambda: here.charge(make_code()), 422, "payment_code_unknown"),
        ("a code with a wrong check digit", lambda: here.charge(wrong_digit(fresh)), 422, "payment_code_unknown"),
        ("no code at all", lambda: here.charge("' OR 1=1 --"), 422, "payment_code_unknown"),
        ("a code that has expired", lambda: here.charge(expired), 422, "payment_code_expired"),
        ("a code that was used", lambda: here.charge(here.used_code), 422, "payment_code_used"),
        # merchants' numbers
        ("a number for two codes", lambda: here.charge(fresh, no=here.dinner), 409, "out_trade_no_reused"),
        ("a number for two amounts", lambda: here.charge(here.used_code, money(2_00), no="used"), 409,
         "out_trade_no_reused"),
        ("a number that is none", lambda: here.charge(fresh, no="a b"), 400, "invalid"),
        ("more than was paid", lambda: here.shop.refund(here.dinner, 30_01), 422, "refund_too_large"),
        ("a number that is nobody's", lambda: here.shop.refund("never", 1), 404, "payment_not_found"),
        ("another shop's number", lambda: here.rival.refund(here.dinner, 1), 404, "payment_not_found"),
        ("another shop's payment", lambda: here.rival.look_up(here.dinner), 404, "payment_not_found"),
        # signatures
        ("an unsigned charge", lambda: raw(""), 401, "signature_invalid"),
        ("a charge signed for another body", lambda: raw(signature, sent=body + b" "), 401, "signature_invalid"),
        ("a charge with another shop's key", lambda: raw(signature, here.rival.api.key_id), 401, "signature_invalid"),
        ("a charge with nobody's key", lambda: raw(signature, "mk_0"), 401, "signature_invalid"),
        ("a charge signed too long ago", lambda: raw(stale), 401, "signature_stale"),
        ("a charge signed in the future", lambda: raw(early), 401, "signature_stale"),
        # notices
        ("an unsigned notice", lambda: here.notice(header="t=1"), 401, "signature_invalid"),
        ("a forged notice", lambda: here.notice(secret="not the secret"), 401, "signature_invalid"),
        ("a stale notice", lambda: here.notice(age=301), 401, "signature_stale"),
        ("a notice from the future", lambda: here.notice(age=-301), 401, "signature_stale"),
        ("a notice about nothing of ours", lambda: here.notice(change={"out_no": "x"}), 404, "transfer_not_found"),
        ("a notice of another amount", lambda: here.notice(change={"amount": 1}), 409, "notice_contradicts"),
        ("a notice of no amount", lambda: here.notice(change={"amount": 1.5}), 400, "invalid"),
        ("a notice that says nothing", lambda: here.notice(change={"status": "maybe"}), 400, "invalid"),
        # foreign ids
        ("somebody else's card", lambda: here.contribute(source=str(here.owner.source.pk)), 404,  # type: ignore[union-attr]
         "source_not_found"),
        ("a card that is none", lambda: here.contribute(source=unknown), 404, "source_not_found"),
        ("somebody else's group", lambda: here.contribute(who=here.stranger), 404, "group_not_found"),
        ("a group that is none", lambda: here.member.api.post(f"/groups/{unknown}/contributions", {}), 404,
         "group_not_found"),
        ("a participant from elsewhere", lambda: show(proof_of_elsewhere, elsewhere), 422, "participant_unknown"),
        # proofs of the payment PIN
        ("a code without a proof", lambda: show(""), 403, "payment_proof_required"),
        ("a code with an invented proof", lambda: show("x" * 43), 403, "payment_proof_invalid"),
        ("a code with another one's proof", lambda: show(proof_of_owner), 403, "payment_proof_invalid"),
        ("a code with a proof of another one", lambda: show(proof_of_elsewhere), 403, "payment_proof_invalid"),
        ("a code for somebody with a proof for nobody", lambda: show(proof, elsewhere), 403, "payment_proof_invalid"),
        # keys
        ("a key for another amount", lambda: again(amount=money(5_01)), 422, "idempotency_key_reused"),
        ("a key for another card", lambda: again(source=unknown), 422, "idempotency_key_reused"),
        ("a key that is too short", lambda: keyed("k" * 15), 400, "idempotency_key_missing"),
        ("a key that is too long", lambda: keyed("k" * 65), 400, "idempotency_key_missing"),
        ("a key of other letters", lambda: keyed("键" * 20), 400, "idempotency_key_missing"),
    ]  # fmt: skip
    wrong = []
    for says, act, status, code in lines:
        with nothing_changes(says):
            answer = act()
        if (answer.status, (answer.body or {}).get("code")) != (status, code):
            wrong.append((says, answer.status, answer.body))
    assert wrong == []
    here.charge(fresh).expect(201)
    show(proof).expect(201)


def wrong_digit(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_a_notice_that_comes_twice_is_heard_once(counter: Counter) -> None:
    counter.notice().expect(204)
    transfer = Transfer.objects.latest("created_at")
    assert transfer.status == "settled"
    change = {"out_no": transfer.out_no, "amount": transfer.amount}
    body = json.dumps({"notice_id": "notice_1", "status": "settled", "failure_code": None,
                       "at": counter.world.now.isoformat(), **change}).encode()  # fmt: skip
    at = int(counter.world.now.timestamp())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Sandbox-Signature": f"t={at},v1={digest}"}
    for _ in range(3):
        with nothing_changes("the same notice"):
            counter.owner.api.call("POST", "/rails/sandbox/notifications", body, headers=headers).expect(204)
