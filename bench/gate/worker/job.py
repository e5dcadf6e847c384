"""A worker's life: read the job, open its benchmarks, let each have its turn."""

import gc
import sys
from contextlib import suppress
from pathlib import Path

from .counting.counter import Counter, start_counting
from .link import GateGone, Link
from .messages import Finished, HashSpec, Job, LookupSpec, PytestSpec, Spec, StreamSpec
from .serve import refuse, serve
from .workload import Workload


def work(read_fd: int, write_fd: int) -> None:
    """Serve the gate at the other end of the two pipes until it has enough."""
    with open(read_fd, "rb") as requests, open(write_fd, "wb") as answers:
        link = Link(requests, answers)
        with suppress(GateGone):
            job = link.job()
            # Before `pipelines` is imported: what it looks up is to be counted.
            counter = start_counting() if job.counting else None
            if any(isinstance(spec, PytestSpec) for spec in job.benchmarks):
                from .pytest_workload import run_tests  # noqa: PLC0415 - pytest may not be installed

                run_tests(link, job, counter)
            else:
                _run_cases(link, job, counter)
            link.say(Finished())


def _run_cases(link: Link, job: Job, counter: Counter | None) -> None:
    # All are opened before the first is announced: three workers do that side by side, and are put
    # on one CPU only afterwards.
    opened = [_opened(spec) for spec in job.benchmarks]
    gc.collect()
    gc.freeze()
    gc.disable()
    for spec, workload in zip(job.benchmarks, opened, strict=True):
        if isinstance(workload, Exception):
            refuse(link, spec.name, workload)
        else:
            serve(link, spec.name, workload, counter=counter, origin=_origin())


def _opened(spec: Spec) -> Workload | Exception:
    try:
        return _open(spec)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the checkout raises is its result
        return error if isinstance(error, Exception) else RuntimeError(f"SystemExit: {error}")


def _open(spec: Spec) -> Workload:
    # An old checkout may lack what a kind of benchmark needs: that must not stop the others.
    if isinstance(spec, StreamSpec):
        from .stream_workload import open_stream  # noqa: PLC0415 - see above

        return open_stream(spec)
    if isinstance(spec, HashSpec):
        from .hash_workload import open_hash  # noqa: PLC0415 - see above

        return open_hash(spec)
    if isinstance(spec, LookupSpec):
        from .lookup_workload import open_lookup  # noqa: PLC0415 - see above

        return open_lookup(spec)
    raise TypeError(f"{spec.name}: no case")


def _origin() -> str:
    module = sys.modules.get("pipelines")
    return str(Path(module.__file__ or "").parent.parent) if module is not None else ""
