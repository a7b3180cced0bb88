"""Real server processes that can be killed: `python -m tests.proofs.serve FD…`, one process for each listening socket.

Each runs the house as production does, with the servers' own login. A process that is killed is replaced; who connects
meanwhile waits in the socket's queue. With the header `X-Failpoint`, a process kills itself at that point of the
request (`POINTS`): as hard as `kill -9`, because that is what it is. Nothing of this is in the house: it is wrapped
around it here.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import django
import uvicorn

#: In the order in which a request passes them.
POINTS = ("before_lock", "after_lock", "after_effect", "before_commit", "after_commit", "before_answer")
_point: ContextVar[str] = ContextVar("failpoint", default="")


def die_at(point: str) -> None:
    if point and _point.get() == point:
        os.kill(os.getpid(), signal.SIGKILL)


def guarded(function: Callable[..., Any], before: str = "", after: str = "") -> Callable[..., Any]:
    """Put failpoints around a function."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        die_at(before)
        result = function(*args, **kwargs)
        die_at(after)
        return result

    return run


def set_points() -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from groups.funding import views as funding
    from groups.spending.services import charging

    for room in (funding, charging):
        room.lock_wallet = guarded(room.lock_wallet, "before_lock", "after_lock")  # type: ignore[attr-defined]
    funding.contribute = guarded(funding.contribute, after="after_effect")  # type: ignore[attr-defined]
    charging.write_payment = guarded(charging.write_payment, after="after_effect")  # type: ignore[attr-defined]
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]
    BaseDatabaseWrapper._commit = guarded(commit, "before_commit", "after_commit")  # type: ignore[attr-defined]


def with_points(house: Any) -> Any:
    """Read the failpoint from a request's header, and be the last one of them."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        _point.set(headers.get(b"x-failpoint", b"").decode())

        async def tell(message: Any) -> None:
            die_at("before_answer")
            await send(message)

        await house(scope, receive, tell)

    return answer


def serve(descriptor: int, house: Any) -> None:
    config = uvicorn.Config(house, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def fork(descriptor: int, house: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    serve(descriptor, house)
    os._exit(0)


def main() -> None:
    django.setup()
    from wallet.config.asgi import application

    set_points()
    house = with_points(application)
    children: dict[int, int] = {}

    def end(number: int, frame: object) -> None:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    for descriptor in map(int, sys.argv[1:]):
        children[fork(descriptor, house)] = descriptor
    while True:
        pid, _ = os.wait()
        descriptor = children.pop(pid)
        children[fork(descriptor, house)] = descriptor


if __name__ == "__main__":
    main()
