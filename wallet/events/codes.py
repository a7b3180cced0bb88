"""What a websocket is told when something is refused or ends: the codes of error frames and the close codes.

Clients act on these, so a code never changes its meaning; docs/realtime.md says what a client does about each. Close
codes 4400–4499 are ours. The standard ones a client meets are 1011 (a fault of ours) and 1012 (the server is being
restarted): after both it connects again and resumes.
"""

from enum import IntEnum, StrEnum


class CloseCode(IntEnum):
    """Why the server ended a socket.

    BAD_FRAME         a frame was not text, not JSON, or not of the shape its type has; the client has a fault
    LOGGED_OUT        the device was revoked, logged out, or its person deactivated; log in again
    MEMBERSHIP_ENDED  the person left or was removed from a group they were following; connect again without it
    TOO_MANY_GROUPS   more groups were followed on one socket than there may be
    SLOW_READER       the client did not take what was sent in time; connect again and resume
    FRAME_TOO_LARGE   a frame was longer than there may be
    TOO_MANY_FRAMES   frames came faster than they may; connect again, later and slower
    """

    BAD_FRAME = 4400
    LOGGED_OUT = 4401
    MEMBERSHIP_ENDED = 4403
    TOO_MANY_GROUPS = 4406
    SLOW_READER = 4408
    FRAME_TOO_LARGE = 4413
    TOO_MANY_FRAMES = 4429


#: The standard code for a fault of ours.
INTERNAL_ERROR = 1011


class ErrorCode(StrEnum):
    """What was refused by an error frame.

    BAD_FRAME         the frame is not of the shape its type has; the socket is closed with 4400 after this
    UNKNOWN_TYPE      no frame of this type is known to this server; the socket stays open
    NOT_FOUND         the person may not know of the group, or it is not there
    MEMBERSHIP_ENDED  the person left the group; everything up to their leaving has been sent, and nothing else will be
    NOT_SUBSCRIBED    the group is not followed on this socket
    SEQUENCE_AHEAD    the number is greater than that of any event; read a snapshot and begin from its sequence
    UNAVAILABLE       the database is away for a moment; ask again
    """

    BAD_FRAME = "bad_frame"
    UNKNOWN_TYPE = "unknown_type"
    NOT_FOUND = "not_found"
    MEMBERSHIP_ENDED = "membership_ended"
    NOT_SUBSCRIBED = "not_subscribed"
    SEQUENCE_AHEAD = "sequence_ahead"
    UNAVAILABLE = "unavailable"


class Closing(Exception):
    """Raised anywhere below a socket to end it with a code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class Gone(Exception):
    """The client is no longer there; nobody is left to be told."""
