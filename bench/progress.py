"""How long work tells how far it is: one shape for a terminal, a pipe and a test."""

from typing import Protocol


class Progress(Protocol):
    """A listener: a terminal draws a bar, a pipe gets the notes only."""

    def begin(self, what: str, total: float) -> None:
        """Start a piece of work, which ends the one before: what it is, and its size."""

    def advance(self, done: float) -> None:
        """Report how much of the piece is done so far."""

    def end(self) -> None:
        """End the piece of work."""

    def note(self, line: str) -> None:
        """Show one line that stays."""


class Silent:
    """Tells nobody."""

    def begin(self, what: str, total: float) -> None:
        """Ignore the start."""

    def advance(self, done: float) -> None:
        """Ignore the step."""

    def end(self) -> None:
        """Ignore the end."""

    def note(self, line: str) -> None:
        """Drop the line."""
