"""Many orders at once, for what is about reading them: copies of one that is due, a second apart."""

from groups.autotransfers.models import AutoTransfer
from tests.books import run

COLUMNS = [str(field.column) for field in AutoTransfer._meta.concrete_fields]
ODD = {
    "id": "gen_random_uuid()",
    "due_at": "due_at - n * interval '1 second'",
    "sweep_at": "due_at - n * interval '1 second'",
}


def fill(order: AutoTransfer, count: int) -> None:
    """Copy an order so many times, each due a second before the one before."""
    values = ", ".join(ODD.get(column, column) for column in COLUMNS)
    run(
        f"INSERT INTO autotransfers_autotransfer ({', '.join(COLUMNS)})"
        f" SELECT {values} FROM autotransfers_autotransfer, generate_series(1, %s) n WHERE id = %s",
        count,
        order.pk,
    )
