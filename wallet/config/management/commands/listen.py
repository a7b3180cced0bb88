"""`manage.py listen GROUP`: a websocket client that prints a group's events as they come, one JSON object a line."""

import asyncio
import contextlib
import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Command(BaseCommand):
    help = "Print a group's events as they come: subscribe after a number, resume after a lost connection."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("group", help="the group's id")
        parser.add_argument("--token", required=True, help="a device's token")
        parser.add_argument("--after", type=int, default=0, help="resume after this number; 0: from the beginning")
        parser.add_argument("--seconds", type=float, default=3600, help="stop after so long")
        parser.add_argument("--url", default=settings.BASE_URL.replace("http", "ws", 1) + "/ws/v1/")

    def handle(self, *args: Any, **options: Any) -> None:
        with contextlib.suppress(KeyboardInterrupt, TimeoutError):
            asyncio.run(asyncio.wait_for(self._listen(options), options["seconds"]))

    async def _listen(self, options: dict[str, Any]) -> None:
        """Listen for as long as we are let; whoever reconnects subscribes after the last number that was seen."""
        seen, until = options["after"], time.monotonic() + options["seconds"]
        headers = {"Authorization": f"Bearer {options['token']}"}
        while time.monotonic() < until:
            with contextlib.suppress(ConnectionClosed, OSError):
                async with connect(options["url"], additional_headers=headers) as socket:
                    await socket.send(json.dumps({"type": "subscribe", "groups": {options["group"]: seen}}))
                    async for frame in socket:
                        message = json.loads(frame)
                        self.stdout.write(json.dumps(message, ensure_ascii=False))
                        seen = message.get("sequence", seen)
            await asyncio.sleep(1)
