"""What verification ends in: what was checked and held, or the first thing that did not."""

from dataclasses import dataclass, field


class WrongAnswer(Exception):  # noqa: N818 - the verdict's name
    """A pipeline did not do what it says; the message says what and where."""


@dataclass(slots=True)
class Verified:
    """How often each check was made; there is no entry for one that does not apply."""

    checks: dict[str, int] = field(default_factory=dict)

    def count(self, check: str, times: int = 1) -> None:
        """Note that `check` held `times` more times."""
        self.checks[check] = self.checks.get(check, 0) + times
