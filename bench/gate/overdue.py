"""When a worker that opens a benchmark is given up."""

from bench.gate.patience import Patience
from bench.gate.stack import is_building
from bench.gate.worker_process import OPEN_TIMEOUT_S, WorkerFailed, WorkerProcess

LOOK_S = 1.0
"""How often a worker that is waited for is looked at."""

LOOKS = 3
"""At a worker that may be compiling: between two pieces of code it is elsewhere for a moment."""


def overdue(
    worker: WorkerProcess, other_s: float | None, patience: Patience
) -> WorkerFailed | None:
    """Return what is said of `worker` where it was waited for long enough; it is ended then.

    `other_s` is what the stage that it is at took the other side, None where that is not known:
    then it has all the time that compiling everything takes.
    """
    if worker.silent_s > OPEN_TIMEOUT_S:
        return worker.give_up(f"no answer for {OPEN_TIMEOUT_S:.0f} s")
    if other_s is None:
        return None
    limit_s = patience.seconds(other_s, setup=worker.stage is None)
    if worker.at_stage_s <= limit_s:
        return None
    if any(is_building(worker.stack()) for _ in range(LOOKS)):
        # What the other side found compiled.
        worker.forgive()
        return None
    patience.given_up += 1
    what = "set-up" if worker.stage is None else "a first call"
    return worker.give_up(
        f"{what} not done after {limit_s:.0f} s, which took the other side {other_s:.2g} s",
        outlasted=True,
    )
