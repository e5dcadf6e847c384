"""A worker process that answers lines: told on its standard input, read from its output."""

import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Self, cast

READY = "ready"
"""What a worker prints first, when it has imported and warmed up."""


class LineWorker:
    """A Python process that lives as long as the `with` block; one line goes in, one comes out.

    `arguments` stand behind the interpreter's name. Raises OSError where it cannot be started.
    """

    def __init__(self, arguments: Sequence[str], *, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )
        # Both are pipes, as asked for above.
        self._requests = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_until_ready(self) -> None:
        """Wait for the worker's first line. Raises ChildProcessError where it is not `READY`."""
        if self._answers.readline().strip() != READY:
            raise ChildProcessError("the scaling worker did not start")

    def tell(self, *words: object) -> None:
        """Send `words` as one line. Raises OSError where the worker is gone."""
        self._requests.write(" ".join(map(str, words)) + "\n")
        self._requests.flush()

    def answer(self, words: int) -> list[str]:
        """Return the words of the next line. Raises ChildProcessError unless there are `words`."""
        answer = self._answers.readline().split()
        if len(answer) != words:
            raise ChildProcessError("the scaling worker ended before its answer")
        return answer
