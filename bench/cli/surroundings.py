"""What other programs left in the environment, and what becomes of it."""

import os

from pipelines.cache_folder import CACHE_VARIABLE, cache_folder

COMPILER = "NUMBA_"
"""What Numba's settings begin with. Whoever debugs another program turns its compiler off, or its
optimisation: our kernels are compiled alike everywhere, or their times could not be compared."""


def settle() -> None:
    """Leave nothing in the environment that would change what is measured, or where it is kept."""
    for name in [name for name in os.environ if name.startswith(COMPILER)]:
        del os.environ[name]
    if os.environ.get(CACHE_VARIABLE):
        # Workers start in other folders.
        os.environ[CACHE_VARIABLE] = str(cache_folder())
