"""Each test of a job gets its turn: it is run, measured in the middle, and heard to its end."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from .benchmark_fixture import Benchmark, Served
from .counting.counter import Counter
from .imported_elsewhere import ImportedElsewhere, look_at_imports
from .link import GateGone, Link
from .messages import Answer, Closed, Request, Warming
from .pytest_trouble import TestBroken, collect_trouble, trouble
from .serve import in_one_line, refuse, serve
from .workload import Absent, WrongAnswer


class Turns:
    """A pytest plugin that serves the tests `names`, node ids below `checkout`, in that order.

    What a test finds wrong after it was measured, in its own assertions, is said with `Closed`.
    """

    def __init__(
        self, link: Link, names: Sequence[str], counter: Counter | None, checkout: Path
    ) -> None:
        self._link = link
        self._names = names
        self._counter = counter
        self._checkout = checkout
        self._waiting = list(names)
        self._measured: str | None = None
        self._gate_gone = False
        self._trouble: Exception | None = None
        self._not_collected: dict[str, Exception] = {}
        self._collected: set[str] | None = None

    def end(self, told: str) -> None:
        """Close or refuse what is left after pytest, which `told` how it ended. Raises GateGone."""
        if self._gate_gone:
            raise GateGone
        if self._measured is not None:
            self._close(TestBroken(told))
        while self._waiting:
            self._refuse(self._missing(self._waiting[0]) or TestBroken(told))

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the place of every plugin that has a fixture `benchmark`: the last one wins."""
        config.addinivalue_line("markers", "benchmark: settings of pytest-benchmark, not used here")
        config.pluginmanager.register(Fixtures(self._begin, self._serve), "sealbench-gate-fixtures")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, object, object]:
        """Keep the tests in this process, whatever the settings tell pytest-xdist."""
        if config.pluginmanager.hasplugin("xdist"):
            config.option.numprocesses = 0
        return (yield)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why a file or class has no tests."""
        if found := collect_trouble(report):
            self._not_collected[report.nodeid] = found

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Remember what the settings of the checkout leave out."""
        for item in items:
            self._not_collected[item.nodeid] = Absent("deselected by the checkout's own settings")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Keep the tests of the job, in its order, after all others have sorted and selected."""
        result = yield
        found = {item.nodeid: item for item in items}
        items[:] = [found[name] for name in self._names if name in found]
        self._collected = {item.nodeid for item in items}
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run a test with its setup and teardown; refuse those before it that do not exist."""
        with self._until_gate_goes():
            while self._waiting[0] != item.nodeid:
                name = self._waiting[0]
                self._refuse(self._missing(name) or TestBroken("pytest passed over it"))
        result = yield
        with self._until_gate_goes():
            if self._measured is None:
                self._refuse(self._trouble or TestBroken("the test never called benchmark"))
            else:
                self._close(self._trouble)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Remember the first thing that goes wrong."""
        report = yield
        # Anew at each setup, of a new test or of one that another plugin runs again.
        if report.when == "setup" or self._trouble is None:
            self._trouble = trouble(report, call.excinfo and call.excinfo.value)
        return report

    def _begin(self) -> None:
        if self._measured is None:
            with self._until_gate_goes():
                self._link.say(Warming(name=self._waiting[0]))

    def _serve(self, workload: Served) -> None:
        if self._measured is not None:
            raise TestBroken("run a second time, after it was measured")
        name = self._measured = self._waiting.pop(0)
        link = Unclosed(self._link)
        with self._until_gate_goes():
            try:
                look_at_imports(self._checkout)
            except ImportedElsewhere as error:
                refuse(link, name, error)
            else:
                serve(link, name, [workload], counter=self._counter, origin=str(self._checkout))

    def _missing(self, name: str) -> Exception | None:
        """Return why there is no test `name`; None where it exists, or where nobody knows."""
        file = name.split("::", maxsplit=1)[0]
        if not (self._checkout / file).is_file():
            return Absent(f"no file {file}")
        above = [
            of for of in self._not_collected if name == of or name.startswith((f"{of}::", f"{of}/"))
        ]
        if above:
            return self._not_collected[max(above, key=len)]
        if self._collected is None or name in self._collected:
            return None
        return Absent("no such test")

    def _refuse(self, why: Exception) -> None:
        refuse(self._link, self._waiting.pop(0), why)

    def _close(self, error: Exception | None) -> None:
        assert self._measured is not None  # noqa: S101 - the callers have looked
        self._link.say(
            Closed(
                name=self._measured,
                error=None if error is None else in_one_line(error),
                wrong=isinstance(error, WrongAnswer | AssertionError),
            )
        )
        self._measured = None

    @contextmanager
    def _until_gate_goes(self) -> Iterator[None]:
        """End pytest where the gate is gone; as an error of one test it would go on to the next."""
        try:
            yield
        except GateGone:
            self._gate_gone = True
            pytest.exit("the gate is gone")


class Fixtures:
    """A pytest plugin with the fixtures of pytest-benchmark, which `serve` what they are given."""

    def __init__(self, begin: Callable[[], None], serve: Callable[[Served], None]) -> None:
        self._begin = begin
        self._serve = serve

    @pytest.fixture
    def benchmark(self, request: pytest.FixtureRequest) -> Benchmark:
        """Return what lets the gate measure a function that a test calls."""
        marker = request.node.get_closest_marker("benchmark")
        group = marker and marker.kwargs.get("group")
        return Benchmark(request.node, group, self._begin, self._serve)

    @pytest.fixture
    def benchmark_weave(self, benchmark: Benchmark) -> Callable[..., NoReturn]:
        """Return what says that this cannot be measured."""
        return benchmark.weave


class Unclosed(Link):
    """A link on which a measured test is not closed yet: its own assertions come later."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.notes = link.notes

    def ask(self) -> Request:
        """Wait for the next request. Raises GateGone."""
        return self._link.ask()

    def say(self, answer: Answer) -> None:
        """Send an answer that is not `Closed`. Raises GateGone."""
        if not isinstance(answer, Closed):
            self._link.say(answer)
