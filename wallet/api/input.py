"""Reading a body: the first line of a view."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def parse(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Read the body into what the shape says.

    :raises ValidationError: when it has another shape; the problem points to where.
    """
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
