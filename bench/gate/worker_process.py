"""The gate's end of a worker: a process of its own, asked and answered over two pipes."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from bench.gate.processors import waited_ns
from bench.gate.stack import place
from bench.gate.worker.boot import STACK_SIGNAL
from bench.gate.worker.messages import Answer, Job, Next, Opened, Opening, Request, Warming

Stage = Opening | Warming | None
"""What a worker is at until a benchmark is open; None in the set-up before it calls anything."""

BOOT = Path(__file__).parent / "worker" / "boot.py"

OPEN_TIMEOUT_S = 600.0
"""A checkout that was never used compiles its kernels first."""

ANSWER_TIMEOUT_S = 60.0
STACK_S = 0.1
"""Time enough to write a stack."""

WAITING_COUNTS = 1 / 3
MOST_STACK_BYTES = 1 << 18
QUOTED_LINES = 3

Reply = TypeVar("Reply", bound=Answer)

CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}
"""Codes of a process that a signal ended, for a fault of its own and of nobody else."""


class WorkerFailed(Exception):  # noqa: N818 - what happened
    """A worker ended, hung or spoke nonsense; the message quotes its last lines.

    `crashed` says that it ended by a fault of its own, `outlasted` that it was given up long after
    another one had done the same, `benchmark` what it was opening, if it was.
    """

    def __init__(
        self,
        message: str,
        *,
        crashed: bool = False,
        outlasted: bool = False,
        benchmark: str | None = None,
    ) -> None:
        super().__init__(message)
        self.crashed = crashed
        self.outlasted = outlasted
        self.benchmark = benchmark


class WorkerProcess:
    """One worker on one checkout; leaving the `with` block ends it.

    While a benchmark is opened, `stage` is what the worker is at, and `took_s` what the stages
    before took it, less the time in which it waited for a CPU.
    """

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
        self._stack = tempfile.TemporaryFile()  # noqa: SIM115 - same
        stack_fd = self._stack.fileno()
        self._folder = folder
        environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                str(BOOT),
                *(str(descriptor) for descriptor in (request_read, answer_write, stack_fd)),
                *paths,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(request_read, answer_write, stack_fd, *inherited),
            cwd=folder,
            env=environment,
        )
        os.close(request_read)
        os.close(answer_write)
        self._buffer = b""
        self.stage: Stage = None
        self.took_s: dict[Stage, float] = {}
        self.forgive()
        self._heard_s = time.monotonic()
        self._given_up: WorkerFailed | None = None
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
        self._stack.close()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def fileno(self) -> int:
        """Return what to wait on for an answer; `heard_from` also knows what was read already."""
        return self._answers

    @property
    def has_answer(self) -> bool:
        """Return whether an answer was read with the one before it, and waits to be taken."""
        return b"\n" in self._buffer

    @property
    def folder(self) -> Path:
        """Return the checkout that it works on."""
        return self._folder

    @property
    def at_stage_s(self) -> float:
        """Return how long the worker has been at its stage, less its waiting for a CPU.

        However long it waits, a third of the time that passes counts: nobody is so starved that
        much more would come of waiting longer.
        """
        return max(self._spent_s(), (time.monotonic() - self._began_s) * WAITING_COUNTS)

    @property
    def silent_s(self) -> float:
        """Return how long ago the worker said anything, or was asked to open a benchmark."""
        return time.monotonic() - self._heard_s

    def forgive(self) -> None:
        """Let what the worker is at count from now on."""
        self._began_s, self._waited_s = time.monotonic(), self._waiting_s()

    def opened(self) -> Opened:
        """Wait for the next benchmark and return it. Raises WorkerFailed."""
        while (opened := self.opened_within(OPEN_TIMEOUT_S)) is None:
            pass
        return opened

    def opened_within(self, timeout_s: float) -> Opened | None:
        """Return the next benchmark; None where all that was said is what the worker is at now.

        Raises WorkerFailed.
        """
        try:
            answer = self._answer(timeout_s)
        except WorkerFailed as error:
            error.benchmark = None if self.stage is None else self.stage.name
            raise
        self._heard_s = time.monotonic()
        if answer != self.stage:
            self.took_s[self.stage] = self._spent_s()
            self.forgive()
        if not isinstance(answer, Opening | Warming):
            self.stage = None
            return _of_type(answer, Opened)
        self.stage = answer
        return None

    def give_up(self, why: str, *, outlasted: bool = False) -> WorkerFailed:
        """End the worker; return what happened, for who waits for it."""
        # Alive it would only keep the benchmarks behind this one waiting, too.
        at = place(self.stack(), self._folder)
        self._process.kill()
        self._given_up = WorkerFailed(
            f"{why}{at and f', at {at}'}{self._last_lines()}",
            outlasted=outlasted,
            benchmark=None if self.stage is None else self.stage.name,
        )
        return self._given_up

    def stack(self) -> str:
        """Return where the worker is now, as `bench.gate.stack` reads it; empty if untold."""
        with suppress(OSError):
            # The worker writes at the offset that it shares with this process.
            descriptor = self._stack.fileno()
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            self._process.send_signal(STACK_SIGNAL)
            time.sleep(STACK_S)
            return os.pread(descriptor, MOST_STACK_BYTES, 0).decode(errors="replace")
        return ""

    def send(self, request: Request) -> None:
        """Send `request`; its answer is fetched by `expect`. Raises WorkerFailed."""
        if isinstance(request, Next):
            self.took_s.pop(None, None)
            self.forgive()
            self._heard_s = time.monotonic()
        self._write(self._encode(request))

    def ask(self, request: Request, reply: type[Reply]) -> Reply:
        """Send `request` and return its answer. Raises WorkerFailed."""
        self.send(request)
        return self.expect(reply)

    def expect(self, reply: type[Reply], timeout_s: float = ANSWER_TIMEOUT_S) -> Reply:
        """Wait for an answer of type `reply`. Raises WorkerFailed."""
        return _of_type(self._answer(timeout_s), reply)

    def _answer(self, timeout_s: float) -> Answer:
        while not self.has_answer:
            if not select.select([self._answers], [], [], timeout_s)[0]:
                raise self.give_up(f"no answer for {timeout_s:.0f} s")
            chunk = os.read(self._answers, 65536)
            if not chunk:
                raise self._given_up or self._ended()
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        try:
            answer: Answer = self._decode(line)
        except msgspec.DecodeError as error:
            raise WorkerFailed(f"an answer that cannot be read: {error}") from error
        return answer

    def _spent_s(self) -> float:
        return time.monotonic() - self._began_s - (self._waiting_s() - self._waited_s)

    def _waiting_s(self) -> float:
        return waited_ns(self._process.pid) / 1e9

    def _write(self, line: bytes) -> None:
        view = memoryview(line + b"\n")
        try:
            while view:
                view = view[os.write(self._requests, view) :]
        except BrokenPipeError:
            raise self._ended() from None

    def _ended(self) -> WorkerFailed:
        code = self._process.wait()
        return WorkerFailed(
            f"the worker ended with code {code}{self._last_lines()}",
            # Whoever exits did so by itself; most signals come from others.
            crashed=code >= 0 or code in CRASHES,
        )

    def _last_lines(self) -> str:
        with suppress(OSError):
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").split("\n")
            told = [line.strip() for line in lines if line.strip()][-QUOTED_LINES:]
            if told:
                return ": " + " | ".join(told)
        return ""


def heard_from(workers: Iterable[WorkerProcess], timeout_s: float) -> list[WorkerProcess]:
    """Return which of `workers` have an answer, or ended; none where nothing comes in time."""
    waiting = list(workers)
    # What was read together with the answer before it will not make the pipe ready again.
    read = [worker for worker in waiting if worker.has_answer]
    return read or select.select(waiting, [], [], timeout_s)[0]


def _of_type(answer: Answer, reply: type[Reply]) -> Reply:
    if not isinstance(answer, reply):
        raise WorkerFailed(f"expected {reply.__name__}, got {type(answer).__name__}")
    return answer
