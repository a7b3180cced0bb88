"""How a person, their devices and their payment PIN look in the API, to themselves.

The phone number is masked even here. A PIN, a code and a hash come in or stay inside, and are in no answer.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from wallet.identity.models import Device, User
from wallet.identity.pins import PIN_FORM
from wallet.identity.selectors import PinStatus

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


@extend_schema_serializer(
    examples=[
        OpenApiExample("As a rule", value={"is_set": True, "locked_until": None, "lowered_until": None}),
        OpenApiExample(
            "After a reset", value={"is_set": True, "locked_until": None, "lowered_until": "2026-11-24T10:15:00Z"}
        ),
    ]
)
class PinStatusSerializer(serializers.Serializer[PinStatus]):
    """What there is to know of the own payment PIN."""

    is_set = serializers.BooleanField()
    locked_until = serializers.DateTimeField(allow_null=True, help_text="Nothing is compared before then.")
    lowered_until = serializers.DateTimeField(
        allow_null=True, help_text="The PIN was reset: until then a proof lets out less."
    )


class PinField(serializers.RegexField):
    """A payment PIN. It is read and never shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(PIN_FORM, write_only=True, **kwargs)


@extend_schema_serializer(examples=[OpenApiExample("A PIN", value={"pin": "258036"})])
class PinInput(serializers.Serializer[Any]):
    """The first payment PIN."""

    pin = PinField()


@extend_schema_serializer(examples=[OpenApiExample("Another PIN", value={"current": "258036", "pin": "719402"})])
class PinChange(PinInput):
    """Another payment PIN, by the current one."""

    current = PinField()


@extend_schema_serializer(examples=[OpenApiExample("A code", value={"code": "402719", "pin": "719402"})])
class PinResetInput(PinInput):
    """Another payment PIN, by the code that was sent."""

    code = serializers.CharField(max_length=16, write_only=True)


class OperationInput(serializers.Serializer[Any]):
    """The request that the proof will be sent with."""

    method = serializers.ChoiceField(choices=["POST", "PUT", "PATCH", "DELETE"])
    path = serializers.RegexField(r"^/api/v1/[^\s?#]+$", max_length=512, help_text="As it will be sent, from /api/v1/.")
    body = serializers.JSONField(default=dict, help_text="As it will be sent; `{}` where there is none.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "For a payment code",
            value={
                "pin": "258036",
                "operation": {
                    "method": "POST",
                    "path": "/api/v1/groups/019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10/payment-codes",
                    "body": {},
                },
            },
        )
    ]
)
class ProofInput(PinInput):
    """The payment PIN, and what it is typed for."""

    operation = OperationInput()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A proof",
            value={"proof": "q8Zt3sW1cV5nB7mK9pL2dF4gH6jX0yR8uE5iO3aT1wQ", "expires_at": "2026-11-23T10:17:00Z"},
        )
    ]
)
class ProofSerializer(serializers.Serializer[Any]):
    """A proof, to be sent as `Payment-Proof`."""

    proof = serializers.CharField()
    expires_at = serializers.DateTimeField()
