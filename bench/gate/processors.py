"""Where the workers run, and how much others want to run there too."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STAT = Path("/proc/stat")
PRESSURE = Path("/proc/pressure/cpu")
LOOK_S = 0.2


def usable_cpus() -> list[int]:
    """Return the numbers of the CPUs that this process may use."""
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # only Linux tells
        return list(range(os.cpu_count() or 1))


def idlest_cpu(cpus: Iterable[int], *, look_s: float = LOOK_S) -> int:
    """Return the one of `cpus` that idles most within `look_s`; the last one where none tells."""
    before = idle_ticks(STAT)
    time.sleep(look_s)
    after = idle_ticks(STAT)
    # The highest number among equals: interrupts and daemons prefer the first CPU.
    return max(cpus, key=lambda cpu: (after.get(cpu, 0) - before.get(cpu, 0), cpu))


def idle_ticks(path: Path) -> dict[int, int]:
    """Return the idle time of each CPU so far, in clock ticks; nothing where it is not told."""
    try:
        text = path.read_text()
    except OSError:
        return {}
    # cpuN user nice system idle ...
    found = re.findall(r"^cpu(\d+) \d+ \d+ \d+ (\d+)", text, re.MULTILINE)
    return {int(cpu): int(ticks) for cpu, ticks in found}


@contextmanager
def kept_off(cpu: int) -> Iterator[None]:
    """Keep this process, which only asks, off the CPU that the workers run on, where it can."""
    cpus = usable_cpus()
    others = [other for other in cpus if other != cpu]
    if not others or not hasattr(os, "sched_setaffinity"):
        yield
        return
    with suppress(OSError):
        os.sched_setaffinity(0, others)
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, cpus)


class PressureMeter:
    """Share of the time that was metered in which some task waited for a CPU (PSI)."""

    def __init__(self, path: Path = PRESSURE) -> None:
        self._path = path
        self._waited_us = 0
        self._metered_us = 0
        self._told = waited_us(path) is not None

    @contextmanager
    def metered(self) -> Iterator[None]:
        """Count the time within."""
        before, began = waited_us(self._path), time.monotonic()
        try:
            yield
        finally:
            after = waited_us(self._path)
            self._metered_us += round((time.monotonic() - began) * 1e6)
            self._waited_us += (after or 0) - (before or 0)

    @property
    def percent(self) -> float | None:
        """Return the share in percent; None where the system does not tell or nothing ran."""
        if not self._told or not self._metered_us:
            return None
        return 100 * self._waited_us / self._metered_us


def waited_us(path: Path) -> int | None:
    """Return how long some task has waited for a CPU since the system started."""
    try:
        found = re.search(r"^some .*\btotal=(\d+)", path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
