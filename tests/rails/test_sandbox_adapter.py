"""What the adapter makes of everything the bank, or the network in between, may answer."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.test import override_settings

from tests.rails.bank import KEY_ID, NOTIFY_URL, SECRET, START, Bank
from wallet.rails.adapters import base, get_adapter, use_adapter
from wallet.rails.adapters.sandbox import SandboxAdapter
from wallet.rails.sandbox.cards import BY_NAME


def broken(answer: Callable[[httpx.Request], httpx.Response]) -> SandboxAdapter:
    """An adapter to a bank that answers everything like this."""
    return SandboxAdapter(
        base_url="http://bank.test",
        key_id=KEY_ID,
        secret=SECRET,
        notify_url=NOTIFY_URL,
        transport=httpx.MockTransport(answer),
    )


def request(out_no: str = "t1") -> base.TransferRequest:
    return base.TransferRequest(out_no, "collect", "card_x", 100, "转入")


# --- against the real bank -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "submitted", "at_first", "in_the_end"),
    [
        ("settles", base.Accepted(), base.Processing, base.Settled),
        ("refused", base.Refused("card_refused"), base.Failed, base.Failed),
        ("insufficient", base.Accepted(), base.Processing, base.Failed),
        ("late", base.Accepted(), base.Processing, base.Settled),
        ("late_failed", base.Accepted(), base.Processing, base.Failed),
        ("unknown_settled", base.Unknown("status 504"), base.Processing, base.Settled),
        ("unknown_failed", base.Unknown("status 504"), base.Processing, base.Failed),
        ("lost", base.Unknown("status 504"), base.NotFound, base.NotFound),
        ("notice_twice", base.Accepted(), base.Processing, base.Settled),
    ],
)
def test_every_outcome_is_told_apart(
    bank: Bank, card: str, submitted: base.Answer, at_first: type, in_the_end: type
) -> None:
    order = bank.order(card, "t1")
    assert bank.adapter.submit(order) == submitted
    assert type(bank.adapter.query("t1")) is at_first
    bank.wait(60)
    assert type(bank.adapter.query("t1")) is in_the_end


def test_the_answers_bear_what_is_known(bank: Bank) -> None:
    bank.adapter.submit(bank.order("settles", "t1", amount=123))
    bank.adapter.submit(bank.order("insufficient", "t2"))
    bank.wait(2)
    assert bank.adapter.query("t1") == base.Settled(123, START + timedelta(seconds=2))
    assert bank.adapter.query("t2") == base.Failed("insufficient_funds", START + timedelta(seconds=2))


def test_a_linked_card_is_a_token_and_a_label(bank: Bank) -> None:
    card = bank.link("settles")
    assert card.label == "招商银行 (1009)"
    assert BY_NAME["settles"].number not in card.token
    assert bank.link("settles").token != card.token


@pytest.mark.parametrize(
    ("number", "code"),
    [("6225880000001008", "card_number_invalid"), ("4111111111111111", "card_unknown"), ("x", "invalid_request")],
)
def test_a_rejected_card_says_why(bank: Bank, number: str, code: str) -> None:
    with pytest.raises(base.CardRejected) as rejected:
        bank.adapter.link_card(number, "张三")
    assert rejected.value.code == code


def test_a_number_used_twice_is_a_fault_of_ours(bank: Bank) -> None:
    order = bank.order("settles", "t1")
    assert [bank.adapter.submit(order) for _ in range(2)] == [base.Accepted(), base.Accepted()]
    with pytest.raises(base.NumberReused):
        bank.adapter.submit(base.TransferRequest("t1", "collect", order.token, 1, "转入"))


def test_a_token_the_bank_does_not_know_is_a_refusal(bank: Bank) -> None:
    assert bank.adapter.submit(request()) == base.Refused("token_unknown")


def test_with_the_wrong_key_nothing_is_known_and_nothing_booked(bank: Bank) -> None:
    order = bank.order("settles", "t1")
    for stranger in (bank.connect(secret="other"), bank.connect(key_id="other")):
        assert stranger.submit(order) == stranger.query("t1") == base.Unknown("status 401")
        with pytest.raises(base.RailDown):
            stranger.link_card(BY_NAME["settles"].number, "张三")
    assert bank.adapter.query("t1") == base.NotFound()


def test_the_statement_is_the_bank_s_own(bank: Bank) -> None:
    orders = [
        bank.order("settles", "in", amount=500),
        bank.order("settles", "out", amount=200, direction="payout"),
        bank.order("late_failed", "no", amount=7),
    ]
    for order in orders:
        bank.adapter.submit(order)
    bank.wait(60)
    after = [("settled", 2), ("settled", 2), ("failed", 30)]
    lines = [
        line(order, status, START + timedelta(seconds=seconds))
        for order, (status, seconds) in zip(orders, after, strict=True)
    ]
    assert bank.adapter.fetch_statement(date(2026, 11, 2)) == lines
    assert bank.adapter.fetch_statement(date(2026, 11, 3)) == []
    bank.wait(24 * 3600)
    bank.book.reverse("in", bank.now)
    taken_back = replace(lines[0], reference=f"{lines[0].reference}R", at=bank.now, is_reversed=True)
    assert bank.adapter.fetch_statement(date(2026, 11, 2)) == lines
    assert bank.adapter.fetch_statement(date(2026, 11, 3)) == [taken_back]
    totals = bank.book.get_totals()
    assert (totals.collected, totals.opening - totals.balance) == (0, -200)


def line(order: base.TransferRequest, status: str, at: datetime) -> base.StatementLine:
    reference = f"SB{hashlib.sha256(order.out_no.encode()).hexdigest()[:16].upper()}"
    return base.StatementLine(reference, order.out_no, order.token, order.direction, order.amount, status, at)


# --- notices ---------------------------------------------------------------------------------------------------------


def hear(bank: Bank, card: str) -> list[base.Notice | type[Exception]]:
    """What the adapter made of every notice about a transfer on this card."""
    made: list[base.Notice | type[Exception]] = []

    def take(body: bytes, headers: dict[str, str]) -> int:
        try:
            made.append(bank.adapter.parse_notice(headers, body))
        except Exception as problem:
            made.append(type(problem))
            return 401
        return 200

    bank.take = take
    bank.adapter.submit(bank.order(card, "t1"))
    bank.wait(3600)
    return made


def test_a_notice_bears_the_answer(bank: Bank) -> None:
    (notice,) = hear(bank, "settles")
    assert isinstance(notice, base.Notice)
    assert (notice.out_no, notice.amount, notice.status) == ("t1", 100_00, "settled")
    assert notice.answer == bank.adapter.query("t1")


def test_a_notice_of_failure_says_why(bank: Bank) -> None:
    (notice,) = hear(bank, "insufficient")
    assert isinstance(notice, base.Notice)
    assert notice.answer == base.Failed("insufficient_funds", START + timedelta(seconds=2))
    assert notice.status == "failed"


def test_notices_out_of_order_are_each_what_they_say(bank: Bank) -> None:
    said = [notice.status for notice in hear(bank, "notice_twice") if isinstance(notice, base.Notice)]
    assert said == ["processing", "settled", "settled", "processing", "settled"]


@pytest.mark.parametrize(
    ("card", "problem"), [("forged_notice", base.BadSignature), ("stale_notice", base.StaleNotice)]
)
def test_a_wrong_notice_is_refused_and_the_right_one_heard(bank: Bank, card: str, problem: type) -> None:
    first, second = hear(bank, card)
    assert first is problem
    assert isinstance(second, base.Notice)


def signed(body: bytes, moment: datetime, secret: str = SECRET) -> str:
    """Sign a notice by what the bank's interface says, without any code of either side."""
    unix = int(moment.timestamp())
    return f"t={unix},v1={hmac.new(secret.encode(), b'%d.' % unix + body, hashlib.sha256).hexdigest()}"


GOOD: dict[str, Any] = {
    "notice_id": "n1",
    "out_no": "t1",
    "status": "settled",
    "amount": 100,
    "failure_code": None,
    "at": "2026-11-02T02:00:02+00:00",
}


def test_the_signature_is_as_documented(bank: Bank) -> None:
    body = json.dumps(GOOD).encode()
    for name in ("Sandbox-Signature", "sandbox-signature", "SANDBOX-SIGNATURE"):
        assert bank.adapter.parse_notice({name: signed(body, START)}, body).notice_id == "n1"
    for moment in (START - timedelta(seconds=300), START + timedelta(seconds=300)):
        bank.adapter.parse_notice({"Sandbox-Signature": signed(body, moment)}, body)
    for moment in (START - timedelta(seconds=301), START + timedelta(seconds=301)):
        with pytest.raises(base.StaleNotice):
            bank.adapter.parse_notice({"Sandbox-Signature": signed(body, moment)}, body)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=" + "0" * 64,
        signed(b"other", START),
        signed(json.dumps(GOOD).encode(), START, "other"),
        signed(json.dumps(GOOD).encode(), START).replace(",", ", "),
        signed(json.dumps(GOOD).encode(), START).replace("t=", "t=0"),
        signed(json.dumps(GOOD).encode(), START) + "\n",
        signed(json.dumps(GOOD).encode(), START) + "é",
    ],
)
def test_anything_but_the_right_signature_is_refused(bank: Bank, header: str) -> None:
    with pytest.raises(base.BadSignature):
        bank.adapter.parse_notice({"Sandbox-Signature": header}, json.dumps(GOOD).encode())
    with pytest.raises(base.BadSignature):
        bank.adapter.parse_notice({}, json.dumps(GOOD).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        *[
            json.dumps(GOOD | change).encode()
            for change in (
                {"amount": 1.0},
                {"amount": "100"},
                {"amount": True},
                {"amount": 0},
                {"amount": -100},
                {"status": "paid"},
                {"status": None},
                {"at": None},
                {"at": "2026-11-02T02:00:02"},
                {"at": "soon"},
                {"notice_id": ""},
                {"notice_id": 1},
                {"notice_id": "n" * 65},
                {"out_no": None},
                {"out_no": ["t1"]},
            )
        ],
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_refused(bank: Bank, body: bytes) -> None:
    with pytest.raises(base.MalformedNotice):
        bank.adapter.parse_notice({"Sandbox-Signature": signed(body, START)}, body)


# --- the network in between ------------------------------------------------------------------------------------------

TROUBLE = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("broken"),
    httpx.RemoteProtocolError("closed"),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: type(trouble).__name__)
def test_trouble_on_the_way_is_an_answer(trouble: httpx.HTTPError) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise trouble

    adapter = broken(fail)
    assert adapter.submit(request()) == adapter.query("t1") == base.Unknown(type(trouble).__name__)
    with pytest.raises(base.RailDown) as down:
        adapter.link_card("6225880000001009", "张三")
    assert down.value.__cause__ is None
    with pytest.raises(base.RailDown):
        adapter.fetch_statement(date(2026, 11, 2))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>no such page</html>"),
        httpx.Response(404, json={"code": "not_found"}),
        httpx.Response(400, text="bad request"),
        httpx.Response(402, json=["code"]),
        httpx.Response(409, text="conflict"),
        httpx.Response(200, text="welcome to this hotel's network"),
        httpx.Response(202, json={"out_no": "somebody else's"}),
        httpx.Response(200, json={"out_no": "somebody else's", "status": "settled", "amount": 1}),
        httpx.Response(302, headers={"Location": "http://elsewhere.test/"}),
        httpx.Response(429),
        httpx.Response(500, json={"code": "card_refused"}),
        httpx.Response(502),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.text[:20]}",
)
def test_only_the_bank_s_own_word_counts(answer: httpx.Response) -> None:
    adapter = broken(lambda request: answer)
    unknown = base.Unknown(f"status {answer.status_code}")
    assert adapter.submit(request()) == adapter.query("t1") == unknown
    with pytest.raises(base.RailDown):
        adapter.link_card("6225880000001009", "张三")
    with pytest.raises(base.RailDown):
        adapter.fetch_statement(date(2026, 11, 2))


@pytest.mark.parametrize(
    "change", [{"status": "paid"}, {"amount": "1"}, {"final_at": None}, {"final_at": "2026-11-02"}, {"amount": None}]
)
def test_an_answer_that_makes_no_sense_is_no_answer(change: dict[str, Any]) -> None:
    good = {"out_no": "t1", "status": "settled", "amount": 1, "final_at": "2026-11-02T02:00:00+00:00"}
    assert isinstance(broken(lambda request: httpx.Response(200, json=good)).query("t1"), base.Settled)
    assert isinstance(broken(lambda request: httpx.Response(200, json=good | change)).query("t1"), base.Unknown)


HEADER = "reference,out_no,token,direction,amount,status,time,reversed"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("out_no,amount\n", 0),
        (f"{HEADER}\nSB1,t1,card,collect,1\n", 1),
        (f"{HEADER}\nSB1,t1,card,collect,1.5,settled,2026-11-02T02:00:00+00:00,no\n", 1),
        (f"{HEADER}\nSB1,t1,card,collect,1,processing,2026-11-02T02:00:00+00:00,no\n", 1),
        (f"{HEADER}\nSB1,t1,card,collect,1,settled,2026-11-02T02:00:00+00:00,maybe\n", 1),
        (f"{HEADER}\nSB1,t1,card,collect,1,settled,2026-11-02T02:00:00+00:00,no\n", 2),
    ],
)
def test_a_broken_statement_is_none(text: str, count: int) -> None:
    whole = httpx.Response(200, text=text, headers={"Statement-Lines": str(count)})
    with pytest.raises(base.RailDown):
        broken(lambda request: whole).fetch_statement(date(2026, 11, 2))


def test_a_reason_is_a_short_word_or_is_not_repeated() -> None:
    adapter = broken(lambda request: httpx.Response(402, json={"code": "<script>" * 99}))
    assert adapter.submit(request()) == base.Refused("refused")


# --- the registry ----------------------------------------------------------------------------------------------------

CONFIGURED: dict[str, Any] = {
    "RAILS": ["sandbox"],
    "SANDBOX_BANK_URL": "http://127.0.0.1:1",
    "SANDBOX_BANK_KEY_ID": KEY_ID,
    "SANDBOX_BANK_SECRET": SECRET,
}


def test_the_settings_choose_the_adapter() -> None:
    with override_settings(**CONFIGURED):
        adapter = get_adapter("sandbox")
        assert get_adapter("sandbox") is adapter
        assert adapter.submit(request()) == base.Unknown("ConnectError")
    gaps: list[dict[str, Any]] = [{"RAILS": []}, {"SANDBOX_BANK_URL": ""}]
    for missing in gaps:
        with override_settings(**CONFIGURED | missing), pytest.raises(base.RailNotConfigured):
            get_adapter("sandbox")
    with override_settings(**CONFIGURED), pytest.raises(base.RailNotConfigured):
        get_adapter("somewhere")


def test_a_test_or_a_replay_puts_its_own_in_place(bank: Bank) -> None:
    other = broken(lambda request: httpx.Response(500))
    with use_adapter("replay", bank.adapter):
        with use_adapter("replay", other):
            assert get_adapter("replay") is other
        assert get_adapter("replay") is bank.adapter
        bank.now = datetime(2013, 7, 1, tzinfo=UTC)  # the replay's own time is signed, and accepted
        assert get_adapter("replay").submit(bank.order("settles", "t1")) == base.Accepted()
    with pytest.raises(base.RailNotConfigured):
        get_adapter("replay")
