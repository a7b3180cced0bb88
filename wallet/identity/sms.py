"""Text messages: one small interface, so that a provider is one class and one setting (`SMS_SENDER`, a dotted path).

Chinese providers send approved templates with parameters, others plain text, so a message has both. Everything here is
a SANDBOX: nothing leaves the machine. A code goes to the message's reader and never to a log; hence the console sender
writes to standard output itself, and the file that scripts read belongs to its owner alone.
"""

import json
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Protocol, cast

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from wallet.identity.masks import mask_phone


@dataclass(frozen=True)
class TextMessage:
    """What a phone receives. Its `repr` may end up in a traceback, so it shows neither number nor content."""

    phone: str
    template: str
    params: dict[str, str]
    text: str

    def __repr__(self) -> str:
        return f"TextMessage({self.template} to {mask_phone(self.phone)})"


class SmsSender(Protocol):
    """Hands a message to whoever delivers it. Raises when it was not taken."""

    def send(self, message: TextMessage) -> None: ...


class ConsoleSender:
    """Sandbox: prints the message, and appends it to DATA/sms.log for scripts that want to log in."""

    def send(self, message: TextMessage) -> None:
        sys.stdout.write(f"[sandbox SMS] {mask_phone(message.phone)}: {message.text}\n")
        sys.stdout.flush()
        folder = getattr(settings, "DATA", None)
        if folder:
            self._append(Path(folder), message)

    @staticmethod
    def _append(folder: Path, message: TextMessage) -> None:
        line = {
            "sandbox": True,
            "at": timezone.now().isoformat(),
            "phone": message.phone,
            "template": message.template,
            **message.params,
            "text": message.text,
        }
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "sms.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class MemorySender:
    """For tests: keeps the messages of this process."""

    messages: ClassVar[list[TextMessage]] = []

    def send(self, message: TextMessage) -> None:
        self.messages.append(message)


@cache
def _sender(path: str) -> SmsSender:
    return cast(SmsSender, import_string(path)())


def send_sms(message: TextMessage) -> None:
    """Send by the sender that the settings name."""
    _sender(settings.SMS_SENDER).send(message)
