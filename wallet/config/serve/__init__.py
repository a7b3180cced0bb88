"""What `make run` and the tests stand on: real servers, started here, watched, and ended.

Nothing in this package imports Django: it runs before the settings can be read. Each process started here is ended
here, also when the start is interrupted half-way; on Linux the kernel ends it too should this process be killed
(`processes.py`).
"""


class StartRefused(Exception):
    """Something outside stands in the way; the message says what, and what to do. No traceback is shown."""
