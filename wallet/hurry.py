"""Let a worker know now of what it would find by itself a little later.

Due work stands in PostgreSQL, and beat lets workers look for it. A task sent from here only spares the wait, so that
whatever becomes of the message, nothing is lost, and no answer depends on it: one daemon thread of the process sends,
and who has committed waits neither for a broker that is away nor for one that hangs. When too many wait to be sent,
they are dropped. A process that forks leaves its thread behind, so the child begins with an empty queue.
"""

import os
import queue
import threading
from contextlib import suppress
from functools import partial

import structlog
from celery import current_app
from django.db import transaction

WAITING_MAX = 1_000

logger = structlog.get_logger(__name__)


class Sender:
    """The tasks that wait to be sent, and the thread that sends them. It starts with the first task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: queue.Queue[tuple[str, tuple[str, ...]]] = queue.Queue(WAITING_MAX)
        self._thread: threading.Thread | None = None

    def put(self, task: str, arguments: tuple[str, ...]) -> None:
        """Note a task; it is dropped where too many wait already."""
        with suppress(queue.Full):
            self._waiting.put_nowait((task, arguments))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, name="hurry", daemon=True)
                self._thread.start()

    def _send(self) -> None:
        while True:
            task, arguments = self._waiting.get()
            try:
                current_app.send_task(task, arguments, retry=False)
            except Exception as error:  # whatever a broker that is away raises: the row is found without it
                logger.warning("task_not_sent", task=task, error=repr(error))


_sender = Sender()


def _begin_anew() -> None:
    global _sender
    _sender = Sender()


os.register_at_fork(after_in_child=_begin_anew)


def hurry(task: str, *arguments: str) -> None:
    """Send a task, by its name, when the transaction has committed. It neither blocks nor raises."""
    transaction.on_commit(partial(_put, task, arguments))


def _put(task: str, arguments: tuple[str, ...]) -> None:
    try:
        _sender.put(task, arguments)
    except Exception:  # the change is committed; nothing that goes wrong here may look as if it were not
        logger.exception("task_not_sent", task=task)
