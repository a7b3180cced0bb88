"""Clients of the API, as an app and a merchant would write them: one sends its token, the other signs.

`answer = api.post("/groups", {…})`, then `answer.expect(201)` gives the body, or fails with what was said instead.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from groups.spending.keys import sign

API = "/api/v1"


def yuan(amount: float) -> int:
    """Write an amount of a story in fen: yuan(12.34) is 1234."""
    return round(amount * 100)


def money(fen: int) -> dict[str, Any]:
    """Write fen for the wire."""
    return {"amount": fen, "currency": "CNY"}


@dataclass(frozen=True)
class Answer:
    """What the API said."""

    status: int
    body: Any
    headers: Mapping[str, str]
    raw: bytes

    def expect(self, status: int, code: str | None = None) -> Any:
        """Return the body of an answer that has this status, and, for a problem, this code."""
        assert self.status == status, (self.status, self.body or self.raw[:500])
        if code is not None:
            assert self.body["code"] == code, self.body
        return self.body


class Api:
    """A client of /api/v1. Every POST brings a fresh Idempotency-Key unless one is given.

    With `proof=True` it first asks, by the PIN, for a proof of this very request; a given proof is sent as it is.
    """

    def __init__(self, token: str | None = None, *, language: str = "en", pin: str = "") -> None:
        self.token, self.language, self.pin = token, language, pin
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, proof: bool | str = False) -> Answer:
        proof = self.prove("POST", path, body) if proof is True else proof
        headers = {"Idempotency-Key": key or uuid.uuid4().hex} | ({"Payment-Proof": proof} if proof else {})
        return self.call("POST", path, body, headers=headers)

    def prove(self, method: str, path: str, body: Any = None) -> str:
        """Type the PIN for a request, and give the proof."""
        proof: str = self.ask_proof(self.pin, method, path, body).expect(201)["proof"]
        return proof

    def ask_proof(self, pin: str, method: str, path: str, body: Any = None) -> Answer:
        operation = {"method": method, "path": API + path, "body": {} if body is None else body}
        return self.call("POST", "/pin/proofs", {"pin": pin, "operation": operation})

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any, *, proof: bool = False) -> Answer:
        headers = {"Payment-Proof": self.prove("PATCH", path, body)} if proof else {}
        return self.call("PATCH", path, body, headers=headers)

    def delete(self, path: str, *, proof: bool = False) -> Answer:
        headers = {"Payment-Proof": self.prove("DELETE", path)} if proof else {}
        return self.call("DELETE", path, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        absolute: bool = False,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path = path if absolute else API + path
        given = {"Accept-Language": self.language, **self.sign(raw), **(headers or {})}
        response = self._client.generic(
            method, path, raw, "application/json", headers=given, query_params=dict(query or {})
        )
        is_json = "json" in response.headers.get("Content-Type", "")
        content: bytes = response.getvalue()
        return Answer(response.status_code, json.loads(content) if is_json else None, response.headers, content)

    def sign(self, raw: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class ShopApi(Api):
    """A merchant's client: signs every body with the key's secret."""

    def __init__(self, key_id: str, secret: str) -> None:
        super().__init__()
        self.key_id, self.secret = key_id, secret

    def sign(self, raw: bytes) -> dict[str, str]:
        return {"Merchant-Key": self.key_id, "Merchant-Signature": sign(self.secret, raw, timezone.now())}
