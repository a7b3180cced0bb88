"""Every no in one shape: RFC 9457 `application/problem+json`, in the caller's language.

This is the one place where a `Refusal`, an error of Django or of DRF becomes HTTP. `code` is stable and for machines,
`title` and `detail` are translated and for people, `errors` points into the body that was sent (JSON pointers), `data`
holds the numbers behind a refusal. Bad input is never a 500.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.views import set_rollback

from wallet.api.parsers import BodyTooLarge
from wallet.refusals import NotFound, Refusal

CONTENT_TYPE = "application/problem+json"
logger = structlog.get_logger(__name__)


class BadInput(Refusal):
    """What was sent does not have the shape that is asked for."""

    code = "invalid"
    status = 400
    title = gettext_lazy("Invalid request")
    detail = gettext_lazy("Something in the request is not as it must be; see errors.")


def handle_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn whatever a view raised into a problem; what is nobody's fault but ours stays a 500 and is logged.

    It is written here and not by the view's renderer, which may be one of pages or of schemas.
    """
    request = context["request"]
    problem = describe(error, request)
    if problem is None:
        return None
    set_rollback()
    body = JSONRenderer().render(problem)
    response = HttpResponse(body, status=problem["status"], content_type=CONTENT_TYPE)
    for name, value in _headers(error).items():
        response[name] = value
    return response


def describe(error: Exception, request: Any) -> dict[str, Any] | None:
    """Describe an error as a problem document, or None when it is not one that we foresee."""
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    if isinstance(error, Refusal):
        problem = _problem(request, error.code, error.status, str(error.title), error.describe())
        return problem | ({"data": error.data} if error.data else {})
    if isinstance(error, exceptions.ValidationError):
        problem = _problem(request, BadInput.code, BadInput.status, str(BadInput.title), str(BadInput.detail))
        return problem | {"errors": list(_pointers(error.get_full_details()))}
    if isinstance(error, exceptions.APIException):
        code = str(error.get_codes()) if isinstance(error.detail, str) else error.default_code
        return _problem(request, code, error.status_code, _(status_title(error.status_code)), str(error.detail))
    return None


def _problem(request: Any, code: str, status_code: int, title: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"https://hehua.example/problems/{code}",
        "title": title,
        "status": status_code,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
    }


def _headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    wait = getattr(error, "wait", None) or getattr(error, "retry_after_seconds", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return headers


def status_title(status_code: int) -> str:
    """Name a status the way people do, in English, to be translated."""
    return {
        400: gettext_noop("Invalid request"),
        401: gettext_noop("Log in first"),
        403: gettext_noop("Not allowed"),
        404: gettext_noop("Not found"),
        405: gettext_noop("Not possible here"),
        406: gettext_noop("Not available in this form"),
        413: gettext_noop("Too large"),
        415: gettext_noop("Not understood in this form"),
        429: gettext_noop("Too many requests"),
    }.get(status_code, gettext_noop("Refused"))


def _pointers(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Walk DRF's nested error details and say for each where it points to."""
    if isinstance(detail, Mapping) and set(detail) == {"message", "code"}:
        yield {"pointer": pointer, "code": str(detail["code"]), "detail": str(detail["message"])}
    elif isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _pointers(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    elif isinstance(detail, Sequence):
        for index, value in enumerate(detail):
            leaf = isinstance(value, Mapping) and set(value) == {"message", "code"}
            yield from _pointers(value, pointer if leaf else f"{pointer}/{index}")


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Answer an unknown path under /api/ like everything else that is not there."""
    problem = describe(NotFound(), request)
    return JsonResponse(problem, status=404, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a fault of ours: nothing about it but the request's number, which leads to the log."""
    logger.error("server_error", path=request.path)
    problem = _problem(
        request, "server_error", 500, _("Our fault"), _("Something broke on our side. Nothing was done.")
    )
    return JsonResponse(problem, status=500, content_type=CONTENT_TYPE)
