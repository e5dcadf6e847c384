"""A worker's life: read the job, open its benchmarks, let each have its turn."""

import gc
import os
import random
import sys
from contextlib import suppress

from .counting.counter import Counter, start_counting
from .layout import SEED_VARIABLE
from .link import GateGone, Link
from .messages import Finished, HashSpec, Job, LookupSpec, Opening, PytestSpec, Spec, StreamSpec
from .serve import refuse, serve
from .workload import Reopened

INSTANCES = 3
"""How often a worker sets up each benchmark."""

MOST_BALLAST_BYTES = 8192
BALLAST: list[bytes] = []


def work(read_fd: int, write_fd: int, note: str) -> None:
    """Serve the gate at the other end of the two pipes until it has enough.

    `note` is what the gate's readers should know of this process; it goes with what is counted.
    """
    with open(read_fd, "rb") as requests, open(write_fd, "wb") as answers:
        link = Link(requests, answers)
        with suppress(GateGone):
            job = link.job()
            # Before `pipelines` is imported: what it looks up is to be counted.
            counter = start_counting() if job.counting else None
            link.notes = [note] if note else []
            if any(isinstance(spec, PytestSpec) for spec in job.benchmarks):
                from .pytest_workload import run_tests  # noqa: PLC0415 - pytest may not be installed

                run_tests(link, job, counter)
            else:
                _run_cases(link, job, counter)
            link.say(Finished())


def _run_cases(link: Link, job: Job, counter: Counter | None) -> None:
    # All are opened before the first is announced: three workers do that side by side, and are put
    # on one CPU only afterwards.
    instances: list[list[Reopened] | Exception] = []
    for spec in job.benchmarks:
        link.say(Opening(name=spec.name))
        workload = _opened(spec)
        instances.append(workload if isinstance(workload, Exception) else _several(workload))
    gc.collect()
    gc.freeze()
    gc.disable()
    for spec, workloads in zip(job.benchmarks, instances, strict=True):
        if isinstance(workloads, Exception):
            refuse(link, spec.name, workloads)
        else:
            serve(link, spec.name, workloads, counter=counter, origin=_origin(spec))


def _several(first: Reopened) -> list[Reopened]:
    """Return `first` and further instances, some memory between them so that they lie unalike."""
    # The same on all sides, as everything is that decides where buffers lie.
    draws = random.Random(int(os.environ[SEED_VARIABLE]))  # noqa: S311 - a place, not a secret
    instances = [first]
    for _ in range(INSTANCES - 1):
        BALLAST.append(bytes(draws.randrange(MOST_BALLAST_BYTES)))
        instances.append(first.again())
    return instances


def _opened(spec: Spec) -> Reopened | Exception:
    try:
        return _open(spec)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the checkout raises is its result
        return error if isinstance(error, Exception) else RuntimeError(f"SystemExit: {error}")


def _open(spec: Spec) -> Reopened:
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


def _origin(spec: Spec) -> str:
    """Return the file that what is measured was loaded from."""
    if isinstance(spec, StreamSpec):
        from .stream_workload import origin_of  # noqa: PLC0415 - as in _open

        return origin_of(spec)
    module = sys.modules.get("pipelines")
    return str(module.__file__) if module is not None else ""
