"""The gate's end of a worker: a process of its own, asked and answered over two pipes."""

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from bench.gate.worker.messages import Answer, Job, Opened, Opening, Request

BOOT = Path(__file__).parent / "worker" / "boot.py"

OPEN_TIMEOUT_S = 600.0
"""A checkout that was never used compiles its kernels first."""

ANSWER_TIMEOUT_S = 60.0
QUOTED_LINES = 3

Reply = TypeVar("Reply", bound=Answer)

CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}
"""Exit codes of a process that a fault of its own ended, and nobody else."""


class WorkerFailed(Exception):  # noqa: N818 - what happened
    """A worker ended, hung or spoke nonsense; the message quotes its last lines.

    `crashed` says that it ended by a fault of its own, `benchmark` what it was opening, if it was.
    """

    def __init__(
        self, message: str, *, crashed: bool = False, benchmark: str | None = None
    ) -> None:
        super().__init__(message)
        self.crashed = crashed
        self.benchmark = benchmark


class WorkerProcess:
    """One worker on one checkout; leaving the `with` block ends it."""

    def __init__(
        self,
        paths: Sequence[str],
        job: Job,
        *,
        folder: Path,
        hash_seed: int = 0,
        inherited: Sequence[int] = (),
    ) -> None:
        """Start the worker with `paths` first on its sys.path; it begins to open at once.

        Python's hashes are made from `hash_seed`, which decides how its dicts are laid out. The
        file descriptors `inherited` are its own, too, under the same numbers.
        """
        request_read, self._requests = os.pipe()
        self._answers, answer_write = os.pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(BOOT), str(request_read), str(answer_write), *paths],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(request_read, answer_write, *inherited),
            cwd=folder,
            env=environment,
        )
        os.close(request_read)
        os.close(answer_write)
        self._buffer = b""
        self._opened: Opened | None = None
        self._given_up = ""
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Answer).decode
        self._write(self._encode(job))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._requests)
        os.close(self._answers)
        self._log.close()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def fileno(self) -> int:
        """Return what to wait on for an answer."""
        return self._answers

    def wait(self) -> None:
        """Wait until the next benchmark is ready. Raises WorkerFailed."""
        self._opened = self.opened()

    def opened(self) -> Opened:
        """Wait for the next benchmark and return it. Raises WorkerFailed."""
        if self._opened is not None:
            ready, self._opened = self._opened, None
            return ready
        benchmark: str | None = None
        try:
            while isinstance(answer := self._answer(OPEN_TIMEOUT_S), Opening):
                benchmark = answer.name
        except WorkerFailed as error:
            raise WorkerFailed(str(error), crashed=error.crashed, benchmark=benchmark) from error
        return _of_type(answer, Opened)

    def send(self, request: Request) -> None:
        """Send `request`; its answer is fetched by `expect`. Raises WorkerFailed."""
        self._write(self._encode(request))

    def ask(self, request: Request, reply: type[Reply]) -> Reply:
        """Send `request` and return its answer. Raises WorkerFailed."""
        self.send(request)
        return self.expect(reply)

    def expect(self, reply: type[Reply], timeout_s: float = ANSWER_TIMEOUT_S) -> Reply:
        """Wait for an answer of type `reply`. Raises WorkerFailed."""
        return _of_type(self._answer(timeout_s), reply)

    def _answer(self, timeout_s: float) -> Answer:
        while b"\n" not in self._buffer:
            if not select.select([self._answers], [], [], timeout_s)[0]:
                # It would only keep the benchmarks behind this one waiting, too.
                self._process.kill()
                self._given_up = f"no answer for {timeout_s:.0f} s{self._last_lines()}"
                raise WorkerFailed(self._given_up)
            chunk = os.read(self._answers, 65536)
            if not chunk:
                code = self._process.wait()
                said = self._last_lines()
                if self._given_up:
                    raise WorkerFailed(self._given_up)
                raise WorkerFailed(
                    f"the worker ended with code {code}{said}", crashed=code in CRASHES
                )
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        try:
            answer: Answer = self._decode(line)
        except msgspec.DecodeError as error:
            raise WorkerFailed(f"an answer that cannot be read: {error}") from error
        return answer

    def _write(self, line: bytes) -> None:
        view = memoryview(line + b"\n")
        try:
            while view:
                view = view[os.write(self._requests, view) :]
        except BrokenPipeError:
            code = self._process.wait()
            said = self._last_lines()
            raise WorkerFailed(
                f"the worker ended with code {code}{said}", crashed=code in CRASHES
            ) from None

    def _last_lines(self) -> str:
        with suppress(OSError):
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").split("\n")
            told = [line.strip() for line in lines if line.strip()][-QUOTED_LINES:]
            if told:
                return ": " + " | ".join(told)
        return ""


def _of_type(answer: Answer, reply: type[Reply]) -> Reply:
    if not isinstance(answer, reply):
        raise WorkerFailed(f"expected {reply.__name__}, got {type(answer).__name__}")
    return answer
