"""What a data folder keeps to itself: secrets of the application, passwords and ports of its servers.

Each value is made once, on the first start that asks for it, and written before it is used; both files can be read by
their owner only. Deleting the data folder forgets them together with the data they protect.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _make_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


#: The settings that must be secret, and how each is made; `docs/deploy.md` says what they protect.
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(60),
    "PIN_PEPPER": _make_key,
    "MERCHANT_SECRETS_KEY": _make_key,
    "SANDBOX_BANK_SECRET": _make_key,
}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load_secrets(data: Path) -> dict[str, str]:
    """Return the application's secrets, making those that are missing."""
    path = data / "secrets.env"
    lines = path.read_text().splitlines() if path.exists() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    missing = {name: make() for name, make in SECRETS.items() if name not in known}
    if missing:
        known |= missing
        write_private(path, "".join(f"{name}={value}\n" for name, value in known.items()))
    return known


class Notebook:
    """The servers' ports and passwords, in `servers.json`."""

    def __init__(self, data: Path) -> None:
        self.path = data / "servers.json"
        self.notes: dict[str, object] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def get(self, name: str) -> object:
        return self.notes.get(name)

    def note(self, name: str, value: object) -> None:
        if self.notes.get(name) != value:
            self.notes[name] = value
            write_private(self.path, json.dumps(self.notes, indent=1) + "\n")

    def password(self, name: str) -> str:
        """Return the password of that name, making it the first time."""
        if f"{name}_password" not in self.notes:
            self.note(f"{name}_password", secrets.token_hex(24))
        return str(self.notes[f"{name}_password"])
