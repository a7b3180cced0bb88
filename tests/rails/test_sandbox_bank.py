"""The sandbox bank on its own: what every test card does, signatures, idempotence, notices, the statement, the book."""

import csv
import io
import json
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rails.bank import KEY_ID, NOTIFY_URL, SECRET, START, Bank
from wallet.rails.sandbox.book import RETRY_SECONDS, Book, OutNoReused
from wallet.rails.sandbox.cards import BY_NAME, CARDS, PLENTY, is_luhn_valid
from wallet.rails.sandbox.records import Order
from wallet.rails.sandbox.signing import BadSignature, StaleSignature, check_request, sign_notice, sign_request


class Customer:
    """Speaks raw HTTP with the bank, signed."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.http = httpx.Client(transport=httpx.WSGITransport(app=bank.app), base_url="http://bank.test")

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        signature = sign_request(SECRET.encode(), self.bank.now, method, path, raw)
        sent = {"Sandbox-Key": KEY_ID, "Sandbox-Signature": signature, **headers}
        return self.http.request(method, path, content=raw, headers=sent)

    def link(self, card: str) -> str:
        response = self.send("POST", "/v1/cards", {"number": BY_NAME[card].number, "holder": "张三"})
        assert response.status_code == 201
        token: str = response.json()["token"]
        return token

    def order(self, card: str, out_no: str = "t1", **changes: Any) -> dict[str, Any]:
        return {
            "out_no": out_no,
            "direction": "collect",
            "token": self.link(card),
            "amount": 100_00,
            "currency": "CNY",
            "subject": "转入",
            "notify_url": NOTIFY_URL,
        } | changes

    def submit(self, order: dict[str, Any]) -> httpx.Response:
        return self.send("POST", "/v1/transfers", order)

    def query(self, out_no: str = "t1") -> dict[str, Any]:
        data: dict[str, Any] = self.send("GET", f"/v1/transfers/{out_no}").json()
        return data


@pytest.fixture
def customer(bank: Bank) -> Customer:
    return Customer(bank)


def told(bank: Bank) -> list[tuple[str, str]]:
    """What the notices said, in order: status, and whether the signature was right."""
    rows = []
    for notice in bank.heard:
        right = notice.headers["Sandbox-Signature"] == sign_notice(
            SECRET.encode(), bank_time(notice.headers), notice.body
        )
        rows.append((json.loads(notice.body)["status"], "right" if right else "wrong"))
    return rows


def bank_time(headers: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(headers["Sandbox-Signature"].split(",")[0][2:]), START.tzinfo)


# --- the test cards --------------------------------------------------------------------------------------------------


def test_every_card_is_luhn_valid_and_told_apart() -> None:
    assert all(is_luhn_valid(card.number) for card in CARDS)
    assert len({card.number for card in CARDS}) == len({card.name for card in CARDS}) == len(CARDS)
    assert not is_luhn_valid("6225880000001008")


def test_settles(bank: Bank, customer: Customer) -> None:
    answer = customer.submit(customer.order("settles"))
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    bank.wait(1.9)
    assert customer.query()["status"] == "processing"
    bank.wait(0.1)
    assert customer.query()["status"] == "settled"
    assert told(bank) == [("settled", "right")]
    notice = json.loads(bank.heard[0].body)
    assert notice.keys() == {"notice_id", "out_no", "status", "amount", "failure_code", "at"}
    assert (notice["out_no"], notice["amount"], notice["failure_code"]) == ("t1", 100_00, None)


def test_refused(bank: Bank, customer: Customer) -> None:
    answer = customer.submit(customer.order("refused"))
    assert (answer.status_code, answer.json()["code"]) == (402, "card_refused")
    bank.wait(60)
    assert (customer.query()["status"], customer.query()["failure_code"]) == ("failed", "card_refused")
    assert bank.heard == []


def test_insufficient(bank: Bank, customer: Customer) -> None:
    order = customer.order("insufficient")
    assert customer.submit(order).status_code == 202
    bank.wait(2)
    assert (customer.query()["status"], customer.query()["failure_code"]) == ("failed", "insufficient_funds")
    assert told(bank) == [("failed", "right")]
    customer.submit(order | {"out_no": "t2", "direction": "payout"})
    bank.wait(2)
    customer.submit(order | {"out_no": "t3"})
    bank.wait(2)
    assert [customer.query(out_no)["status"] for out_no in ("t2", "t3")] == ["settled", "settled"]


@pytest.mark.parametrize(("card", "status"), [("late", "settled"), ("late_failed", "failed")])
def test_late(bank: Bank, customer: Customer, card: str, status: str) -> None:
    customer.submit(customer.order(card))
    bank.wait(29)
    assert customer.query()["status"] == "processing"
    bank.wait(1)
    assert customer.query()["status"] == status
    assert bank.heard == []
    bank.wait(10)
    assert told(bank) == [(status, "right")]


@pytest.mark.parametrize(
    ("card", "status", "code"), [("unknown_settled", "settled", None), ("unknown_failed", "failed", "card_blocked")]
)
def test_unknown(bank: Bank, customer: Customer, card: str, status: str, code: str | None) -> None:
    order = customer.order(card)
    assert customer.submit(order).status_code == 504
    assert customer.query()["status"] == "processing"
    bank.wait(60)
    assert (customer.query()["status"], customer.query()["failure_code"]) == (status, code)
    assert customer.submit(order).status_code == 504
    assert bank.heard == []


def test_lost(bank: Bank, customer: Customer) -> None:
    order = customer.order("lost")
    assert customer.submit(order).status_code == 504
    assert customer.query()["code"] == "transfer_unknown"
    assert [customer.submit(order).status_code for _ in range(2)] == [202, 202]
    bank.wait(2)
    assert customer.query()["status"] == "settled"
    assert told(bank) == [("settled", "right")]


def test_notice_twice(bank: Bank, customer: Customer) -> None:
    customer.submit(customer.order("notice_twice"))
    bank.wait(60)
    said = [json.loads(notice.body) for notice in bank.heard]
    assert [notice["status"] for notice in said] == ["processing", "settled", "settled", "processing", "settled"]
    first, second, third, fourth, fifth = (notice["notice_id"] for notice in said)
    assert first == fourth
    assert second == third
    assert len({first, second, fifth}) == 3


def test_forged_notice(bank: Bank, customer: Customer) -> None:
    bank.take = lambda body, headers: 401 if len(bank.heard) == 1 else 200
    customer.submit(customer.order("forged_notice"))
    bank.wait(600)
    assert told(bank) == [("settled", "wrong"), ("settled", "right")]
    assert bank.heard[0].body == bank.heard[1].body


def test_stale_notice(bank: Bank, customer: Customer) -> None:
    customer.submit(customer.order("stale_notice"))
    bank.wait(600)
    assert told(bank) == [("settled", "right"), ("settled", "right")]
    signed = [bank_time(notice.headers) for notice in bank.heard]
    assert signed[1] - signed[0] == timedelta(seconds=601)


def test_a_card_number_is_neither_told_nor_kept(bank: Bank, customer: Customer) -> None:
    number = BY_NAME["settles"].number
    response = customer.send("POST", "/v1/cards", {"number": number, "holder": "张三"})
    assert response.json()["label"] == f"招商银行 ({number[-4:]})"
    customer.submit(customer.order("settles"))
    bank.wait(5)
    dump = "\n".join(bank.book._db.iterdump())  # everything the book knows
    for secret in (number, number[:-4], number[4:-4], "张三"):
        assert secret not in dump
        assert secret not in response.text


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("6225880000001008", 422, "card_number_invalid"),
        ("4111111111111111", 422, "card_unknown"),
        ("6225 8800 0000 1009", 400, "invalid_request"),
        ("", 400, "invalid_request"),
        (6225880000001009, 400, "invalid_request"),
    ],
)
def test_a_card_that_is_not_linked(customer: Customer, number: object, status: int, code: str) -> None:
    response = customer.send("POST", "/v1/cards", {"number": number, "holder": "张三"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert customer.bank.book.list_accounts() == []


# --- one number, one transfer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("card", ["settles", "refused", "unknown_settled", "insufficient"])
def test_the_same_request_gets_the_same_answer_for_ever(bank: Bank, customer: Customer, card: str) -> None:
    order = customer.order(card)
    first = customer.submit(order)
    bank.wait(60)
    again = customer.submit(order)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    bank.wait(60)
    assert bank.book.get_totals().collected in (0, 100_00)
    assert len(bank.heard) <= 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 100_01},
        {"direction": "payout"},
        {"subject": "other"},
        {"notify_url": "http://elsewhere.test/"},
        {"token": "card_other"},
    ],
)
def test_the_same_number_with_other_content_is_refused(bank: Bank, customer: Customer, change: dict[str, Any]) -> None:
    order = customer.order("settles")
    customer.submit(order)
    refused = customer.submit(order | change)
    assert (refused.status_code, refused.json()["code"]) == (409, "out_no_reused")
    bank.wait(60)
    assert bank.book.get_totals().collected == 100_00


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": 1.0},
        {"amount": "100"},
        {"amount": True},
        {"amount": 10**12},
        {"amount": None},
        {"currency": "USD"},
        {"direction": "steal"},
        {"direction": []},
        {"out_no": "a b"},
        {"out_no": ""},
        {"out_no": "x" * 65},
        {"token": ""},
        {"subject": "x" * 129},
        {"notify_url": "file:///etc/passwd"},
        {"more": 1},
    ],
)
def test_a_wrong_field_is_refused_by_name(bank: Bank, customer: Customer, change: dict[str, Any]) -> None:
    response = customer.submit(customer.order("settles") | change)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert next(iter(change)) in response.json()["message"] or change == {"more": 1}
    assert bank.book.next_due() is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 10_000, b'{"out_no": "t1"}'])
def test_what_is_no_order_is_refused(customer: Customer, body: bytes) -> None:
    assert customer.send("POST", "/v1/transfers", body).status_code == 400


def test_other_refusals(customer: Customer) -> None:
    assert customer.submit(customer.order("settles", token="card_none")).json()["code"] == "token_unknown"
    assert customer.send("GET", "/v1/transfers/none").status_code == 404
    assert customer.send("GET", "/v1/nothing").json()["code"] == "not_found"
    assert customer.send("POST", "/v1/transfers", b" " * 20_000).status_code == 413
    assert customer.send("GET", "/v1/statements/2026-13-01").status_code == 400


# --- signatures ------------------------------------------------------------------------------------------------------


def test_a_request_is_signed_by_the_customer_now(bank: Bank, customer: Customer) -> None:
    right = sign_request(SECRET.encode(), bank.now, "GET", "/v1/book", b"")
    codes = {
        "signature_invalid": ["", "v1=", right[:-1] + "g", right.upper(), right.replace(",v1", ", v1")],
        "signature_stale": [
            sign_request(SECRET.encode(), bank.now + timedelta(seconds=s), "GET", "/v1/book", b"") for s in (-301, 301)
        ],
    }
    codes["signature_invalid"] += [
        sign_request(b"other", bank.now, "GET", "/v1/book", b""),
        sign_request(SECRET.encode(), bank.now, "POST", "/v1/book", b""),
        sign_request(SECRET.encode(), bank.now, "GET", "/v1/books", b""),
        sign_request(SECRET.encode(), bank.now, "GET", "/v1/book", b"{}"),
    ]
    for code, headers in codes.items():
        for header in headers:
            response = customer.send("GET", "/v1/book", **{"Sandbox-Signature": header})
            assert (response.status_code, response.json()["code"]) == (401, code), header
    assert customer.send("GET", "/v1/book", **{"Sandbox-Key": "other"}).json()["code"] == "key_unknown"
    assert customer.send("GET", "/v1/book", **{"Sandbox-Signature": right}).status_code == 200
    assert customer.http.get("/v1/health").json() == {"status": "ok"}


def test_five_minutes_is_still_now() -> None:
    for seconds in (-300, 0, 300):
        header = sign_request(b"s", START + timedelta(seconds=seconds), "GET", "/", b"")
        check_request(b"s", header, START, "GET", "/", b"")
    with pytest.raises(StaleSignature):
        check_request(b"s", header, START - timedelta(seconds=1), "GET", "/", b"")
    with pytest.raises(BadSignature):
        check_request(b"s", header.replace("t=", "t=0"), START, "GET", "/", b"")


def test_an_unsigned_order_changes_nothing(bank: Bank, customer: Customer) -> None:
    order = customer.order("settles")
    assert customer.http.post("/v1/transfers", json=order).status_code == 401
    assert bank.book.find_transfer("t1") is None


# --- notices ---------------------------------------------------------------------------------------------------------


def test_a_notice_comes_again_with_growing_pauses_until_it_is_taken(bank: Bank, customer: Customer) -> None:
    moments: list[datetime] = []

    def take(body: bytes, headers: dict[str, str]) -> int:
        moments.append(bank_time(headers))
        return 204 if len(moments) == 4 else 500

    bank.take = take
    customer.submit(customer.order("settles"))
    bank.wait(86_400)
    pauses = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert pauses == [1, 5, 30]
    assert len({notice.body for notice in bank.heard}) == 1
    assert all(right == "right" for _, right in told(bank))


def test_a_notice_that_nobody_takes_is_given_up(bank: Bank, customer: Customer) -> None:
    bank.take = lambda body, headers: 301
    customer.submit(customer.order("settles"))
    bank.wait(10 * 86_400)
    assert len(bank.heard) == 1 + len(RETRY_SECONDS)
    assert bank.book.next_due() is None


# --- the book --------------------------------------------------------------------------------------------------------


def test_the_statement_the_balances_and_the_transfers_agree(bank: Bank, customer: Customer) -> None:
    for n, card in enumerate(card for card in CARDS for _ in range(3)):
        order = customer.order(card.name, f"n{n}", amount=1000 + n, direction=("collect", "collect", "payout")[n % 3])
        customer.submit(order)
        bank.wait(3600 * (n % 4))
    bank.wait(3600)
    net = lines = 0
    for offset in range(5):
        day = (START + timedelta(days=offset)).date()
        text = customer.send("GET", f"/v1/statements/{day}").text
        for row in csv.DictReader(io.StringIO(text)):
            lines += 1
            sign = {"collect": 1, "payout": -1}[row["direction"]] * (row["status"] == "settled")
            net += sign * int(row["amount"])
    book = customer.send("GET", "/v1/book").json()
    totals, accounts = book["totals"], book["accounts"]
    assert net == totals["collected"] - totals["paid_out"] == totals["opening"] - totals["balance"] > 0
    assert sum(account["opening"] - account["balance"] for account in accounts) == net
    assert lines == 3 * len(CARDS) - 3  # all but those of the lost card, which were sent only once
    assert totals["processing"] == 0


def test_a_statement_s_day_is_shanghai_s(bank: Bank, customer: Customer) -> None:
    bank.now = datetime(2026, 11, 2, 15, 59, 57, tzinfo=START.tzinfo)  # 23:59:57 in Shanghai
    customer.submit(customer.order("settles", "before"))
    bank.wait(1.5)
    customer.submit(customer.order("settles", "after"))
    bank.wait(10)
    days = [customer.send("GET", f"/v1/statements/2026-11-0{day}").text for day in (2, 3)]
    assert ["before" in day for day in days] == [True, False]
    assert ["after" in day for day in days] == [False, True]


def test_a_card_never_pays_more_than_is_on_it(bank: Bank) -> None:
    token = bank.book.link_card(BY_NAME["settles"].number, START).token
    for n in (1, 2):
        bank.book.submit(Order(f"big{n}", "collect", token, PLENTY // 2 + 1, "CNY", "s", NOTIFY_URL), START)
    bank.wait(2)
    states = [bank.book.get_transfer(f"big{n}").status for n in (1, 2)]
    assert states == ["settled", "failed"]


def test_a_step_that_fails_leaves_nothing(bank: Bank) -> None:
    token = bank.book.link_card(BY_NAME["settles"].number, START).token
    with pytest.raises(sqlite3.IntegrityError):
        bank.book.submit(Order("t1", "steal", token, 1, "CNY", "s", NOTIFY_URL), START)
    assert bank.book.find_transfer("t1") is None
    bank.book.submit(Order("t1", "collect", token, 1, "CNY", "s", NOTIFY_URL), START)


def test_a_book_is_on_disk_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    book = Book(path)
    order = Order("t1", "collect", book.link_card(BY_NAME["settles"].number, START).token, 1, "CNY", "s", NOTIFY_URL)
    book.submit(order, START)
    again = Book(path)
    assert [notice.out_no for notice in again.tick(START + timedelta(seconds=2))] == ["t1"]
    assert [notice.out_no for notice in book.tick(START + timedelta(seconds=2))] == ["t1"]
    assert again.get_totals().collected == 1
    with pytest.raises(OutNoReused):
        again.submit(Order("t1", "collect", order.token, 2, "CNY", "s", NOTIFY_URL), START)
    again.close()
    book.close()
