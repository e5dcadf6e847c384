"""matplotlib as it is shipped, for everybody here: what was set for other programs changes nothing.

A notebook names a backend in MPLBACKEND, a user has a style in a matplotlibrc, perhaps a broken
one, the current folder another, and the folder for its caches may be read-only. matplotlib looks at
all of it while it is imported, so it is imported here and nowhere else.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from pipelines.cache_folder import cache_folder

OTHERS_SETTINGS = ("MPLBACKEND", "MATPLOTLIBRC")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Take what matplotlib must not see out of its sight, and what it would say about it."""
    spec = find_spec("matplotlib")
    folder = Path("/") if spec is None or spec.origin is None else Path(spec.origin).parent
    environment = dict(os.environ)
    log = logging.getLogger("matplotlib")
    level = log.level
    # Its first place to look for settings. The folder may be gone, so it has no name to go back to.
    here = os.open(".", os.O_PATH | os.O_DIRECTORY)
    try:
        log.setLevel(logging.CRITICAL)
        os.chdir(folder)
        for name in OTHERS_SETTINGS:
            os.environ.pop(name, None)
        os.environ["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        os.fchdir(here)
        os.close(here)
        log.setLevel(level)


with _undisturbed():
    import matplotlib as mpl
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.ft2font import FT2Font, LoadFlags
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
        PercentFormatter,
    )

__all__ = [
    "Artist",
    "Axes",
    "FT2Font",
    "Figure",
    "FixedLocator",
    "FuncFormatter",
    "Line2D",
    "LinearSegmentedColormap",
    "LoadFlags",
    "LogLocator",
    "MaxNLocator",
    "NullFormatter",
    "NullLocator",
    "Patch",
    "PercentFormatter",
    "findfont",
    "get_font",
    "mpl",
]
