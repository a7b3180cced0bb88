#!/usr/bin/env python
"""Django's command line for 合花.

Where the environment names no servers, those of the `make run` that serves `.data` (or `DATA`) are used.
"""

import os
import sys
from pathlib import Path

from environ import Env

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wallet.config.settings")
    running = Path(os.environ.get("DATA") or ".data") / "server.env"
    if "DATABASE_URL" not in os.environ and running.exists():
        Env.read_env(running)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
