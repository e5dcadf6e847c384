"""Pipelines of a plug-in, each of which does one thing that no plug-in should."""

import atexit
import ctypes
import dataclasses
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from pipelines.pipeline import Pipeline
from pipelines.stage import StageKind
from pipelines.systems.null import NULL


class OddError(BaseException):
    """No Exception."""


class MuteError(Exception):
    """Says nothing, and loudly."""

    def __str__(self) -> str:
        raise OddError


class Does:
    """A stage that hands on what it is given, and from its call numbered `calls` on does `what`."""

    def __init__(
        self,
        what: Callable[[Any], Any],
        calls: int = 0,
        name: object = "does",
        kind: object = StageKind.CRYPTO,
    ) -> None:
        self.what, self.left, self.kind = what, calls, kind
        with suppress(AttributeError):
            self.name = name

    def __call__(self, unit: Any) -> Any:
        self.left -= 1
        return self.what(unit) if self.left < 0 else unit


class Shy(Does):
    """Raises when it is asked for its name."""

    @property
    def name(self) -> str:  # type: ignore[override]
        raise ZeroDivisionError


def raises(error: BaseException) -> Callable[[Any], NoReturn]:
    def raise_it(_: Any) -> NoReturn:
        raise error

    return raise_it


def wipes(unit: Any) -> Any:
    unit.payload[:] = 0
    return unit


def wipes_by_address(unit: Any) -> Any:
    ctypes.memset(unit.payload.ctypes.data, 0, len(unit.payload))
    return unit


def never_returns(_: Any) -> NoReturn:
    while True:
        with suppress(BaseException):
            signal.pause()


def once(what: Callable[[], Any]) -> Callable[[Any], Any]:
    """Return a function that does `what` when it is first called, and hands on what it is given."""
    left = [what]

    def do_once(unit: Any) -> Any:
        while left:
            left.pop()()
        return unit

    return do_once


def prints() -> None:
    print("printed by print")  # noqa: T201 - that is the point
    os.write(1, b"printed by number\n")


def closes() -> None:
    for number in (0, 1, 2):
        os.close(number)
    sys.stdout = sys.stderr = None


def leaves_a_thread() -> None:
    threading.Thread(target=threading.Event().wait, daemon=False).start()


def raises_in_a_thread() -> None:
    thread = threading.Thread(target=raises(OddError("in a thread")), args=(0,))
    thread.start()
    thread.join()


class Ends:
    def __del__(self) -> None:
        raise OddError("in the end of an object")


def again(unit: Any) -> Any:
    return again(unit)


def same(unit: Any) -> Any:
    return unit


def with_stage(
    pipeline: str, *arguments: Any, make: Callable[..., Any] = Does, **options: Any
) -> Pipeline:
    return dataclasses.replace(
        NULL, name=pipeline, sender=lambda s: (make(*arguments, **options), *NULL.sender(s))
    )


def other(pipeline: Any, **fields: Any) -> Pipeline:
    return dataclasses.replace(NULL, name=pipeline, **fields)


# Enough for verification and warm-up: it happens while the case is measured.
LATE = 100

ALL = (
    with_stage("raises-keyboard-interrupt", raises(KeyboardInterrupt())),
    with_stage("raises-generator-exit", raises(GeneratorExit("done"))),
    with_stage("raises-system-exit", raises(SystemExit(0))),
    with_stage("raises-base-exception", raises(OddError("odd"))),
    with_stage("raises-surrogate", raises(ValueError("not \udcff text"))),
    with_stage("raises-much", raises(ValueError("much " * 100_000))),
    with_stage("raises-mute", raises(MuteError())),
    with_stage("raises-memory-error", raises(MemoryError())),
    with_stage("raises-recursion", again),
    with_stage("raises-late", raises(OddError("late")), LATE),
    with_stage("returns-nothing", lambda _: None),
    with_stage("returns-a-number", lambda _: 3),
    with_stage("wipes", wipes),
    with_stage("wipes-by-address", wipes_by_address),
    with_stage("wipes-late", wipes, LATE),
    with_stage("wipes-by-address-late", wipes_by_address, LATE),
    with_stage("ends", lambda _: os._exit(0)),
    with_stage("ends-late", lambda _: os._exit(0), LATE),
    with_stage("ends-by-signal", lambda _: os.kill(os.getpid(), signal.SIGKILL)),
    with_stage("ends-by-address", lambda _: ctypes.string_at(0)),
    with_stage("closes-all", lambda _: os.closerange(3, 1000)),
    with_stage("named-hugely", same, name="n" * 1_000_000),
    with_stage("named-surrogate", same, name="\udcff"),
    with_stage("named-number", same, name=3),
    with_stage("named-shyly", same, make=Shy),
    with_stage("of-no-kind", same, kind="kindness"),
    other("labels-numbers", labels=(1, 2)),
    other("labels-nothing", labels=None),
    other("summary-nothing", summary=None),
    other("source-number", source=3),
    other("sees-stranger", sees_plaintext=frozenset({"martian"})),
    other("sees-number", sees_plaintext=7),
    other("sender-nothing", sender=None),
    other("builds-endless", sender=lambda _: itertools.repeat(Does(same))),
    other("builds-nothing", sender=lambda _: None),
    other("builds-keyboard-interrupt", sender=raises(KeyboardInterrupt())),
    other("builds-end", receiver=lambda _: os._exit(3)),
)

# What these do besides harms nobody who does not mind.
MEDDLING = (
    with_stage("prints", once(prints)),
    with_stage("closes", once(closes)),
    with_stage("leaves-a-thread", once(leaves_a_thread)),
    with_stage("raises-in-a-thread", once(raises_in_a_thread)),
    with_stage("raises-in-the-end", lambda unit: (unit, Ends())[0]),
    with_stage("forks", once(os.fork)),
    with_stage("moves", once(lambda: os.chdir("/"))),
    with_stage("ends-at-exit", once(lambda: atexit.register(os._exit, 3))),
)

ENDLESS = with_stage("endless", never_returns)


class Unreadable(Pipeline):
    """Raises when it is asked for its name."""

    @property
    def name(self) -> str:
        raise OddError("no name")


NUMBER = other(3)
HUGE = other("n" * 1_000_000)
UNREADABLE = object.__new__(Unreadable)
