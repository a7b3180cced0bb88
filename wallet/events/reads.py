"""How sockets reach PostgreSQL: few threads, each with one lasting connection, whatever the number of sockets.

Threads and not asynchronous psycopg, because what is read goes through the ORM and through `readers`, whose answer is
ordinary synchronous code of a room above; and because a bound on threads is a bound on connections: five hundred
sockets that all have something to read wait in line here, not in the database. The watch has a thread of its own, so
that it is never late behind a crowd that resumes.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")
#: What is raised while the database is away.
AWAY = (OperationalError, InterfaceError)


class Reads:
    """A few threads with connections. Used by one event loop."""

    def __init__(self, threads_max: int) -> None:
        self._opened: list[BaseDatabaseWrapper] = []
        self._threads = ThreadPoolExecutor(threads_max, "socket-reads", initializer=self._register)

    def _register(self) -> None:
        connection = connections["default"]
        connection.inc_thread_sharing()  # so that `close` may close it from another thread
        self._opened.append(connection)

    async def run(self, read: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a read on one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(_run, partial(read, *args, **kwargs)))

    async def close(self) -> None:
        """Let the reads under way end, and close the connections."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for connection in self._opened:
            connection.close()


def _run(read: Callable[[], T]) -> T:
    connection = connections["default"]
    try:
        return read()
    except AWAY:
        connection.close()
        raise
    finally:
        # From a pool a connection is only borrowed; one of our own stays open.
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close()
