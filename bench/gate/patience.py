"""How long a worker is waited for that does not come to an end, where another one did."""

from dataclasses import dataclass

SETUP_S = 60.0
CALLS_S = 20.0
LEAST_S = 2.0
TIMES_THE_OTHER = 10.0


@dataclass(slots=True, kw_only=True)
class Patience:
    """What is left of the patience of one gate, whose workers were `given_up` so often.

    Base and head do the same, so that one tells how long the other may take: ten times as long, and
    a while more, since a loaded machine and cold files are no fault of the code. That while gets
    shorter with each worker that was given up: many benchmarks that share one endless loop must not
    cost so much each.
    """

    given_up: int = 0

    def seconds(self, other_s: float, *, setup: bool = False) -> float:
        """Return how long to wait for what took the other side `other_s`.

        In its set-up, which is not measured, a worker may make what the other one found made.
        """
        first_s = SETUP_S if setup else CALLS_S
        return max(LEAST_S, first_s / (1 + self.given_up)) + TIMES_THE_OTHER * other_s
