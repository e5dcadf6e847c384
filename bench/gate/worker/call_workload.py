"""A function call as a workload: one unit is one call."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat
from typing import Any

Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]


class CallEnded(Exception):  # noqa: N818 - what happened
    """A timed call wanted to end the test or the process: `pytest.skip`, `sys.exit`."""


class RepeatedCall:
    """Calls with the same arguments; `result` is what the last one returned."""

    unit = "call"
    period = 1
    answer = ""
    own_ns = 0

    def __init__(self, call: partial[Any], result: object) -> None:
        self._call = call
        self.result = result

    def run(self, _start: int, units: int) -> None:
        """Call `units` times. Raises CallEnded, or what the function raises."""
        call, result = self._call, self.result
        try:
            for _ in repeat(None, units):
                result = call()
        except BaseException as error:
            raise _catchable(error) from error
        self.result = result

    def check(self) -> None:
        """Do nothing: the test itself looks at the last result."""

    def facts(self, _units: int) -> dict[str, float]:
        """Return nothing: what a call does is not known here."""
        return {}


class PreparedCall:
    """Calls between a `prepare` and a `tidy` of their own, which are not timed.

    `prepare` returns the arguments of one call, and `tidy` is called with them after it.
    """

    unit = "call"
    period = 1
    answer = ""

    def __init__(
        self,
        target: Callable[..., Any],
        prepare: Callable[[], Arguments],
        tidy: Callable[..., Any] | None,
    ) -> None:
        self._target = target
        self._prepare = prepare
        self._tidy = tidy
        self.own_ns = 0
        self.result: object = None

    def run(self, _start: int, units: int) -> None:
        """Call `units` times, each timed alone. Raises CallEnded, or what a function raises."""
        target, prepare, tidy, clock = self._target, self._prepare, self._tidy, time.perf_counter_ns
        own_ns = 0
        result = self.result
        try:
            for _ in repeat(None, units):
                args, kwargs = prepare()
                began_ns = clock()
                result = target(*args, **kwargs)
                own_ns += clock() - began_ns
                if tidy is not None:
                    tidy(*args, **kwargs)
        except BaseException as error:
            raise _catchable(error) from error
        self.result, self.own_ns = result, own_ns

    def check(self) -> None:
        """Do nothing: the test itself looks at the last result."""

    def facts(self, _units: int) -> dict[str, float]:
        """Return nothing: what a call does is not known here."""
        return {}


def _catchable(error: BaseException) -> BaseException:
    """Return `error` as one that fails a block, not the process; Ctrl-C still ends it."""
    if isinstance(error, Exception | KeyboardInterrupt):
        return error
    return CallEnded(f"{type(error).__name__}: {error}")
