"""How a person and their devices look in the API, to themselves. The phone number is masked even here."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.identity.models import Device, User

# Not blank, on one line, and without the signs that turn the writing direction, by which a name could pass for another.
NAME_PATTERN = r"^[^\s{0}]([^{0}]*[^\s{0}])?$".format(r"\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069")

DEVICE_EXAMPLE = {
    "id": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11",
    "name": "Hehua/1.0 (iPhone; iOS 19.1)",
    "created_at": "2026-11-02T08:00:00Z",
    "last_seen_at": "2026-11-23T10:15:00Z",
    "current": True,
}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A member",
            value={
                "id": "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10",
                "name": "张伟",
                "phone": "+86138****0001",
                "language": "zh-hans",
            },
        )
    ]
)
class MeSerializer(serializers.ModelSerializer[User]):
    """The caller."""

    phone = serializers.CharField(source="masked_phone", read_only=True, help_text="Masked.")

    class Meta:
        model = User
        fields = ["id", "name", "phone", "language"]
        read_only_fields = ["id"]


@extend_schema_serializer(
    examples=[OpenApiExample("A name", value={"name": "张伟"}), OpenApiExample("A language", value={"language": "en"})]
)
class ProfileInput(serializers.Serializer[Any]):
    """What a person may change about themselves; what is left out stays."""

    name = serializers.RegexField(
        NAME_PATTERN, max_length=40, required=False, help_text="How others see you. Masked before you join."
    )
    language = serializers.ChoiceField(choices=User.Language.choices, required=False, help_text="Of messages to you.")


@extend_schema_serializer(examples=[OpenApiExample("This device", value=DEVICE_EXAMPLE)])
class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A device that is logged in."""

    current = serializers.SerializerMethodField(help_text="Whether this request came from it.")

    class Meta:
        model = Device
        fields = ["id", "name", "created_at", "last_seen_at", "current"]

    def get_current(self, device: Device) -> bool:
        return bool(device == self.context["request"].auth)


@extend_schema_serializer(
    many=False, examples=[OpenApiExample("One page", value={"data": [DEVICE_EXAMPLE], "next": None})]
)
class DevicePage(serializers.Serializer[Any]):
    """A page of devices, the newest first."""

    data = DeviceSerializer(many=True)  # type: ignore[assignment]
    next = serializers.CharField(allow_null=True, help_text="`after` of the next page.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A ticket",
            value={"ticket": "p1zRrZbYxO0m5u3cJ7m1pQb2mE0s8b1n7yq3vZ0hKcA", "expires_at": "2026-11-23T10:15:30Z"},
        )
    ]
)
class TicketSerializer(serializers.Serializer[Any]):
    """A permission to open one websocket, sent as its subprotocol."""

    ticket = serializers.CharField()
    expires_at = serializers.DateTimeField()
