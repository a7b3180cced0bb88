"""Groups and people on the wire. Names are masked for whoever is not in the group."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from groups.members.models import Group, Invitation, Membership
from groups.members.scenes import Scene
from wallet.api.fields import MoneyField, check_printable
from wallet.api.schema import page_of

GROUP_ID = "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10"


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A family",
            value={
                "id": GROUP_ID,
                "name": "我们的家",
                "scene": "family",
                "time_zone": "Asia/Shanghai",
                "sharing_rule": "pro_rata",
                "is_sandbox": False,
                "created_at": "2026-11-02T08:00:00Z",
                "ends_on": None,
                "archived_at": None,
                "my_role": "owner",
                "balance": {"amount": 150000, "currency": "CNY"},
                "my_stake": {"amount": 90000, "currency": "CNY"},
                "sequence": 57,
            },
        )
    ]
)
class GroupSerializer(serializers.ModelSerializer[Group]):
    """A group, as one of its members sees it."""

    id = serializers.UUIDField(source="pk", read_only=True)
    my_role = serializers.ChoiceField(choices=Membership.Role.choices, read_only=True)
    balance = MoneyField(source="wallet.balance", read_only=True)
    my_stake = MoneyField(read_only=True)
    sequence = serializers.IntegerField(source="wallet.sequence", read_only=True, help_text="Of the newest event.")

    class Meta:
        model = Group
        fields = [
            "id",
            "name",
            "scene",
            "time_zone",
            "sharing_rule",
            "is_sandbox",
            "created_at",
            "ends_on",
            "archived_at",
            "my_role",
            "balance",
            "my_stake",
            "sequence",
        ]
        read_only_fields = fields


class GroupChange(serializers.Serializer[Any]):
    """What the owner may change; what is left out stays."""

    name = serializers.CharField(max_length=40, required=False, validators=[check_printable])
    time_zone = serializers.CharField(max_length=40, required=False, help_text="IANA name, such as Asia/Shanghai.")

    def validate_time_zone(self, value: str) -> str:
        if value not in available_timezones():
            raise serializers.ValidationError(_("This is not the name of a time zone."))
        return value


@extend_schema_serializer(
    examples=[OpenApiExample("A family", value={"name": "我们的家", "scene": "family", "time_zone": "Asia/Shanghai"})]
)
class GroupInput(GroupChange):
    """A group to found."""

    name = serializers.CharField(max_length=40, validators=[check_printable])
    scene = serializers.ChoiceField(choices=Scene.choices)
    time_zone = serializers.CharField(max_length=40, default="Asia/Shanghai")
    ends_on = serializers.DateField(
        allow_null=True, default=None, help_text="The last day of an event group, in its time zone."
    )


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody in the group."""

    user = serializers.UUIDField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    stake = MoneyField(read_only=True)

    class Meta:
        model = Membership
        fields = ["user", "name", "role", "weight", "joined_at", "stake"]
        read_only_fields = fields


class InvitationInput(serializers.Serializer[Any]):
    """As what somebody is invited; the scene says it where it is left out."""

    role = serializers.ChoiceField(choices=[Membership.Role.MEMBER, Membership.Role.VIEWER], required=False)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation, as the members of the group see it."""

    inviter = serializers.UUIDField(source="inviter_id", read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "role", "status", "inviter", "created_at", "expires_at"]
        read_only_fields = fields


class NewInvitationSerializer(InvitationSerializer):
    """A new invitation with its code, which is shown this once."""

    code = serializers.CharField(read_only=True)
    url = serializers.SerializerMethodField()

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "code", "url"]
        read_only_fields = fields

    def get_url(self, invitation: Any) -> str:
        return f"{settings.BASE_URL}/api/v1/invitations/{invitation.code}"


class OfferSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation, as whoever holds its code sees it: names are masked until it is accepted."""

    group_name = serializers.CharField(source="group.name", read_only=True)
    scene = serializers.ChoiceField(choices=Scene.choices, source="group.scene", read_only=True)
    inviter_name = serializers.CharField(source="inviter.masked_name", read_only=True)
    members = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="Masked names.")

    class Meta:
        model = Invitation
        fields = ["group_name", "scene", "inviter_name", "members", "role", "status", "expires_at"]
        read_only_fields = fields


GroupPage = page_of(GroupSerializer)
MemberPage = page_of(MemberSerializer)
InvitationPage = page_of(InvitationSerializer)
