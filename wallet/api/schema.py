"""What the operations of the OpenAPI document have in common: problems, request ids, idempotency keys, proofs."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Sent again with the same body, the first answer comes back. 16–64 letters, digits, - or _.",
)
PAYMENT_PROOF = OpenApiParameter(
    "Payment-Proof",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="From `POST /api/v1/pin/proofs`, for this very request: the same method, path and body. Good once.",
)
PROOF_OF_MONEY = OpenApiParameter(
    "Payment-Proof", str, OpenApiParameter.HEADER, description="Needed for a kind of proposal that moves money."
)
LANGUAGE = OpenApiParameter(
    "Accept-Language", {"type": "string", "enum": ["zh-Hans", "en"]}, OpenApiParameter.HEADER, description="Of texts."
)


class ProblemItem(serializers.Serializer[Any]):
    """Where in the body something is wrong."""

    pointer = serializers.CharField(help_text="JSON pointer")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for machines.")
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment]
    data = serializers.DictField(required=False, help_text="The numbers behind a refusal.")  # type: ignore[assignment]


#: The path under which drf-spectacular describes what others answer to us.
WEBHOOK = "/"


class Schema(AutoSchema):
    """Adds the problem responses that any operation may give, and those of `more_problems` of the view, by method."""

    def get_override_parameters(self) -> list[Any]:
        return [LANGUAGE]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self.path == WEBHOOK:
            return bodies
        for status in self._problem_statuses():
            bodies.setdefault(status, self._problem())
        return bodies

    def _problem_statuses(self) -> list[str]:
        statuses = [] if self.path.startswith("/api/v1/health") else ["400", "404", "406", "429"]
        if self.view.permission_classes or self.view.authentication_classes:
            statuses += ["401", "403"]
        statuses += getattr(self.view, "more_problems", {}).get(self.method, [])
        if self.method not in ("GET", "HEAD"):
            statuses += ["409", "413", "415", "422"]
        return statuses

    def _problem(self) -> dict[str, Any]:
        component = self.resolve_serializer(Problem, "response")
        return {"description": "Problem", "content": {"application/problem+json": {"schema": component.ref}}}


def page_of(rows: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """Describe one page of a list to the OpenAPI document."""
    name = rows.__name__.removesuffix("Serializer")
    fields = {
        "data": rows(many=True),
        "next": serializers.CharField(allow_null=True, help_text="`after` of the next page."),
    }
    return inline_serializer(f"{name}Page", fields)
