"""Where the rooms above object to the unlinking of a source or payee that they still need.

Whoever is asked runs in the transaction that unlinks, and raises a refusal of its own to object. They register once, in
their `apps.py`; this room need not know them.
"""

from collections.abc import Callable

from wallet.rails.models import FundingSource, Payee

#: Raises a refusal to object.
Objection = Callable[[FundingSource | Payee], object]
_objections: list[Objection] = []


def before_unlinking(objection: Objection) -> None:
    """Ask `objection(source or payee)` before any is unlinked."""
    _objections.append(objection)


def hear_objections(linked: FundingSource | Payee) -> None:
    """Let everybody object.

    :raises Refusal: of whoever does.
    """
    for objection in _objections:
        objection(linked)
