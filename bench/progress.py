"""How long work tells how far it is: one shape for a terminal, a pipe and a test."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Advance(Protocol):
    """Tells that more of a task is done."""

    def __call__(self, steps: float = 1, /) -> None:
        """Add `steps` to what is done."""


class Progress(Protocol):
    """Shows tasks and notes to whoever waits."""

    def task(self, what: str, total: float) -> AbstractContextManager[Advance]:
        """Show `what` while the block runs, done at `total` steps."""

    def note(self, line: str) -> None:
        """Show one line that stays."""


class Silent:
    """Shows nothing."""

    @contextmanager
    def task(self, what: str, total: float) -> Iterator[Advance]:  # noqa: ARG002 - the contract
        """Run the block."""
        yield lambda steps=1: None  # noqa: ARG005 - the contract

    def note(self, line: str) -> None:
        """Drop the line."""
