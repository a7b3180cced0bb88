"""How a movement ends."""

from datetime import datetime

from groups.funding.models import Movement


def close_movement(movement: Movement, status: str, now: datetime, failure_code: str = "") -> None:
    """Write down what became of it, and why it failed where it did."""
    movement.status, movement.final_at, movement.failure_code = status, now, failure_code
    row = type(movement)._default_manager.filter(group=movement.group_id, pk=movement.pk)
    row.update(status=status, final_at=now, failure_code=failure_code)
