"""A number for every request: taken from `X-Request-Id` where it has the form of one, returned, and put into logs.

And the API's clock: times on the wire are UTC, whatever zone the operators' pages are shown in.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from uuid6 import uuid7

FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Sets `request.request_id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if FORM.fullmatch(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id), _zone_of(request):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


def _zone_of(request: HttpRequest) -> AbstractContextManager[None]:
    return timezone.override(UTC) if request.path.startswith("/api/") else nullcontext()
