"""What the rooms of people refuse."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class GroupNotFound(NotFound):
    """There is no such group, or the caller is not in it."""

    code = "group_not_found"


class NotAllowed(Refusal):
    """The caller sees the group and may not do this in it."""

    code = "not_allowed"
    status = 403
    title = _("Not allowed")
    detail = _("Your role in this group does not allow this.")


class GroupArchived(Refusal):
    """The group is closed; it can be read and nothing else."""

    code = "group_archived"
    title = _("Group closed")
    detail = _("This group is closed. It can only be read.")


class TooManyGroups(Refusal):
    """The person is in as many groups as there may be."""

    code = "too_many_groups"
    title = _("Too many groups")
    detail = _("Nobody can be in more than %(limit)s groups.")


class TooManyMembers(Refusal):
    """The group has as many members as there may be."""

    code = "too_many_members"
    title = _("Group full")
    detail = _("This group has room for %(limit)s people.")


class TooManyInvitations(Refusal):
    """As many invitations are open as there may be."""

    code = "too_many_invitations"
    title = _("Too many invitations")
    detail = _("No more than %(limit)s invitations can be open at once.")


class AlreadyMember(Refusal):
    """The person is in the group already."""

    code = "already_member"
    status = 409
    title = _("Already a member")
    detail = _("You are in this group already.")


class InvitationNotFound(NotFound):
    """There is no such invitation code."""

    code = "invitation_not_found"


class InvitationNotOpen(Refusal):
    """The invitation was answered, withdrawn, or has expired."""

    code = "invitation_not_open"
    status = 409
    title = _("Invitation closed")
    detail = _("This invitation is no longer open.")


class MemberNotFound(NotFound):
    """There is no such member in the group."""

    code = "member_not_found"


class LastDayTooSoon(Refusal):
    """A last day before which no notice could be given."""

    code = "last_day_too_soon"
    title = _("Too soon")
    detail = _("The last day can be %(earliest)s or later, so that everybody hears of it before.")


class OwnerMustStay(Refusal):
    """The owner cannot leave or change the own role while others are in the group."""

    code = "owner_must_stay"
    title = _("You are the owner")
    detail = _("Hand the group over first; the owner cannot leave the others behind.")


class MoneyUnderWay(Refusal):
    """Money of this member is still between the wallet and the bank."""

    code = "money_under_way"
    title = _("Money under way")
    detail = _("A transfer of this member is still under way. Try again when it has arrived.")
