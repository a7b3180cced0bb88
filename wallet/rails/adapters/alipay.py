"""The adapter to Alipay's open platform, over its gateway. Off unless `RAILS` names it (docs/alipay.md).

    collect   alipay.trade.pay under the member's agreement; asked for by alipay.trade.query
    payout    alipay.fund.trans.uni.transfer to the member's account; asked for by alipay.fund.trans.common.query
    refund    alipay.trade.refund, of a collection, by people
    link      alipay.user.agreement.query: the agreement that this very member has signed in Alipay's own app

Only an answer that Alipay signed is its word. Of its refusals those count that it documents as final; every other one,
`SYSTEM_ERROR`, a buyer who has still to act, an unsigned answer and a timeout are `Unknown`: the number is asked for,
and never paid under another one. A token is `<channel>:<agreement>:<user>`, of 64 characters at most.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from wallet.rails.adapters import base, rsa2
from wallet.rails.adapters.alipay_words import (
    ABSENT,
    CHANNELS,
    FINAL,
    PAID,
    REUSED,
    ZONE,
    mask_login,
    read_fen,
    read_moment,
    write_reason,
    write_yuan,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Who we are there: our application and our key, and Alipay's, with which it signs."""

    app_id: str
    own: RSAPrivateKey
    alipay: RSAPublicKey


class _NoAnswer(Exception):
    """Nothing was learned; the text says why, for the log."""


class AlipayAdapter:
    """A connection to the gateway, safe to share among threads."""

    zone = ZONE
    heard = "success"

    def __init__(
        self,
        *,
        gateway: str,
        keys: Keys,
        notify_url: str,
        sign_scene: str,
        connect_timeout_seconds: float = 2,
        read_timeout_seconds: float = 5,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._gateway, self._keys, self._notify_url = gateway, keys, notify_url
        self._sign_scene, self._clock = sign_scene, clock
        timeout = httpx.Timeout(read_timeout_seconds, connect=connect_timeout_seconds)
        self._client = httpx.Client(timeout=timeout, transport=transport, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def link_card(self, number: str, holder: str) -> base.LinkedCard:
        raise base.CardRejected("kind_unsupported")

    def link_account(self, kind: str, login: str, holder: str, owner: str) -> base.LinkedCard:
        """Link by the agreement that was signed under `owner`: whoever only knows a login has signed none for it."""
        channel, called = CHANNELS[kind]
        asked = {
            "external_agreement_no": owner,
            "alipay_logon_id": login.removeprefix("+86"),
            "personal_product_code": "GENERAL_WITHHOLDING_P",
            "sign_scene": self._sign_scene,
        }
        try:
            said = self._ask("alipay.user.agreement.query", asked)
        except _NoAnswer as none:
            raise base.RailDown(str(none)) from None  # the request bears the login: no trace of it
        agreement, user = said.get("agreement_no"), said.get("principal_id")
        if said["code"] != "10000" or said.get("status") != "NORMAL" or not agreement or not user:
            raise base.CardRejected(_code(said))
        if said.get("external_agreement_no") != owner:
            raise base.CardRejected("agreement_of_another")
        return base.LinkedCard(f"{channel}:{agreement}:{user}", f"{called} ({mask_login(login.removeprefix('+86'))})")

    def submit(self, request: base.TransferRequest) -> base.SubmitAnswer:
        channel, agreement, user = request.token.split(":")
        try:
            if request.direction == "collect":
                said = self._ask("alipay.trade.pay", _trade(request, channel, agreement), notify_url=self._notify_url)
            else:
                said = self._ask("alipay.fund.trans.uni.transfer", _payout(request, user))
        except _NoAnswer as none:
            return base.Unknown(str(none))
        if said["code"] == "40004" and said.get("sub_code") in REUSED:
            raise base.NumberReused(request.out_no)
        if said.get("sub_code") == "ACQ.TRADE_HAS_SUCCESS":
            return base.Accepted()
        return _taken(said)

    def query(self, out_no: str) -> base.QueryAnswer:
        """Ask for it among both the trades and the transfers: it is not there only where neither knows it."""
        try:
            said = self._ask("alipay.trade.query", {"out_trade_no": out_no})
            if not _is_absent(said):
                return self._read_trade(said, out_no)
            asked = {"out_biz_no": out_no, "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
            said = self._ask("alipay.fund.trans.common.query", asked)
            return base.NotFound() if _is_absent(said) else self._read_transfer(said, out_no)
        except (_NoAnswer, ValueError) as problem:
            return base.Unknown(str(problem))

    def refund(self, *, out_no: str, amount: int, request_no: str, reason: str) -> base.SubmitAnswer:
        """Give back a collection, or part of it (fen). Asked again under the same `request_no` it happens once."""
        asked = {
            "out_trade_no": out_no,
            "refund_amount": write_yuan(amount),
            "out_request_no": request_no,
            "refund_reason": reason,
        }
        try:
            return _taken(self._ask("alipay.trade.refund", asked))
        except _NoAnswer as none:
            return base.Unknown(str(none))

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> base.Notice:
        """Read what became of a trade. It bears no moment of signing that ages: Alipay sends it again for a day."""
        try:
            told = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        except (ValueError, UnicodeDecodeError):
            raise base.BadSignature from None
        content = rsa2.content_of(told, without=("sign", "sign_type"))
        if told.get("sign_type") != "RSA2" or not rsa2.is_signed(self._keys.alipay, content, told.get("sign", "")):
            raise base.BadSignature
        if told.get("app_id") != self._keys.app_id:
            raise base.BadSignature
        try:
            state = _read_status(told, at=told.get("gmt_payment") or told.get("gmt_close") or told["notify_time"])
            if not 0 < len(told["notify_id"]) <= base.NOTICE_ID_MAX:
                raise ValueError("notify_id is no short text")
            return base.Notice(told["notify_id"], told["out_trade_no"], read_fen(told.get("total_amount")), state)
        except (KeyError, ValueError) as problem:
            raise base.MalformedNotice(repr(problem)) from problem

    def fetch_statement(self, day: date) -> list[base.StatementLine]:
        raise base.RailDown("Alipay's bills are not fetched")

    def _read_trade(self, said: Mapping[str, Any], out_no: str) -> base.QueryAnswer:
        if said["code"] != "10000" or said.get("out_trade_no") != out_no:
            return base.Unknown(_code(said))
        if said.get("trade_status") == "WAIT_BUYER_PAY":
            return base.Unknown("WAIT_BUYER_PAY")
        return _read_status(said, at=said.get("send_pay_date") or self._now())

    def _read_transfer(self, said: Mapping[str, Any], out_no: str) -> base.QueryAnswer:
        if said["code"] != "10000" or said.get("out_biz_no") != out_no:
            return base.Unknown(_code(said))
        status = said.get("status")
        if status == "SUCCESS":
            return base.Settled(read_fen(said.get("trans_amount")), read_moment(said.get("pay_date")))
        if status in ("FAIL", "REFUND", "CLOSED"):
            return base.Failed(write_reason(said.get("error_code") or str(status)), read_moment(self._now()))
        return base.Processing() if status in ("DEALING", "INIT", "WAIT_PAY") else base.Unknown(f"status {status}")

    def _ask(self, method: str, content: Mapping[str, Any], **more: str) -> dict[str, Any]:
        """Send a signed request; return the answer once its signature was right.

        :raises _NoAnswer: for everything else.
        """
        sent = {
            "app_id": self._keys.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": self._now(),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
            **more,
        }
        sent["sign"] = rsa2.sign(self._keys.own, rsa2.content_of(sent))
        try:
            response = self._client.post(self._gateway, data=sent)
        except httpx.HTTPError as trouble:
            raise _NoAnswer(type(trouble).__name__) from None
        if response.status_code != 200:
            raise _NoAnswer(f"status {response.status_code}")
        return self._read(response.text, f"{method.replace('.', '_')}_response")

    def _read(self, text: str, name: str) -> dict[str, Any]:
        """Read the named part. What is signed is its text as it stands, not what JSON makes of it."""
        try:
            signature = json.loads(text)["sign"]
            start = text.index(f'"{name}":') + len(name) + 3
            start += len(text[start:]) - len(text[start:].lstrip())
            said, end = json.JSONDecoder().raw_decode(text, start)
            code = said["code"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _NoAnswer("no answer of Alipay's") from None
        if not isinstance(code, str) or not rsa2.is_signed(self._keys.alipay, text[start:end].encode(), signature):
            raise _NoAnswer("not signed by Alipay")
        return dict(said)

    def _now(self) -> str:
        return self._clock().astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _trade(request: base.TransferRequest, channel: str, agreement: str) -> dict[str, Any]:
    return {
        "out_trade_no": request.out_no,
        "total_amount": write_yuan(request.amount),
        "subject": request.subject,
        "product_code": "GENERAL_WITHHOLDING",
        "agreement_params": {"agreement_no": agreement},
        "enable_pay_channels": channel,
    }


def _payout(request: base.TransferRequest, user: str) -> dict[str, Any]:
    return {
        "out_biz_no": request.out_no,
        "trans_amount": write_yuan(request.amount),
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": request.subject,
        "payee_info": {"identity": user, "identity_type": "ALIPAY_USER_ID"},
    }


def _taken(said: Mapping[str, Any]) -> base.SubmitAnswer:
    if said["code"] == "10000":
        return base.Accepted()
    if said["code"] == "40004" and said.get("sub_code") in FINAL:
        return base.Refused(write_reason(said["sub_code"]))
    return base.Unknown(_code(said))


def _is_absent(said: Mapping[str, Any]) -> bool:
    return said["code"] == "40004" and said.get("sub_code") in ABSENT


def _read_status(told: Mapping[str, Any], at: object) -> base.State:
    """:raises ValueError: when the status, its moment or the amount make no sense."""
    status = told.get("trade_status")
    if status in PAID:
        return base.Settled(read_fen(told.get("total_amount")), read_moment(at))
    if status == "TRADE_CLOSED":
        return base.Failed("trade_closed", read_moment(at))
    if status == "WAIT_BUYER_PAY":
        return base.Processing()
    raise ValueError(f"trade_status {status}")


def _code(said: Mapping[str, Any]) -> str:
    return str(said.get("sub_code") or said["code"])
