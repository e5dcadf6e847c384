"""Where the workers run, and how much others want to run there too."""

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STAT = Path("/proc/stat")
PROCESSES = Path("/proc")
LOOK_S = 0.1


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
    """Share of the metered time in which others had the workers' CPU: tasks, or the hypervisor.

    The system's own pressure (PSI) cannot tell: workers that hand over to each other wait, too.
    Linux counts the time of a CPU in ticks of 10 ms, so only the sum over many blocks says much.
    """

    def __init__(self, processes: Path = PROCESSES) -> None:
        self._processes = processes
        self._others_ns = 0
        self._metered_ns = 0

    @contextmanager
    def metered(self, pids: Collection[int], cpus: Collection[int]) -> Iterator[None]:
        """Count the time within, in which the workers `pids` have `cpus` for themselves, or not."""
        before, began_ns = self._others(pids, cpus), time.monotonic_ns()
        try:
            yield
        finally:
            after = self._others(pids, cpus)
            # Where a worker died meanwhile, this time alone is not known.
            if before is not None and after is not None:
                self._metered_ns += (time.monotonic_ns() - began_ns) * len(cpus)
                self._others_ns += after - before

    @property
    def percent(self) -> float | None:
        """Return the share in percent; None where the system does not tell or nothing ran."""
        if not self._metered_ns:
            return None
        return max(0.0, 100 * self._others_ns / self._metered_ns)

    def _others(self, pids: Collection[int], cpus: Collection[int]) -> int | None:
        """Return how long `cpus` were busy, less what `pids` ran; None where it is untold."""
        busy = busy_ns(self._processes / "stat")
        own = [ran_ns(self._processes / str(pid) / "task") for pid in pids]
        if None in own or any(cpu not in busy for cpu in cpus):
            return None
        return sum(busy[cpu] for cpu in cpus) - sum(ran or 0 for ran in own)


def busy_ns(path: Path) -> dict[int, int]:
    """Return how long each CPU was not idle so far, time stolen from this machine included."""
    tick_ns = round(1e9 / os.sysconf("SC_CLK_TCK"))
    busy: dict[int, int] = {}
    for cpu, fields in _cpu_lines(path):
        # user nice system idle iowait irq softirq steal; what follows is in user already.
        user, nice, system, _, _, irq, softirq, steal = (*fields, *[0] * 8)[:8]
        busy[cpu] = (user + nice + system + irq + softirq + steal) * tick_ns
    return busy


def idle_ticks(path: Path) -> dict[int, int]:
    """Return the idle time of each CPU so far, in clock ticks; nothing where it is not told."""
    return {cpu: fields[3] for cpu, fields in _cpu_lines(path) if len(fields) > 3}


def ran_ns(tasks: Path) -> int | None:
    """Return how long the threads in the folder `tasks` have had a CPU so far, None if untold."""
    try:
        # Time on the CPU, time waiting for it, number of turns.
        files = [path.read_text() for path in tasks.glob("*/schedstat")]
        return sum(int(text.split()[0]) for text in files) if files else None
    except (OSError, ValueError, IndexError):
        return None


def waited_ns(pid: int) -> int:
    """Return how long the main thread of a process waited for a CPU so far; 0 if untold."""
    try:
        # Time on the CPU, time waiting for it, number of turns.
        return int((PROCESSES / str(pid) / "schedstat").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _cpu_lines(path: Path) -> Iterator[tuple[int, list[int]]]:
    try:
        text = path.read_text()
    except OSError:
        return
    for cpu, fields in re.findall(r"^cpu(\d+)((?: \d+)+)", text, re.MULTILINE):
        yield int(cpu), [int(field) for field in fields.split()]
