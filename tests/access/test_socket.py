"""The websocket's part of the matrix: every frame against every role. Without a token there is no socket at all."""

import asyncio
import json
from typing import Any, get_args

from asgiref.testing import ApplicationCommunicator

from tests.access import matrix
from tests.access.roles import ROLES, build
from tests.access.test_matrix import read_table
from tests.cast import Api, World
from wallet.events.frames import Frame
from wallet.events.routing import websocket


async def talk(api: Api, group: str, sequence: int) -> dict[str, str]:
    """Say everything there is to say, and note what was allowed."""
    headers = [(b"host", b"testserver"), *((k.lower().encode(), v.encode()) for k, v in api.sign(b"").items())]
    scope = {"type": "websocket", "path": "/ws/v1/", "query_string": b"", "subprotocols": [], "headers": headers}
    socket: Any = ApplicationCommunicator(websocket, scope)  # type: ignore[no-untyped-call]
    await socket.send_input({"type": "websocket.connect"})
    connected = (await socket.receive_output(10))["type"] == "websocket.accept"
    verdicts = {"connect": "yes" if connected else "no"}
    if not connected:
        await socket.wait(10)
        return {**verdicts, **dict.fromkeys(("subscribe", "ack", "unsubscribe"), "-")}
    verdicts["subscribe"] = await say(socket, type="subscribe", groups={group: sequence - 1})
    if verdicts["subscribe"] == "yes":
        assert (await hear(socket))["type"] == "event"
    await tell(socket, type="ack", group=group, sequence=sequence)
    verdicts["ack"] = await say(socket, type="unsubscribe", groups=[group])  # an ack is answered only when refused
    verdicts["unsubscribe"] = "yes"
    if verdicts["ack"] == "no":
        assert (await hear(socket))["type"] == "unsubscribed"
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(10)
    return verdicts


async def tell(socket: Any, **frame: Any) -> None:
    await socket.send_input({"type": "websocket.receive", "text": json.dumps(frame)})


async def hear(socket: Any) -> Any:
    return json.loads((await socket.receive_output(10))["text"])


async def say(socket: Any, **frame: Any) -> str:
    await tell(socket, **frame)
    return "no" if (await hear(socket))["type"] == "error" else "yes"


def test_every_frame_has_a_row() -> None:
    rows = {action for _, action, _, _ in read_table(matrix.SOCKET)} - {"connect"}
    assert rows == {frame.__name__.lower() for frame in get_args(Frame)}


def test_the_table_is_what_the_socket_says(transactional_db: None, world: World) -> None:
    stage = build(world)
    sequence = stage.callers["ownr"].get(f"/groups/{stage.group.pk}").expect(200)["sequence"]

    async def talk_all() -> dict[str, dict[str, str]]:
        return {role: await talk(stage.callers[role], str(stage.group.pk), sequence) for role in ROLES}

    said = asyncio.run(talk_all())
    for _, action, _, verdicts in read_table(matrix.SOCKET):
        assert {role: said[role][action] for role in ROLES} == verdicts, action
