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


def parse_part(shape: type[serializers.Serializer[Any]], data: Any, pointer: str) -> dict[str, Any]:
    """Read a part of a body whose shape another part tells.

    :raises ValidationError: when it has another shape; the problem points to where in the whole body.
    """
    part = shape(data=data)
    if not part.is_valid():
        raise serializers.ValidationError({pointer: part.errors})
    return dict(part.validated_data)
