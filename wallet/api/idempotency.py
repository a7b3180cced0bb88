"""A command that is sent twice happens once and is answered twice.

The key is the caller's (`Idempotency-Key`), scoped to caller, wallet and route. The stored answer is written in the
same transaction as the effect, under the wallet's lock, so neither can exist without the other, and a second request
simply waits its turn. Successes and refusals (422) are stored: what was refused for money stays refused under its key.
What says nothing about the command (401, 403, 404, 409, 429, 5xx, a body of the wrong shape) is not.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from wallet.api.models import StoredAnswer
from wallet.api.problems import CONTENT_TYPE, describe
from wallet.refusals import Refusal

KEY_FORM = re.compile(r"[A-Za-z0-9_-]{16,64}")


class KeyMissing(Refusal):
    """A command that moves money came without `Idempotency-Key`."""

    code = "idempotency_key_missing"
    status = 400
    title = _("Key missing")
    detail = _("Send an Idempotency-Key of 16 to 64 letters, digits, - or _ with this request.")


class KeyReused(Refusal):
    """The key stands for another request."""

    code = "idempotency_key_reused"
    title = _("Key already used")
    detail = _("This Idempotency-Key was used for another request. Take a new one.")


class AnswerForgotten(Refusal):
    """The command was carried out long ago; its answer is not kept any more."""

    code = "answer_forgotten"
    status = 409
    title = _("Done long ago")
    detail = _("This was carried out on %(answered_at)s and is not done again. Look up what came of it.")


def run_once(
    request: Request,
    *,
    wallet_id: uuid.UUID,
    lock: Callable[[uuid.UUID], object],
    command: Callable[[], Response],
    caller: str | None = None,
    key: str | None = None,
) -> HttpResponse:
    """Carry out a command under the wallet's lock, once for each key.

    `lock` takes the lock; `command` does the work and says the answer. It runs in a savepoint, so that a refusal leaves
    nothing behind but its answer. Merchants bring their own number as `key`.

    :raises KeyMissing: without a key of the right form.
    :raises KeyReused: when the key came with another request before.
    :raises AnswerForgotten: when the first answer is older than `ANSWER_KEPT_DAYS`.
    """
    key = _read_key(request) if key is None else key
    caller = caller or f"user:{request.user.pk}"
    assert request.resolver_match is not None
    route = f"{request.method} {request.resolver_match.route}"[:160]
    fingerprint = fingerprint_of(request)
    with transaction.atomic():
        lock(wallet_id)
        first = StoredAnswer.objects.filter(wallet_id=wallet_id, caller=caller, route=route, key=key).first()
        if first is not None:
            return _replay(first, fingerprint)
        status, content_type, body = _carry_out(request, command)
        StoredAnswer.objects.create(
            wallet_id=wallet_id,
            caller=caller,
            route=route,
            key=key,
            fingerprint=fingerprint,
            status=status,
            content_type=content_type,
            body=body,
            answered_at=timezone.now(),
        )
    return HttpResponse(body, status=status, content_type=content_type)


def _carry_out(request: Request, command: Callable[[], Response]) -> tuple[int, str, bytes]:
    try:
        with transaction.atomic():
            response = command()
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return refusal.status, CONTENT_TYPE, JSONRenderer().render(describe(refusal, request))
    content_type = response.content_type or "application/json"
    return response.status_code, content_type, JSONRenderer().render(response.data)


def _replay(first: StoredAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(first.fingerprint) != fingerprint:
        raise KeyReused
    if first.body is None:
        raise AnswerForgotten(answered_at=first.answered_at.isoformat())
    answer = HttpResponse(bytes(first.body), status=first.status, content_type=first.content_type)
    answer["Idempotent-Replayed"] = "true"
    return answer


def _read_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip('"')
    if not KEY_FORM.fullmatch(key):
        raise KeyMissing
    return key


def fingerprint_of(request: Request) -> bytes:
    """Hash what was asked."""
    return fingerprint(str(request.method), request.path, request.data)


def fingerprint(method: str, path: str, body: Any) -> bytes:
    """Hash an operation: method, path and the body in canonical JSON. No body is an empty one, `{}`."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{method} {path}\n{canonical}".encode()).digest()


def forget_answers(*, now: datetime) -> int:
    """Forget the bodies that are older than `ANSWER_KEPT_DAYS`, and say how many. The keys stay used for ever."""
    old = now - timedelta(days=settings.ANSWER_KEPT_DAYS)
    return StoredAnswer.objects.filter(answered_at__lt=old, body__isnull=False).update(body=None)
