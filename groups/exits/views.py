"""The doors out of a group."""

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from groups.exits.serializers import PartingSerializer
from groups.exits.services import leave_group, remove_member
from groups.members import views
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.authentication import get_caller


class OneMember(views.OneMember):
    """A member: changed by the room of members, parted with by this one."""

    @extend_schema(
        operation_id="part_with_member", summary="Leave, or remove a member", tags=["groups"],
        description="With one's own id: leave. With another's: remove (owner only). The whole stake goes to the "
        "member's own default source; the answer says how much, and where to.",
        responses={200: PartingSerializer},
    )  # fmt: skip
    def delete(self, request: Request, group_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        caller, now = get_caller(request), timezone.now()
        if user_id == caller.pk:
            parting = leave_group(actor=caller, group_id=group_id, now=now)
        else:
            access_group(caller, group_id, Right.REMOVE_MEMBERS)
            parting = remove_member(actor=caller, group_id=group_id, user_id=user_id, now=now)
        return Response(PartingSerializer(parting).data)
