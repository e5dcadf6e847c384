"""The contract of a benchmark inside a worker."""

from typing import Protocol


class WrongAnswer(Exception):  # noqa: N818 - what happened
    """What is measured does not do what it must; its speed means nothing."""


class Absent(Exception):  # noqa: N818 - what is the case
    """This checkout has no such benchmark."""


class Workload(Protocol):
    """A benchmark that is set up: keys drawn, buffers made, answers checked."""

    @property
    def unit(self) -> str:
        """What one unit of work is: `access unit`, `hash`, `look-up`, `call`."""

    @property
    def period(self) -> int:
        """Units after which the material starts over."""

    @property
    def answer(self) -> str:
        """Digest of what is computed, equal in every checkout; empty where `check` knows."""

    @property
    def own_ns(self) -> int:
        """What the last `run` took where it times itself, since a part does not count; else 0."""

    def run(self, start: int, units: int, /) -> None:
        """Do `units` units of work from unit `start` (round the period) on. This is timed."""

    def check(self) -> None:
        """Raise WrongAnswer where what the last unit of the last `run` gave is not right."""

    def facts(self, units: int) -> dict[str, float]:
        """Return exact facts of `units` units from the first on, summed: `packets`, say."""


class Reopened(Workload, Protocol):
    """A benchmark that can be set up several times in a process."""

    def again(self) -> "Reopened":
        """Return another instance with buffers of its own; what was verified is not verified anew.

        Where buffers come to lie changes the speed of equal code by a percent and more, so a worker
        measures several and lets it average out.
        """
