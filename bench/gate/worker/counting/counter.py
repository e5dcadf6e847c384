"""The exact counts of a workload: per unit, after a warm-up, twice over."""

import ctypes
import gc
import math
import platform
import random
import secrets
import sys
import sysconfig
import time
from collections.abc import Callable

from .allocations import counting_allocations
from .copies import counting_copies
from .crypto_calls import count_native_calls, count_package_calls
from .linkage import C_LIBRARY, Detour, address_in, loaded_objects, redirect
from .trampolines import Cell, Trampolines

_MACHINES = ("x86_64", "aarch64")

# CPython keeps the integers up to 256 ready made: a number that goes up by one or more a unit has
# left them behind by then. Slow units stop earlier, and then what depends on it is called unsteady.
_WARM_PASSES, _WARM_UNITS = 3, 520
_MOST_SECONDS = 5.0
_DEPENDS_ON_WARMTH = ("allocations", "allocated_bytes")


class Counter:
    """Counts what this process does from now on; `notes` say what cannot be counted, and why.

    The counting functions stay in place for the life of the process. Without `trampolines` nothing
    is counted.
    """

    def __init__(
        self, trampolines: Trampolines | None, *, allocations: bool, notes: tuple[str, ...] = ()
    ) -> None:
        self.notes = notes
        self._trampolines = trampolines
        self._cells: dict[str, Cell] = {}
        self._copies: dict[str, Detour] = {}
        self._allocations: dict[str, Detour] = {}
        self._redirected: set[tuple[int, int]] = set()
        if trampolines is None:
            return
        self._cells = {name: trampolines.cell() for name in ("bytes_copied", "crypto_calls")}
        self._copies = counting_copies(trampolines, self._cells["bytes_copied"])
        count_native_calls(trampolines, self._cells["crypto_calls"])
        if allocations:
            count, size = trampolines.cell(), trampolines.cell()
            self._cells |= {"allocations": count, "allocated_bytes": size}
            self._allocations = counting_allocations(trampolines, count, size)

    def count(self, run: Callable[[], None], units: int) -> tuple[dict[str, float], list[str]]:
        """Return counts per unit of `run`, which does `units`, and names of the unsteady ones.

        Those are what two passes in a row, after a warm-up, did not agree on.
        """
        if self._trampolines is None:
            return {}, []
        # A collection in the middle would count by when the last one was; this one, which empties
        # the interpreter's free lists, comes before the passes that fill them again.
        collecting = gc.isenabled()
        gc.collect()
        gc.disable()
        try:
            run()  # loads what is loaded late
            self._redirect_libraries()
            *added, warm = self._last_passes(run, units, self._trampolines)
            # Apart from the rest and after it: watching makes objects, and it leaves traces in
            # the code that it watched.
            called = [count_package_calls(run) for _ in range(2)]
        finally:
            if collecting:
                gc.enable()
        first, second = (
            counts | {"crypto_calls": counts["crypto_calls"] + calls}
            for counts, calls in zip(added, called, strict=True)
        )
        unsteady = [
            name
            for name in second
            if first[name] != second[name] or (name in _DEPENDS_ON_WARMTH and not warm)
        ]
        return {name: count / units for name, count in second.items()}, unsteady

    def _last_passes(
        self, run: Callable[[], None], units: int, trampolines: Trampolines
    ) -> tuple[dict[str, int], dict[str, int], bool]:
        """Return what the last two passes added, and whether enough of them came before."""
        passes = max(_WARM_PASSES, math.ceil(_WARM_UNITS / units)) + 2
        stop = time.monotonic() + _MOST_SECONDS
        before: dict[str, int] = {}
        last: dict[str, int] = {}
        for done in range(1, passes):
            # Two results are kept all along: an object more that is alive is one less in a free
            # list of the interpreter, and one more that is allocated.
            before, last = last, self._added_by(run, trampolines)
            if done > _WARM_PASSES and time.monotonic() > stop:
                return before, last, False
        return last, self._added_by(run, trampolines), True

    def _added_by(self, run: Callable[[], None], trampolines: Trampolines) -> dict[str, int]:
        nothing = trampolines.added_by(_do_nothing, self._cells)
        added = trampolines.added_by(run, self._cells)
        return {name: count - nothing[name] for name, count in added.items()}

    def _redirect_libraries(self) -> None:
        """Have the libraries that were loaded since the last time call what counts."""
        c_library = address_in(C_LIBRARY, "memmove")
        python = address_in(None, "PyMem_RawMalloc")
        for it in loaded_objects():
            if (it.base, it.dynamic) in self._redirected:
                continue
            self._redirected.add((it.base, it.dynamic))
            if c_library is not None and it.holds(c_library):
                continue
            redirect(it, self._copies)
            # The interpreter's own requests were counted on their way to it.
            if python is None or not it.holds(python):
                redirect(it, self._allocations)


def start_counting() -> Counter:
    """Return the counter of this process; to be called before `pipelines` is imported.

    Random numbers of `secrets` are the same in every process from here on.
    """
    if not _has_known_linkage():
        place = f"{sys.platform} on {platform.machine()}"
        note = f"no exact counts on {place}: they need 64-bit Linux with glibc on x86 or Arm"
        return Counter(None, allocations=False, notes=(note,))
    _draw_alike()
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        note = "allocations are not counted without the GIL: Python's allocator is another one then"
        return Counter(Trampolines(), allocations=False, notes=(note,))
    return Counter(Trampolines(), allocations=True)


def _has_known_linkage() -> bool:
    if sys.platform != "linux" or platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return False
    try:
        ctypes.CDLL(C_LIBRARY)
    except OSError:
        return False
    return True


def _draw_alike() -> None:
    """Make keys and SSRCs repeat: how much memory an integer takes depends on its highest bit."""
    source = random.Random(0)  # noqa: S311 - keys of a process that only counts

    def randbits(k: int) -> int:
        return 1 << (k - 1) | source.getrandbits(k)

    def token_bytes(nbytes: int | None = None) -> bytes:
        return source.randbytes(32 if nbytes is None else nbytes)

    secrets.randbits, secrets.token_bytes = randbits, token_bytes


def _do_nothing() -> None:
    pass
