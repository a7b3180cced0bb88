"""Processes of the bench that are driven over a pipe: a line of JSON asks, a line answers. They end with the pipe."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.bench.servers import PROJECT

Ask = Callable[[Any], None]
Answer = Callable[[], Any]


@contextmanager
def drive(module: str, environment: Mapping[str, str]) -> Iterator[tuple[Ask, Answer]]:
    """Run a module inside the block, and give what asks it and what waits for its answer."""
    command = [sys.executable, "-W", "ignore", "-m", module]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, env=dict(environment), stdin=pipe, stdout=pipe, text=True) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def ask(question: Any) -> None:
            questions.write(json.dumps(question) + "\n")
            questions.flush()

        def answer() -> Any:
            return json.loads(answers.readline())

        assert answer() == "ready"
        try:
            yield ask, answer
        finally:
            questions.close()


def serve(do: Callable[[Any], Any]) -> None:
    """Be such a process: answer each question, one after the other."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(do(json.loads(line))), flush=True)
