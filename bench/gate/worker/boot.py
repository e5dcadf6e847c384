"""Starts a worker: `python -P boot.py READ_FD WRITE_FD PATH...`, the paths first on `sys.path`.

The package that this file lies in is loaded under a name of its own: `bench` may be another one in
the checkout that is measured.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

ALIAS = "sealbench_gate_worker"


def main() -> None:
    """Load the worker and let it serve."""
    read_fd, write_fd, *paths = sys.argv[1:]
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
    sys.path[:0] = paths
    importlib.import_module(f"{ALIAS}.job").work(int(read_fd), int(write_fd), note)
    del ballast


if __name__ == "__main__":
    main()
