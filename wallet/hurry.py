"""Let a worker know now of what it would find by itself a little later.

Due work stands in PostgreSQL, and beat lets workers look for it. A task sent from here only spares the wait, so that
whatever becomes of the message, nothing is lost, and no answer depends on it.
"""

import structlog
from celery import current_app
from django.db import transaction

logger = structlog.get_logger(__name__)


def hurry(task: str, *arguments: str) -> None:
    """Send a task, by its name, when the transaction has committed. That it cannot be sent is logged and no error."""

    def send() -> None:
        try:
            current_app.send_task(task, arguments, retry=False)
        except Exception:
            # What was committed stands and is acknowledged, however the broker fails.
            logger.warning("task_not_sent", task=task, exc_info=True)

    transaction.on_commit(send)
