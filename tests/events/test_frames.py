"""Whatever a client says: a documented code, never a fault of ours, and the others notice nothing."""

import contextlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from tests.events.conftest import Client, Readership, Server, make_wallet, note
from wallet.events.frames import Ack, BadFrame, Subscribe, UnknownType, Unsubscribe, parse
from wallet.identity.models import User
from wallet.ledger.models import Wallet

ID = "0193b0c2-3d5e-7c1a-9f00-5a1b2c3d4e5f"
BAD = [
    "",
    "{",
    "[]",
    "null",
    "1e999",
    '"subscribe"',
    "{}",
    '{"type": 1}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "groups": []}',
    '{"type": "subscribe", "groups": {}}',
    '{"type": "subscribe", "groups": {"1": 0}}',
    f'{{"type": "subscribe", "groups": ["{ID}"]}}',
    *[
        f'{{"type": "subscribe", "groups": {{"{ID}": {cursor}}}}}'
        for cursor in ("-1", "1.0", "1e1", '"1"', "null", "true", "9223372036854775808", "NaN", "9" * 5000)
    ],
    f'{{"type": "subscribe", "groups": {{"{{{ID}}}": 0}}}}',
    f'{{"type": "subscribe", "groups": {{"urn:uuid:{ID}": 0}}}}',
    f'{{"type": "subscribe", "groups": {{"{ID.replace("-", "")}": 0}}}}',
    '{"type": "unsubscribe"}',
    f'{{"type": "unsubscribe", "groups": "{ID}"}}',
    '{"type": "unsubscribe", "groups": [1]}',
    '{"type": "ack"}',
    f'{{"type": "ack", "group": "{ID}"}}',
    '{"type": "ack", "group": null, "sequence": 1}',
    "[" * 10_000,
]


def test_what_is_understood() -> None:
    key = uuid.UUID(ID)
    assert parse(f'{{"type": "subscribe", "groups": {{"{ID.upper()}": 41}}, "new": 1}}') == Subscribe({key: 41})
    assert parse(f'{{"type": "unsubscribe", "groups": ["{ID}"]}}') == Unsubscribe([key])
    assert parse(f'{{"type": "ack", "group": "{ID}", "sequence": 42}}') == Ack(key, 42)


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:60])
def test_what_is_not(text: str) -> None:
    with pytest.raises(BadFrame):
        parse(text)


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([ID, ID[:-1], ""])
JSON = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(st.sampled_from([ID, "1", ""]), LEAF)
TYPES = st.sampled_from(["subscribe", "unsubscribe", "ack", "ping", ""])


@settings(deadline=None)
@given(frame=st.dictionaries(st.sampled_from(["groups", "group", "sequence"]), JSON), kind=TYPES)
def test_nothing_else_can_come_out(frame: dict[str, Any], kind: str) -> None:
    with contextlib.suppress(BadFrame, UnknownType):
        assert isinstance(parse(json.dumps(frame | {"type": kind})), Subscribe | Unsubscribe | Ack)


def test_a_bad_frame_is_told_and_closes(server: Server, token: str) -> None:
    for frame in ("{", '{"type": "subscribe", "groups": {"1": 0}}', b"\x00\x01"):
        with server.connect(token) as client:
            client.socket.send(frame)
            assert client.read_to_the_end() == 4400
        assert client.frames[-1]["code"] == "bad_frame"
        assert client.frames[-1]["detail"]


def test_an_unknown_type_leaves_the_socket_open(server: Server, token: str, wallet: Wallet) -> None:
    note(wallet)
    with server.connect(token) as client:
        client.say("dance")
        assert client.hear("error") == {"type": "error", "code": "unknown_type"}
        client.subscribe({wallet: 0})
        client.read_until(wallet, 1)


def test_a_frame_that_is_too_large(server: Server, token: str) -> None:
    with server.connect(token) as client:
        client.say("subscribe", padding="合" * 6_000)
        assert client.read_to_the_end() == 4413


def test_more_groups_than_there_may_be(
    server: Server, token: str, member: User, readership: Readership, settings: Any
) -> None:
    settings.SOCKET_GROUPS_MAX = 3
    wallets = [make_wallet(readership, member) for _ in range(4)]
    with server.connect(token) as client:
        client.subscribe(dict.fromkeys(wallets[:3], 0))
        client.subscribe(dict.fromkeys(wallets[:2], 0))  # those are not more
        assert len(client.frames[-1]["groups"]) == 2
        client.say("subscribe", groups={str(wallets[3].pk): 0})
        assert client.read_to_the_end() == 4406


def test_too_many_commands(server: Server, token: str, wallet: Wallet) -> None:
    with server.connect(token) as client:
        for _ in range(60):
            try:
                client.say("subscribe", groups={str(wallet.pk): 0})
            except ConnectionClosed:
                break
        assert client.read_to_the_end() == 4429


def test_acknowledging_every_event_of_a_long_absence_is_welcome(server: Server, token: str, wallet: Wallet) -> None:
    for _ in range(100):
        note(wallet)
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        while not client.seen[wallet.pk] or client.seen[wallet.pk][-1] < 100:
            client.receive()
            for _ in range(5):
                client.say("ack", group=str(wallet.pk), sequence=client.seen[wallet.pk][-1])
    assert not [frame for frame in client.frames if frame["type"] == "error"]


def test_a_socket_that_misbehaves_does_not_hurt_another(server: Server, token: str, wallet: Wallet) -> None:
    with server.connect(token) as good:
        good.subscribe({wallet: 0})
        for frame in BAD[:5]:
            bad: Client = server.connect(token)
            bad.socket.send(frame)
            assert bad.read_to_the_end() == 4400
        note(wallet)
        good.read_until(wallet, 1)
