"""Starts a worker: `python -P boot.py READ_FD WRITE_FD STACK_FD PATH...`.

The paths come first on `sys.path`, and where the process is goes to STACK_FD when it is asked for.
The package that this file lies in is loaded under a name of its own: `bench` may be another one in
the checkout that is measured.
"""

import ctypes
import faulthandler
import importlib
import importlib.util
import signal
import sys
from pathlib import Path

ALIAS = "sealbench_gate_worker"

STACK_SIGNAL = signal.SIGUSR2
"""Lets a worker write where it is to STACK_FD, and go on."""

PR_SET_PDEATHSIG = 1
"""<sys/prctl.h>: the signal that a process gets when its parent ends."""


def main() -> None:
    """Load the worker and let it serve."""
    end_with_the_gate()
    read_fd, write_fd, stack_fd, *paths = sys.argv[1:]
    folder = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        ALIAS, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder}: the worker is not there")
    package = importlib.util.module_from_spec(spec)
    sys.modules[ALIAS] = package
    spec.loader.exec_module(package)
    # Before anything large is loaded: this may start the program over.
    ballast, note = importlib.import_module(f"{ALIAS}.layout").settle(sys.argv)
    # Asked for where this process does not come to an end: in C, so that it works in any loop.
    faulthandler.register(STACK_SIGNAL, file=int(stack_fd), all_threads=True)
    sys.path[:0] = paths
    importlib.import_module(f"{ALIAS}.job").work(int(read_fd), int(write_fd), note)
    del ballast


def end_with_the_gate() -> None:
    """Let this process be killed when the gate is: whoever waits for a baton reads no pipe."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


if __name__ == "__main__":
    main()
