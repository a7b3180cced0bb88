"""What a client may say on its websocket, and nothing else. Pure: text in, a frame or an error out.

    {"type": "subscribe", "groups": {"<id>": 41}}      follow, from after this number; 0 is from the beginning
    {"type": "unsubscribe", "groups": ["<id>"]}        stop following
    {"type": "ack", "group": "<id>", "sequence": 42}   everything up to this number has been taken in

Members that are not known are ignored, so that a newer client can speak to an older server.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Twenty groups take 1 KB.
FRAME_BYTES_MAX = 16_384
SEQUENCE_MAX = 2**63 - 1
ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class BadFrame(Exception):
    """The frame does not have the shape that it must have."""


class UnknownType(Exception):
    """The frame is well-formed, but its type is not known here."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    groups: dict[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    groups: list[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Ack:
    group: uuid.UUID
    sequence: int


Frame = Subscribe | Unsubscribe | Ack


def parse(text: str) -> Frame:
    """Parse what a client sent.

    :raises BadFrame: when it is not a frame.
    :raises UnknownType: when it is one of a type that is not known.
    """
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("not JSON") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise BadFrame('must be an object with a "type"')
    if frame["type"] == "subscribe":
        return Subscribe(_parse_cursors(frame.get("groups")))
    if frame["type"] == "unsubscribe":
        return Unsubscribe(_parse_ids(frame.get("groups")))
    if frame["type"] == "ack":
        return Ack(_parse_id(frame.get("group")), _parse_sequence(frame.get("sequence")))
    raise UnknownType


def write(frame_type: str, **members: Any) -> str:
    """Write a frame for a client."""
    return json.dumps({"type": frame_type, **members}, ensure_ascii=False, separators=(",", ":"))


def write_groups(groups: Mapping[uuid.UUID, int]) -> dict[str, int]:
    return {str(group): sequence for group, sequence in groups.items()}


def _parse_cursors(groups: Any) -> dict[uuid.UUID, int]:
    if not isinstance(groups, dict) or not groups:
        raise BadFrame('"groups" must be an object of ids and sequences')
    return {_parse_id(group): _parse_sequence(sequence) for group, sequence in groups.items()}


def _parse_ids(groups: Any) -> list[uuid.UUID]:
    if not isinstance(groups, list) or not groups:
        raise BadFrame('"groups" must be a list of ids')
    return [_parse_id(group) for group in groups]


def _parse_id(group: Any) -> uuid.UUID:
    if not isinstance(group, str) or not ID.fullmatch(group):
        raise BadFrame("a group is named by its id, a UUID")
    return uuid.UUID(group)


def _parse_sequence(sequence: Any) -> int:
    if type(sequence) is not int or not 0 <= sequence <= SEQUENCE_MAX:
        raise BadFrame("a sequence is an integer, 0 or more")
    return sequence
