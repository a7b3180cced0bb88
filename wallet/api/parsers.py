"""Reading bodies: JSON of a bounded size and depth, in real Unicode. What is not that is refused before anybody looks.

DRF reads a JSON body past Django's own limit on its size, and a body of a hundred thousand brackets, or with half of a
surrogate pair, would be a fault of ours somewhere further on.
"""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from wallet.refusals import Refusal

NESTED_MAX = 16


class BodyTooLarge(Refusal):
    """The body is longer than there may be."""

    code = "body_too_large"
    status = 413
    title = _("Too large")
    detail = _("What was sent is too large.")


class BoundedJSONParser(JSONParser):
    """Reads a body as JSON, within bounds."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            value = json.loads(raw.decode(), parse_constant=_refuse_constant)
            _check(value, NESTED_MAX)
        except (ValueError, RecursionError):
            raise ParseError from None
        return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(value: Any, left: int) -> None:
    """:raises ValueError: when it is nested too deep, or holds text that is no Unicode."""
    if left == 0:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        value.encode()
    for item in value if isinstance(value, list) else (*value, *value.values()) if isinstance(value, dict) else ():
        _check(item, left - 1)
