"""Alipay's gateway as its documents describe it: signed requests in, signed answers out, trades and transfers kept.

It shares no code with the adapter: it signs and verifies by itself. `mood` makes it answer as the real one does on a
bad day; what it has booked before that stays booked.
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask, Response, request

AT = "2026-11-02 10:00:02"


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def refusal(code: str) -> dict[str, str]:
    return {"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "…"}


def good(**more: Any) -> dict[str, Any]:
    return {"code": "10000", "msg": "Success", **more}


@dataclass
class Gateway:
    """The gateway, the trades and transfers that it has, and how it feels."""

    customer: rsa.RSAPublicKey
    key: rsa.RSAPrivateKey = field(default_factory=make_key)
    mood: str = ""
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)
    #: Who has signed: the login, by the number that we gave the agreement.
    signed: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def create_app(self) -> Flask:
        app = Flask("gateway")
        app.add_url_rule("/gateway.do", view_func=self.answer, methods=["POST"])
        return app

    def answer(self) -> Response:
        asked = request.form.to_dict()
        self.asked.append(asked["method"])
        signed = "&".join(f"{name}={asked[name]}" for name in sorted(asked) if name != "sign" and asked[name])
        try:
            signature = base64.b64decode(asked["sign"])
            self.customer.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return self._say("error_response", {"code": "40002", "sub_code": "isv.invalid-signature"})
        serve: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, asked["method"].replace(".", "_"))
        said = serve(json.loads(asked["biz_content"]))
        if self.mood == "hangs":
            time.sleep(1.5)
        if self.mood in ("ACQ.SYSTEM_ERROR", "SYSTEM_ERROR"):
            said = refusal(self.mood)
        if self.mood == "20000":
            said = {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"}
        return self._say(f"{asked['method'].replace('.', '_')}_response", said)

    def _say(self, name: str, said: dict[str, Any]) -> Response:
        text = json.dumps(said, ensure_ascii=False)
        signature = sign(make_key() if self.mood == "forged" else self.key, text)
        status = 502 if self.mood == "502" else 200
        return Response(f'{{"{name}": {text}, "sign": "{signature}"}}', status, mimetype="application/json")

    def alipay_user_agreement_query(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Find an agreement by all that is asked with: the number that we gave it may be left out."""
        numbers = [asked["external_agreement_no"]] if "external_agreement_no" in asked else list(self.signed)
        found = [number for number in numbers if self.signed.get(number) == asked["alipay_logon_id"]]
        if not found:
            return refusal("USER_AGREEMENT_NOT_EXIST")
        said = good(agreement_no="20261102000000000001", principal_id="2088000000000001", status="NORMAL")
        return said if self.mood == "names nobody" else {**said, "external_agreement_no": found[0]}

    def alipay_trade_pay(self, asked: dict[str, Any]) -> dict[str, Any]:
        number, known = asked["out_trade_no"], self.trades.get(asked["out_trade_no"])
        if known is not None and known["total_amount"] != asked["total_amount"]:
            return refusal("ACQ.CONTEXT_INCONSISTENT")
        if known is not None and known["trade_status"] == "TRADE_SUCCESS":
            return refusal("ACQ.TRADE_HAS_SUCCESS")
        if self.mood.startswith("ACQ.") and self.mood != "ACQ.SYSTEM_ERROR":
            return refusal(self.mood)
        status = "WAIT_BUYER_PAY" if self.mood == "waits" else "TRADE_SUCCESS"
        self.trades[number] = {"out_trade_no": number, "total_amount": asked["total_amount"], "trade_status": status}
        if status == "WAIT_BUYER_PAY":
            return {"code": "10003", "msg": "order success pay inprocess", "out_trade_no": number}
        self.trades[number]["send_pay_date"] = AT
        return good(out_trade_no=number, total_amount=asked["total_amount"], gmt_payment=AT)

    def alipay_trade_query(self, asked: dict[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(asked["out_trade_no"])
        return good(**trade) if trade else refusal("ACQ.TRADE_NOT_EXIST")

    def alipay_trade_refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.mood.startswith("ACQ.") and self.mood != "ACQ.SYSTEM_ERROR":
            return refusal(self.mood)
        changed = "N" if asked["out_request_no"] in self.refunds else "Y"
        self.refunds[asked["out_request_no"]] = asked["refund_amount"]
        return good(out_trade_no=asked["out_trade_no"], fund_change=changed)

    def alipay_fund_trans_uni_transfer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.mood.startswith(("PAYE", "EXCEED")):
            return refusal(self.mood)
        status = "DEALING" if self.mood == "deals" else "SUCCESS"
        kept = {"out_biz_no": asked["out_biz_no"], "trans_amount": asked["trans_amount"], "status": status}
        self.transfers.setdefault(asked["out_biz_no"], kept | {"pay_date": AT, "payee": asked["payee_info"]})
        return good(out_biz_no=asked["out_biz_no"], status=status)

    def alipay_fund_trans_common_query(self, asked: dict[str, Any]) -> dict[str, Any]:
        transfer = self.transfers.get(asked["out_biz_no"])
        return good(**transfer) if transfer else refusal("ORDER_NOT_EXIST")

    def notice(self, number: str, *, key: rsa.RSAPrivateKey | None = None, **changes: str) -> bytes:
        """Write a notice about a trade, as it is posted to us."""
        trade = self.trades[number]
        told = {
            "notify_id": f"n-{number}",
            "notify_time": AT,
            "app_id": "2026110200000001",
            "out_trade_no": number,
            "total_amount": trade["total_amount"],
            "trade_status": trade["trade_status"],
            "gmt_payment": AT,
            "subject": "转入 & 更多=1",
            **changes,
        }
        text = "&".join(f"{name}={told[name]}" for name in sorted(told) if told[name])
        return urlencode({**told, "sign_type": "RSA2", "sign": sign(key or self.key, text)}).encode()
