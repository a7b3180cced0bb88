"""The adapter to the sandbox bank, written from its interface as for any provider: nothing of the bank's code is used.

Requests are signed `t=<unix>,v1=<hex HMAC-SHA256 of "<t>.<method>.<path>.<body>">`, notices the same way over
`<t>.<raw body>`, with 300 s tolerance on both sides. An answer counts as the bank's own only when it is JSON of the
expected shape about the number we asked for; all else, a proxy's 404 included, is `Unknown`.
"""

import csv
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from wallet.rails.adapters import base

TOLERANCE_SECONDS = 300
STATEMENT_COLUMNS = ["reference", "out_no", "token", "direction", "amount", "status", "time", "reversed"]

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_CODE = re.compile(r"[a-z0-9_]{1,48}", re.ASCII)
_REFUSED_STATUS = {400, 402, 422}


class SandboxAdapter:
    """A connection to the sandbox bank, safe to share among threads. `clock` lets a replay sign in its own time."""

    zone = ZoneInfo("Asia/Shanghai")
    heard = ""

    def __init__(
        self,
        *,
        base_url: str,
        key_id: str,
        secret: str,
        notify_url: str,
        connect_timeout_seconds: float = 2,
        read_timeout_seconds: float = 5,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key_id, self._secret, self._notify_url, self._clock = key_id, secret.encode(), notify_url, clock
        timeout = httpx.Timeout(read_timeout_seconds, connect=connect_timeout_seconds)
        self._client = httpx.Client(base_url=base_url, timeout=timeout, transport=transport, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def link_card(self, number: str, holder: str) -> base.LinkedCard:
        return self._link("/v1/cards", {"number": number, "holder": holder})

    def link_account(self, kind: str, login: str, holder: str, owner: str) -> base.LinkedCard:
        return self._link("/v1/accounts", {"kind": kind, "login": login, "holder": holder})

    def _link(self, path: str, asked: dict[str, object]) -> base.LinkedCard:
        try:
            response = self._send("POST", path, asked)
        except httpx.HTTPError as trouble:
            raise base.RailDown(type(trouble).__name__) from None  # the request bears a number: no trace of it
        data = _read_object(response)
        if response.status_code in _REFUSED_STATUS and "code" in data:
            raise base.CardRejected(_read_code(data))
        token, label = data.get("token"), data.get("label")
        if response.status_code != 201 or not isinstance(token, str) or not isinstance(label, str):
            raise base.RailDown(f"status {response.status_code}")
        return base.LinkedCard(token, label)

    def submit(self, request: base.TransferRequest) -> base.SubmitAnswer:
        order = {
            "out_no": request.out_no,
            "direction": str(request.direction),
            "token": request.token,
            "amount": request.amount,
            "currency": request.currency,
            "subject": request.subject,
            "notify_url": self._notify_url,
        }
        try:
            response = self._send("POST", "/v1/transfers", order)
        except httpx.HTTPError as trouble:
            return base.Unknown(type(trouble).__name__)
        data = _read_object(response)
        if response.status_code == 202 and data.get("out_no") == request.out_no:
            return base.Accepted()
        if response.status_code == 409 and data.get("code") == "out_no_reused":
            raise base.NumberReused(request.out_no)
        if response.status_code in _REFUSED_STATUS and "code" in data:
            return base.Refused(_read_code(data))
        return base.Unknown(f"status {response.status_code}")

    def query(self, out_no: str) -> base.QueryAnswer:
        try:
            response = self._send("GET", f"/v1/transfers/{quote(out_no, safe='')}")
        except httpx.HTTPError as trouble:
            return base.Unknown(type(trouble).__name__)
        data = _read_object(response)
        if response.status_code == 404 and data.get("code") == "transfer_unknown":
            return base.NotFound()
        if response.status_code != 200 or data.get("out_no") != out_no:
            return base.Unknown(f"status {response.status_code}")
        try:
            return _read_state(data, at=data.get("final_at"))
        except ValueError as problem:
            return base.Unknown(str(problem))

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> base.Notice:
        self._check_notice(headers, body)
        try:
            data = json.loads(body)
            notice_id, out_no = data["notice_id"], data["out_no"]
            if not (_is_short_text(notice_id) and _is_short_text(out_no)):
                raise ValueError("notice_id and out_no are short texts")
            return base.Notice(notice_id, out_no, _read_amount(data), _read_state(data, at=data["at"]))
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise base.MalformedNotice(repr(problem)) from problem

    def fetch_statement(self, day: date) -> list[base.StatementLine]:
        try:
            response = self._send("GET", f"/v1/statements/{day.isoformat()}")
            response.raise_for_status()
            header, *rows = csv.reader(response.text.splitlines())
            if header != STATEMENT_COLUMNS:
                raise ValueError(f"columns {header}")
            if response.headers.get("Statement-Lines") != str(len(rows)):
                raise ValueError(f"{len(rows)} lines are not the whole statement")
            return [_read_line(row) for row in rows]
        except (httpx.HTTPError, ValueError) as trouble:
            raise base.RailDown(f"no statement of {day.isoformat()}: {trouble}") from trouble

    def _send(self, method: str, path: str, data: dict[str, object] | None = None) -> httpx.Response:
        body = b"" if data is None else json.dumps(data).encode()
        request = self._client.build_request(method, path, content=body, headers={"Content-Type": "application/json"})
        signed_at = int(self._clock().timestamp())
        digest = self._hmac(f"{signed_at}.{method}.{request.url.path}.".encode() + body)
        request.headers["Sandbox-Key"] = self._key_id
        request.headers["Sandbox-Signature"] = f"t={signed_at},v1={digest}"
        return self._client.send(request)

    def _check_notice(self, headers: Mapping[str, str], body: bytes) -> None:
        header = next((value for name, value in headers.items() if name.lower() == "sandbox-signature"), "")
        match = _SIGNATURE.fullmatch(header)
        if match is None or not hmac.compare_digest(self._hmac(match[1].encode() + b"." + body), match[2]):
            raise base.BadSignature
        if abs(self._clock().timestamp() - int(match[1])) > TOLERANCE_SECONDS:
            raise base.StaleNotice

    def _hmac(self, message: bytes) -> str:
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def _read_object(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _read_code(data: Mapping[str, Any], key: str = "code") -> str:
    """Return a reason in the bank's words; one that is not a short word is not repeated."""
    code = data.get(key)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "refused"


def _read_state(data: Mapping[str, Any], at: object) -> base.State:
    """:raises ValueError: when the status, its moment or the amount make no sense."""
    status = data.get("status")
    if status == "processing":
        return base.Processing()
    if status == "settled":
        return base.Settled(_read_amount(data), _read_moment(at))
    if status == "failed":
        return base.Failed(_read_code(data, "failure_code"), _read_moment(at))
    raise ValueError("the status is none")


def _read_amount(data: Mapping[str, Any]) -> int:
    amount = data.get("amount")
    if type(amount) is not int or amount <= 0:
        raise ValueError("the amount is not positive fen")
    return amount


def _read_moment(text: object) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("the moment is no time with a zone")
    return moment


def _read_line(row: list[str]) -> base.StatementLine:
    reference, out_no, token, direction, amount, status, at, is_reversed = row
    if (
        direction not in ("collect", "payout")
        or status not in ("settled", "failed")
        or is_reversed not in ("yes", "no")
    ):
        raise ValueError(f"a line of {direction}, {status}, {is_reversed}")
    moment = _read_moment(at)
    return base.StatementLine(reference, out_no, token, direction, int(amount), status, moment, is_reversed == "yes")


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64
