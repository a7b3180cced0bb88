"""What an operator may do: asked by the services themselves, so that no page and no command can forget it."""

from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User


def check_permission(operator: User, permission: str) -> None:
    """Refuse an operator without a permission ("<app>.<codename>").

    :raises OperatorNotAllowed: when they do not have it.
    """
    if not operator.has_perm(permission):
        raise OperatorNotAllowed
