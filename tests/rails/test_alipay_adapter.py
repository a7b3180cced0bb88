"""The second adapter: Alipay's open platform, against a gateway on this machine that checks and signs by itself."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client

from groups.funding.services import contribute, withdraw
from groups.members.models import Group
from tests.cast import Person, World, stakes_of
from tests.clients import API
from tests.rails.alipay_gateway import Gateway, make_key
from tests.rails.conftest import APP_ID, OURS, PAID_AT, connect
from wallet.rails.adapters import base, get_adapter, use_adapter
from wallet.rails.adapters.alipay import AlipayAdapter
from wallet.rails.models import Transfer
from wallet.rails.services import link_account

TOKEN = "moneyFund:20261102000000000001:2088000000000001"


def order(out_no: str = "t1", direction: str = "collect", amount: int = 123_45) -> base.TransferRequest:
    return base.TransferRequest(out_no, direction, TOKEN, amount, "contribution t1")


@pytest.mark.parametrize("direction", ["collect", "payout"])
def test_asked_and_settled(gateway: Gateway, alipay: AlipayAdapter, direction: str) -> None:
    assert alipay.query("t1") == base.NotFound()
    assert alipay.submit(order(direction=direction)) == base.Accepted()
    assert alipay.query("t1") == base.Settled(123_45, PAID_AT)
    assert alipay.submit(order(direction=direction)) == base.Accepted(), "the same number again pays nothing again"
    assert len(gateway.trades) + len(gateway.transfers) == 1
    if direction == "payout":
        assert gateway.transfers["t1"]["payee"]["identity"] == "2088000000000001"


def test_a_number_with_other_content(alipay: AlipayAdapter) -> None:
    alipay.submit(order())
    with pytest.raises(base.NumberReused):
        alipay.submit(order(amount=1))


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("hangs", "ReadTimeout"),
        ("502", "status 502"),
        ("20000", "isp.unknow-error"),
        ("forged", "not signed by Alipay"),
        ("ACQ.SYSTEM_ERROR", "ACQ.SYSTEM_ERROR"),
        ("SYSTEM_ERROR", "SYSTEM_ERROR"),
        ("ACQ.SOMETHING_NEW", "ACQ.SOMETHING_NEW"),
        ("waits", "10003"),
    ],
)
def test_what_is_not_known_is_never_a_refusal(gateway: Gateway, alipay: AlipayAdapter, mood: str, reason: str) -> None:
    gateway.mood = mood
    assert alipay.submit(order()) == base.Unknown(reason)
    if mood not in ("waits", "ACQ.SOMETHING_NEW"):
        assert isinstance(alipay.query("t1"), base.Unknown)
    gateway.mood = ""
    known = {"waits": base.Unknown("WAIT_BUYER_PAY"), "ACQ.SOMETHING_NEW": base.NotFound()}
    assert alipay.query("t1") == known.get(mood, base.Settled(123_45, PAID_AT)), "it was booked all the same"


def test_absent_only_where_both_books_say_so(gateway: Gateway, alipay: AlipayAdapter) -> None:
    gateway.mood = "20000"
    assert isinstance(alipay.query("t1"), base.Unknown)
    gateway.mood = ""
    assert alipay.query("t1") == base.NotFound()
    assert gateway.asked[-2:] == ["alipay.trade.query", "alipay.fund.trans.common.query"]


@pytest.mark.parametrize(
    ("direction", "mood", "code"),
    [
        ("collect", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "buyer_balance_not_enough"),
        ("collect", "ACQ.AGREEMENT_NOT_EXIST", "agreement_not_exist"),
        ("payout", "PAYEE_NOT_EXIST", "payee_not_exist"),
        ("payout", "PAYEE_ACCOUNT_STATUS_ERROR", "payee_account_status_error"),
        ("payout", "PAYER_BALANCE_NOT_ENOUGH", "payer_balance_not_enough"),
    ],
)
def test_a_documented_refusal_is_final(
    gateway: Gateway, alipay: AlipayAdapter, direction: str, mood: str, code: str
) -> None:
    gateway.mood = mood
    assert alipay.submit(order(direction=direction)) == base.Refused(code)
    assert alipay.query("t1") == base.NotFound()


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "DEALING"}, base.Processing()),
        ({"status": "INIT"}, base.Processing()),
        ({"status": "UNKNOWN"}, base.Unknown("status UNKNOWN")),
        ({"status": "FAIL", "error_code": "PAYEE_CARD_INFO_ERROR"}, base.Failed("payee_card_info_error", PAID_AT)),
        ({"status": "REFUND"}, base.Failed("refund", PAID_AT)),
        ({"trans_amount": "1.234"}, base.Unknown("amount 1.234")),
        ({"out_biz_no": "t2"}, base.Unknown("10000")),
    ],
    ids=str,
)
def test_what_became_of_a_payout(
    gateway: Gateway, alipay: AlipayAdapter, fields: dict[str, str], state: base.QueryAnswer
) -> None:
    alipay.submit(order(direction="payout"))
    gateway.transfers["t1"] |= fields
    assert alipay.query("t1") == state


def test_a_trade_that_was_closed(gateway: Gateway, alipay: AlipayAdapter) -> None:
    alipay.submit(order())
    gateway.trades["t1"]["trade_status"] = "TRADE_CLOSED"
    assert alipay.query("t1") == base.Failed("trade_closed", PAID_AT)


def test_a_refund_happens_once_under_its_number(gateway: Gateway, alipay: AlipayAdapter) -> None:
    alipay.submit(order())
    give = {"out_no": "t1", "amount": 23_45, "request_no": "r1", "reason": "重复转入"}
    assert alipay.refund(**give) == alipay.refund(**give) == base.Accepted()  # type: ignore[arg-type]
    assert gateway.refunds == {"r1": "23.45"}
    gateway.mood = "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    assert alipay.refund(**give) == base.Refused("seller_balance_not_enough")  # type: ignore[arg-type]
    gateway.mood = "hangs"
    assert alipay.refund(**give) == base.Unknown("ReadTimeout")  # type: ignore[arg-type]


def test_with_another_key_nothing_is_known(gateway: Gateway, url: str) -> None:
    stranger = connect(url, gateway, make_key())
    assert isinstance(stranger.submit(order()), base.Unknown)
    assert gateway.trades == {}
    stranger.close()


def test_an_account_is_linked_by_the_agreement_that_was_signed(gateway: Gateway, alipay: AlipayAdapter) -> None:
    gateway.signed["9f"] = "13800138000"
    linked = alipay.link_account("yuebao", "+8613800138000", "王芳", "9f")
    assert linked == base.LinkedCard(TOKEN, "余额宝 (138****8000)")
    for login, owner in (("13800138001", "9f"), ("13800138000", "9e")):
        with pytest.raises(base.CardRejected):
            alipay.link_account("yuebao", login, "王芳", owner)
    gateway.mood = "names nobody"
    with pytest.raises(base.CardRejected):
        alipay.link_account("yuebao", "13800138000", "王芳", "9f")
    with pytest.raises(base.CardRejected):
        alipay.link_card("6225880000001009", "王芳")
    gateway.mood = "502"
    with pytest.raises(base.RailDown) as down:
        alipay.link_account("yuebao", "13800138000", "王芳", "9f")
    assert "138" not in str(down.value)


def test_notices(gateway: Gateway, alipay: AlipayAdapter) -> None:
    alipay.submit(order())
    assert alipay.parse_notice({}, gateway.notice("t1")) == base.Notice(
        "n-t1", "t1", 123_45, base.Settled(123_45, PAID_AT)
    )
    waiting = alipay.parse_notice({}, gateway.notice("t1", trade_status="WAIT_BUYER_PAY"))
    assert waiting.answer == base.Processing()
    good_one = gateway.notice("t1")
    for forged in (
        good_one.replace(b"123.45", b"923.45"),
        gateway.notice("t1", key=make_key()),
        gateway.notice("t1", app_id="somebody else's"),
        good_one.replace(b"RSA2", b"RSA1"),
        b"trade_status=TRADE_SUCCESS",
        b"",
        b"\xff",
    ):
        with pytest.raises(base.BadSignature):
            alipay.parse_notice({}, forged)
    wrong: list[dict[str, Any]] = [{"trade_status": "PAID"}, {"total_amount": "-1"}, {"gmt_payment": "yesterday"}]
    wrong += [{"notify_id": "n" * 129}, {"notify_id": ""}]
    for nonsense in wrong:
        with pytest.raises(base.MalformedNotice):
            alipay.parse_notice({}, gateway.notice("t1", **nonsense))


def test_money_in_and_out_through_it(
    world: World, group: Group, member: Person, gateway: Gateway, alipay: AlipayAdapter, settings: Any
) -> None:
    """The same services, the same sweep, another institution: a lost answer is asked for, a notice is heard once."""
    settings.RAILS = ["sandbox", "alipay"]
    gateway.signed[member.id.hex] = "13800138000"
    with use_adapter("alipay", alipay):
        source = link_account(
            user=member.user, rail="alipay", kind="yuebao", login="13800138000", holder="王芳", now=world.now
        )
        gateway.mood = "ACQ.SYSTEM_ERROR"
        contribute(actor=member.user, group_id=group.pk, source_id=source.pk, amount=100_00, now=world.now)
        step(world)
        assert Transfer.objects.get().status == "unknown"
        gateway.mood = ""
        world.bank.now = world.now.replace(minute=30)
        step(world)
        assert stakes_of(group)["王芳"] == 100_00
        assert gateway.asked.count("alipay.trade.pay") == 1
        number = Transfer.objects.get().out_no
        for _ in range(2):
            heard = Client().generic(
                "POST",
                f"{API}/rails/alipay/notifications",
                gateway.notice(number),
                "application/x-www-form-urlencoded",
            )
            assert (heard.status_code, heard.content) == (200, b"success")
        gateway.mood = "PAYEE_ACCOUNT_STATUS_ERROR"
        taken = withdraw(actor=member.user, group_id=group.pk, source_id=source.pk, amount=40_00, now=world.now)
        step(world)
        taken.refresh_from_db()
        assert (taken.status, taken.failure_code) == ("failed", "payee_account_status_error")
        gateway.mood = ""
        withdraw(actor=member.user, group_id=group.pk, source_id=source.pk, amount=40_00, now=world.now)
        step(world)
        world.bank.now = world.now.replace(minute=45)
        step(world)
    assert stakes_of(group)["王芳"] == 60_00
    assert {row["trans_amount"] for row in gateway.transfers.values()} == {"40.00"}


def step(world: World) -> None:
    from wallet.rails.tasks import sweep_transfers

    sweep_transfers()


def test_it_is_off_unless_the_settings_name_it(tmp_path: Path, gateway: Gateway, settings: Any) -> None:
    with pytest.raises(base.RailNotConfigured):
        get_adapter("alipay")
    own, theirs = tmp_path / "own.pem", tmp_path / "alipay.pem"
    own.write_bytes(
        OURS.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    theirs.write_bytes(gateway.key.public_key().public_bytes(serialization.Encoding.PEM, public))
    settings.ALIPAY_APP_ID, settings.ALIPAY_GATEWAY = APP_ID, "http://127.0.0.1:1/gateway.do"
    settings.ALIPAY_PRIVATE_KEY_FILE, settings.ALIPAY_PUBLIC_KEY_FILE = str(own), str(theirs)
    with pytest.raises(base.RailNotConfigured):
        get_adapter("alipay")
    settings.RAILS = ["alipay"]
    assert get_adapter("alipay").query("t1") == base.Unknown("ConnectError")
