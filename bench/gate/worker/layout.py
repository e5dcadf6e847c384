"""Where memory lies: at random from restart to restart, but alike for the workers of one restart.

Equal code differs in speed by a percent and more with where its code, stack and buffers come to
lie: on our machine that is most of what two processes differ by. Linux draws it anew for each
process. So a worker asks for a fixed layout, shifts it by amounts drawn from the seed that the
workers of its restart share, and starts over: what did not change between base and head then lies
alike in both, and what a change moves is moved at random over the restarts.
"""

import ctypes
import os
import random
import sys
from collections.abc import Sequence

try:
    import resource
except ImportError:  # no Unix: nothing is shifted there
    resource = None  # type: ignore[assignment]

SEED_VARIABLE = "PYTHONHASHSEED"
DONE_VARIABLE = "SEALBENCH_GATE_LAYOUT"
"""Set from one start of the worker to the next; what it holds is of no meaning but its length."""

ADDR_NO_RANDOMIZE = 0x0040000
"""<sys/personality.h>: stack, libraries and heap at fixed places."""

PAGE_BYTES = 4096
LEAST_GAP_BYTES = 136 << 20
"""The kernel puts libraries below the room of the stack, of which it counts 128 MiB at least."""

MOST_SHIFT_PAGES = 1 << 16
MOST_PAD_BYTES = 4096
MOST_BALLAST_BYTES = 1 << 16

UNSHARED = "the layout of memory cannot be fixed on this system: restarts differ by more than code"


def settle(arguments: Sequence[str]) -> tuple[bytes, str]:
    """Start this program over with the layout of its seed, or, started over, go on.

    Returns memory to keep, which shifts what is allocated behind it, and a note where the system
    does not let the layout be chosen.
    """
    draws = random.Random(int(os.environ[SEED_VARIABLE]))  # noqa: S311 - a place, not a secret
    gap_bytes = LEAST_GAP_BYTES + draws.randrange(MOST_SHIFT_PAGES) * PAGE_BYTES
    pad = "." * draws.randrange(1, MOST_PAD_BYTES)
    ballast = bytes(draws.randrange(MOST_BALLAST_BYTES))
    if os.environ.pop(DONE_VARIABLE, None) is not None:
        _restore_stack()
        return ballast, ""
    if _fix():
        _make_room(gap_bytes)
        os.environ[DONE_VARIABLE] = pad
        # This very program: it does not come back.
        os.execv(sys.executable, [sys.executable, "-P", *arguments])  # noqa: S606 - see above
    return ballast, UNSHARED


def _fix() -> bool:
    """Return whether the next program will have its memory at fixed places."""
    if not sys.platform.startswith("linux") or resource is None:
        return False
    personality = ctypes.CDLL(None).personality
    now = personality(ctypes.c_ulong(0xFFFFFFFF))
    return now != -1 and bool(personality(ctypes.c_ulong(now | ADDR_NO_RANDOMIZE)) != -1)


def _make_room(gap_bytes: int) -> None:
    """Let the next program's libraries begin `gap_bytes` below its stack, as far as allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    soft = gap_bytes if most == resource.RLIM_INFINITY else min(gap_bytes, most)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, most))


def _restore_stack() -> None:
    # Threads get stacks of the limit's size: the usual one again.
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    usual = 8 << 20
    soft = usual if most == resource.RLIM_INFINITY else min(usual, most)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, most))
