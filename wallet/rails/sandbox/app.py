"""The bank's HTTP interface, a WSGI application.

| request | answer |
|---|---|
| `POST /v1/cards {number, holder}` | 201 `{token, label}`; 422 `card_number_invalid`, `card_unknown` |
| `POST /v1/accounts {kind, login, holder}` | 201 `{token, label}`; 422 `card_unknown` |
| `POST /v1/transfers {out_no, direction, token, amount, currency, subject, notify_url}` | 202 the transfer, `processing`; 402 refused; 409 `out_no_reused`; 422 `token_unknown`; 504 unknown |
| `GET /v1/transfers/{out_no}` | 200 the transfer as it is now; 404 `transfer_unknown` |
| `GET /v1/statements/{date}` | 200 CSV of what became final, and what was reversed, on that day in Shanghai; `Statement-Lines` says how many lines |
| `GET /v1/book` | 200 the book's sums and every card's balance, for tests |
| `GET /v1/health` | 200, without a signature |

Every other request is signed (`signing`) and refused with 401 when it is not. Errors are `{code, message}`.
The answer to a transfer is the same whenever the same request comes again; how it went is told by notice and by query.
"""  # noqa: E501 (a table)

import csv
import io
import time
from dataclasses import asdict, replace
from datetime import date

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from .book import Book, CardUnknown, OutNoReused, TokenUnknown, TransferUnknown
from .cards import is_luhn_valid
from .notices import Clock
from .records import Transfer
from .requests import BadRequest, read_account, read_link, read_order
from .signing import KEY_HEADER, SIGNATURE_HEADER, BadSignature, StaleSignature, check_request

BODY_BYTES_MAX = 16 * 1024
STATEMENT_COLUMNS = ("reference", "out_no", "token", "direction", "amount", "status", "time", "reversed")

_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    BadSignature: (401, "signature_invalid"),
    StaleSignature: (401, "signature_stale"),
    CardUnknown: (422, "card_unknown"),
    TokenUnknown: (422, "token_unknown"),
    TransferUnknown: (404, "transfer_unknown"),
    OutNoReused: (409, "out_no_reused"),
}


def create_app(book: Book, clock: Clock, *, key_id: str, secret: bytes, hang_seconds: float = 0) -> Flask:
    """Return the bank over `book`, for the one customer with this key; a lost answer hangs first, for so long."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX

    @app.before_request
    def check_signature() -> ResponseReturnValue | None:
        if request.endpoint == "health":
            return None
        if request.headers.get(KEY_HEADER, "") != key_id:
            return _refuse(401, "key_unknown")
        header = request.headers.get(SIGNATURE_HEADER, "")
        check_request(secret, header, clock(), request.method, request.path, request.get_data())
        return None

    @app.get("/v1/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    @app.post("/v1/cards")
    def link_card() -> ResponseReturnValue:
        number = read_link(request.get_data())
        if not is_luhn_valid(number):
            return _refuse(422, "card_number_invalid")
        account = book.link_card(number, clock())
        return {"token": account.token, "label": account.label}, 201

    @app.post("/v1/accounts")
    def link_account() -> ResponseReturnValue:
        account = book.link_account(*read_account(request.get_data()), clock())
        return {"token": account.token, "label": account.label}, 201

    @app.post("/v1/transfers")
    def submit() -> ResponseReturnValue:
        answer = book.submit(read_order(request.get_data()), clock())
        if answer.kind == "timeout" or answer.transfer is None:
            time.sleep(hang_seconds)
            return _refuse(504, "gateway_timeout")
        if answer.kind == "refused":
            return _refuse(402, answer.transfer.failure_code or "refused")
        return _show(replace(answer.transfer, status="processing", failure_code=None, final_at=None)), 202

    @app.get("/v1/transfers/<out_no>")
    def query(out_no: str) -> ResponseReturnValue:
        return _show(book.get_transfer(out_no))

    @app.get("/v1/statements/<day>")
    def statement(day: str) -> ResponseReturnValue:
        try:
            asked = date.fromisoformat(day)
        except ValueError as problem:
            raise BadRequest("the date is written YYYY-MM-DD") from problem
        lines = [_write_line(line, line.final_at) for line in book.list_final(asked)]
        lines += [_write_line(line, at, reversed_="yes") for line, at in book.list_reversed(asked)]
        return Response(_write_statement(lines), mimetype="text/csv", headers={"Statement-Lines": str(len(lines))})

    @app.get("/v1/book")
    def totals() -> ResponseReturnValue:
        accounts = [asdict(account) for account in book.list_accounts()]
        return {"totals": asdict(book.get_totals()), "accounts": accounts}

    @app.errorhandler(BadRequest)
    def bad_request(problem: BadRequest) -> ResponseReturnValue:
        return _refuse(400, "invalid_request", str(problem))

    @app.errorhandler(HTTPException)
    def http_problem(problem: HTTPException) -> ResponseReturnValue:
        return _refuse(problem.code or 500, problem.name.lower().replace(" ", "_"))

    def refusal(problem: Exception) -> ResponseReturnValue:
        return _refuse(*_REFUSALS[type(problem)])

    for kind in _REFUSALS:
        app.register_error_handler(kind, refusal)
    return app


def _refuse(status: int, code: str, message: str = "") -> ResponseReturnValue:
    return jsonify(code=code, message=message or code.replace("_", " ")), status


def _show(transfer: Transfer) -> dict[str, object]:
    shown = asdict(transfer)
    del shown["notify_url"], shown["due_at"]
    return shown


def _write_line(line: Transfer, at: str | None, reversed_: str = "no") -> tuple[object, ...]:
    reference = line.reference if reversed_ == "no" else f"{line.reference}R"
    return reference, line.out_no, line.token, line.direction, line.amount, line.status, at, reversed_


def _write_statement(lines: list[tuple[object, ...]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(STATEMENT_COLUMNS)
    writer.writerows(lines)
    return file.getvalue()
