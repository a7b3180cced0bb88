"""The shape of events on the wire, for the OpenAPI document; `kinds.present` writes them."""

from typing import Any

from rest_framework import serializers

from wallet.events.kinds import list_kinds

EXAMPLE = {
    "data": [
        {
            "group": "0193b0c2-3d5e-7c1a-9f00-5a1b2c3d4e5f",
            "sequence": 42,
            "kind": "group_changed",
            "text": "The group was changed",
            "at": "2026-11-23T02:00:00Z",
            "actor": "0193b0c2-1111-7c1a-9f00-5a1b2c3d4e5f",
            "data": {"name": "家", "sharing_rule": "equal", "time_zone": "Asia/Shanghai"},
        }
    ],
    "next": "42",
}


class EventQuery(serializers.Serializer[Any]):
    """The query of a list of events."""

    after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, default=0, help_text="A sequence; events numbered above it. 0: the beginning."
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, default=30)


class EventSerializer(serializers.Serializer[Any]):
    """One thing that happened. `(group, sequence)` identifies it."""

    group = serializers.UUIDField()
    sequence = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField()
    text = serializers.CharField(help_text="The kind, in the caller's language.")
    actor = serializers.UUIDField(allow_null=True, help_text="Who did it; null for what happens by itself.")
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="By kind; see /event-kinds. Amounts as everywhere."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add the kinds, which are all known only when every room has been loaded."""
        kinds = [kind.name for kind in list_kinds()]
        return {**super().get_fields(), "kind": serializers.ChoiceField(kinds)}


class EventKindSerializer(serializers.Serializer[Any]):
    """A kind of event, and what its data holds."""

    kind = serializers.CharField()
    text = serializers.CharField()
    fields_ = serializers.ListField(child=serializers.CharField())
    money = serializers.ListField(child=serializers.CharField(), help_text="Which of the fields are amounts.")
    shares = serializers.ListField(
        child=serializers.CharField(), help_text="Which of the fields are amounts by member."
    )

    def get_fields(self) -> dict[str, Any]:
        """Give the member the name that it has on the wire, which is taken in Python."""
        fields = super().get_fields()
        fields["fields"] = fields.pop("fields_")
        return fields


class EventKindPage(serializers.Serializer[Any]):
    """Every kind."""

    data = EventKindSerializer(many=True)  # type: ignore[assignment]
