"""What a test gets as `benchmark`: it times nothing itself, but lets the gate ask for blocks.

Its methods and attributes are those of pytest-benchmark's fixture of the same name, in the state
in which that is disabled: there are no statistics to look at.
"""

import gc
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

import pytest

from .call_workload import Arguments, PreparedCall, RepeatedCall

Served = RepeatedCall | PreparedCall


class Benchmark:
    """The fixture of one test; `serve` lets the gate measure a workload until it has enough.

    `begin` is called before what is measured is.
    """

    enabled = False
    disabled = True
    stats = None

    def __init__(
        self,
        item: pytest.Item,
        group: str | None,
        begin: Callable[[], None],
        serve: Callable[[Served], None],
    ) -> None:
        self.name = item.name
        self.fullname = item.nodeid
        self.group = group
        callspec = getattr(item, "callspec", None)
        self.param = callspec and callspec.id
        self.params = callspec and callspec.params
        self.extra_info: dict[str, Any] = {}
        self._begin = begin
        self._serve = serve
        self._used = False

    def __repr__(self) -> str:
        # Short, as it stands in the explanation of a failed assertion.
        return "benchmark"

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Measure calls of `function`; return what the last one returned."""
        self._use(function)
        call = partial(function, *args, **kwargs)
        return self._result(RepeatedCall(call, call()))

    def pedantic(  # noqa: PLR0917 - in the order of pytest-benchmark
        self,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        setup: Callable[[], Arguments | None] | None = None,
        teardown: Callable[..., Any] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
        iterations: int = 1,
    ) -> Any:
        """Measure calls of `target`, as often as the gate asks; return what the last one returned.

        `setup`, which may return the arguments, and `teardown` stand around each call, untimed.
        The numbers of rounds and iterations are taken and not used: how much is measured follows
        from the time of a call. Raises ValueError and TypeError where pytest-benchmark does.
        """
        for name, number, least in (
            ("iterations", iterations, 1),
            ("rounds", rounds, 1),
            ("warmup_rounds", warmup_rounds, 0),
        ):
            if number < least:
                raise ValueError(f"{name}: {number}: less than {least}")
        if setup is not None and iterations > 1:
            raise ValueError(f"iterations: {iterations}: with setup there can be only one")
        self._use(target)
        given: Arguments = (tuple(args), kwargs or {})
        if setup is None and teardown is None:
            call = partial(target, *given[0], **given[1])
            return self._result(RepeatedCall(call, call()))
        prepare = (lambda: given) if setup is None else partial(_prepared, setup, given)
        workload = PreparedCall(target, prepare, teardown)
        workload.run(0, 1)
        return self._result(workload)

    def weave(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: a woven function is called by the code it is woven into, never block by block."""
        raise NotImplementedError(
            "benchmark.weave: the gate cannot measure woven functions; call benchmark(function)"
        )

    patch = weave

    def _use(self, function: Callable[..., Any]) -> None:
        if self._used:
            raise RuntimeError("benchmark can be used only once in a test")
        self._used = True
        if inspect.iscoroutinefunction(function):
            raise TypeError(
                f"{function.__name__} is a coroutine function, whose call runs nothing of it;"
                " measure what drives it: benchmark(lambda: asyncio.run(...))"
            )
        self._begin()

    def _result(self, workload: Served) -> Any:
        with _untraced():
            self._serve(workload)
        return workload.result


def _prepared(setup: Callable[[], Arguments | None], given: Arguments) -> Arguments:
    made = setup()
    if not made:
        return given
    if given[0] or given[1]:
        raise TypeError("args and kwargs cannot be given where setup returns the arguments")
    args, kwargs = made
    return args, kwargs


@contextmanager
def _untraced() -> Iterator[None]:
    """Keep what traces the test (coverage, a profiler) out of what is measured."""
    tracer, profiler, collecting = sys.gettrace(), sys.getprofile(), gc.isenabled()
    sys.settrace(None)
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        sys.setprofile(profiler)
        if collecting:
            # Off since the first block; the tests that follow make garbage of their own.
            gc.enable()
