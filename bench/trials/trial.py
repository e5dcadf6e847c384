"""The contract of a case that is ready: it measures one round at a time, and sums up."""

from typing import Protocol

from bench.cases import AnyCase
from bench.results import Row
from bench.samples import Samples


class Trial(Protocol):
    """A case whose next round can be measured: loaded, verified, warmed up."""

    @property
    def case(self) -> AnyCase:
        """The case."""

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Key that cases share whose rounds must hold the same units, since readers compare them.

        Empty where the trial has one round, which it fills as it likes.
        """

    @property
    def fit(self) -> int:
        """Units (frames, queries) that fill one round, at least two."""

    @property
    def period(self) -> int:
        """Units after which the material starts over: rounds are whole turns where one fits."""

    def measure(self, round_index: int, units: int) -> Samples:
        """Return the samples of one round of `units` units, the first int64 column `round`.

        The same units come in the same round, also in a run that was resumed.
        Raises FrameFailed, or whatever the measured code raises.
        """

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` (the case's identity) with what `samples`, of all rounds, say."""

    def close(self) -> None:
        """End what the trial holds: threads, large memory. It measures no more."""
