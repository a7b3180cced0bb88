"""Lists are paged by key, never by offset: `?limit=` 1–100, `?after=`; the answer is `{"data": […], "next": "…"|null}`.

`after` is the key of the last row of the page before: a sequence, or an id (UUIDv7, so ids are in order of creation and
unique: a thousand rows with one timestamp page correctly, also while rows are added).
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

M = TypeVar("M", bound=Model)

PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description="1–100 rows a page."),
    OpenApiParameter("after", str, description="`next` of the page before."),
]


#: How a key is read, by the type of its column; any other is an integer.
PARSE: dict[str, Callable[[str], uuid.UUID | date]] = {"UUIDField": uuid.UUID, "DateField": date.fromisoformat}


class PageQuery(serializers.Serializer[Any]):
    """The query of a list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=settings.PAGE_LIMIT_MAX, default=settings.PAGE_LIMIT_DEFAULT
    )
    after = serializers.CharField(max_length=64, required=False)


class KeysetPage(Generic[M]):
    """Pages through a queryset by one unique column.

    `key` is the column, `newest_first` the direction. Keys are UUIDs, integers or dates.
    """

    def __init__(self, *, key: str = "id", newest_first: bool = True) -> None:
        self.key, self.newest_first = key, newest_first

    def respond(self, request: Request, rows: QuerySet[M], serialize: Callable[[Sequence[M]], Any]) -> Response:
        """Answer one page.

        :raises ValidationError: when `limit` or `after` is not what it must be.
        """
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit = query.validated_data["limit"]
        rows = rows.order_by(f"-{self.key}" if self.newest_first else self.key)
        if after := query.validated_data.get("after"):
            rows = rows.filter(**{f"{self.key}__{'lt' if self.newest_first else 'gt'}": self._parse(rows, after)})
        found = list(rows[: limit + 1])
        page = found[:limit]
        following = str(getattr(page[-1], self.key)) if len(found) > limit else None
        return Response({"data": serialize(page), "next": following})

    def _parse(self, rows: QuerySet[M], after: str) -> uuid.UUID | date | int:
        kind = rows.model._meta.get_field(self.key).get_internal_type()
        try:
            return PARSE[kind](after) if kind in PARSE else _bounded(int(after))
        except ValueError:
            raise serializers.ValidationError({"after": _("This does not come from a page of this list.")}) from None


def _bounded(key: int) -> int:
    if not 0 <= key < 2**63:
        raise ValueError(key)
    return key
