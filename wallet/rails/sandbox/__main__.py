"""Run the sandbox bank: `SANDBOX_BANK_SECRET=… python -m wallet.rails.sandbox --port P --data DIR`.

One process with threads and no workers: the book has one writer, and `kill -9` of this process kills the whole bank.
The customer's key comes from the environment (`SANDBOX_BANK_KEY_ID`, `SANDBOX_BANK_SECRET`), because a command line is
visible to everybody on the machine.
"""

import argparse
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import create_app
from .book import Book
from .notices import Sender


def main() -> int:
    options = _read_options()
    key_id = os.environ.get("SANDBOX_BANK_KEY_ID") or "hehua"
    secret = os.environ.get("SANDBOX_BANK_SECRET", "").encode()
    if not secret:
        sys.stderr.write("sandbox bank: set SANDBOX_BANK_SECRET\n")
        return 2
    logging.basicConfig(level=logging.WARNING, format="sandbox bank: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)

    options.data.mkdir(parents=True, exist_ok=True)
    book = Book(options.data / "sandbox-bank.sqlite3", settle_seconds=options.settle_seconds)
    app = create_app(book, _now, key_id=key_id, secret=secret, hang_seconds=options.hang_seconds)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # keep connections open
    server = make_server(options.host, options.port, app, threaded=True)
    sender = Sender(book, secret, _now)
    sender.start()
    _serve(server)
    sender.stop()
    book.close()
    return 0


def _serve(server: BaseWSGIServer) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout.write(f"sandbox bank: http://{server.host}:{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _now() -> datetime:
    return datetime.now(UTC)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m wallet.rails.sandbox", description="The sandbox bank.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of the bank's own book")
    parser.add_argument("--settle-seconds", type=float, default=2, help="from accepting to settling (2)")
    parser.add_argument("--hang-seconds", type=float, default=0, help="how long a lost answer keeps its caller (0)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
