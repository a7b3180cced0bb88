"""Who may open a websocket: decided before there is one, by the handshake, and answered in HTTP when the answer is no.

    Authorization: Bearer <token>                       an app
    Sec-WebSocket-Protocol: hehua.v1, ticket.<ticket>   a browser, which cannot send the header; a ticket works once

Never anything in the address, which ends up in logs. A browser says which page is asking (`Origin`): ours, one that is
listed in SOCKET_ALLOWED_ORIGINS, or it is refused; an app sends none. No cookie is read, so no page can use somebody's
login.
"""

import json
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header
from uuid6 import uuid7

from wallet.api.problems import CONTENT_TYPE, describe
from wallet.events.errors import (
    OriginRefused,
    QueryRefused,
    SocketUnauthenticated,
    SocketUnavailable,
    SubprotocolRefused,
)
from wallet.events.line import Send
from wallet.events.reads import AWAY, Reads
from wallet.identity.models import Device
from wallet.identity.selectors import find_device
from wallet.identity.services import redeem_ticket, touch_device
from wallet.refusals import NotFound, Refusal

PATH = "/ws/v1/"
SUBPROTOCOL = "hehua.v1"
TICKET = "ticket."
Scope = dict[str, Any]


async def shake_hands(scope: Scope, reads: Reads) -> Device:
    """Find the device that opens a socket.

    :raises Refusal: when it may not.
    """
    query, scope["query_string"] = scope["query_string"], b""  # the server logs the address, whatever we answer
    if scope["path"].removeprefix(scope.get("root_path", "")) != PATH:
        raise NotFound
    if query:
        raise QueryRefused
    _check_origin(scope)
    if scope["subprotocols"] and SUBPROTOCOL not in scope["subprotocols"]:
        raise SubprotocolRefused(subprotocol=SUBPROTOCOL)
    try:
        device = await reads.run(_let_in, _credentials(scope))
    except AWAY:
        raise SocketUnavailable from None
    if device is None:
        raise SocketUnauthenticated
    return device


def _let_in(find: Callable[[], Device | None]) -> Device | None:
    device = find()
    if device is not None:
        touch_device(device=device, now=timezone.now())
    return device


def _credentials(scope: Scope) -> Callable[[], Device | None]:
    if given := header(scope, "authorization"):
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise SocketUnauthenticated
        return partial(find_device, token.strip())
    for offered in scope["subprotocols"]:
        if offered.startswith(TICKET):
            return lambda: redeem_ticket(offered.removeprefix(TICKET), timezone.now())
    raise SocketUnauthenticated


def _check_origin(scope: Scope) -> None:
    origin = header(scope, "origin")
    if origin is None or origin in settings.SOCKET_ALLOWED_ORIGINS:
        return
    asked = header(scope, "host") or ""
    is_ours = urlsplit(origin).netloc == asked and validate_host(split_domain_port(asked)[0], settings.ALLOWED_HOSTS)
    if not is_ours:
        raise OriginRefused


def header(scope: Scope, name: str) -> str | None:
    """Read a header of the handshake."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), None)


async def refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer the handshake with a problem document; where the server cannot, with a bare 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    request = SimpleNamespace(path=scope["path"], request_id=str(uuid7()))
    with translation.override(_choose_language(header(scope, "accept-language") or "")):
        body = json.dumps(describe(refusal, request), ensure_ascii=False).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"x-request-id", request.request_id.encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if refusal.retry_after_seconds is not None:
        headers.append((b"retry-after", str(refusal.retry_after_seconds).encode()))
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def _choose_language(accepted: str) -> str:
    for language, _ in parse_accept_lang_header(accepted):
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
