"""Where everything is kept that can be made again: one folder for clips, kernels and the rest."""

import os
from pathlib import Path

CACHE_VARIABLE = "SEALBENCH_CACHE"


def cache_folder() -> Path:
    """Return $SEALBENCH_CACHE, or the user's cache folder; always an absolute path."""
    named = os.environ.get(CACHE_VARIABLE, "").strip()
    if named:
        return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111 - never raises
    # The XDG base directory specification: a relative path is as good as none.
    user = os.environ.get("XDG_CACHE_HOME", "")
    return Path(user if os.path.isabs(user) else _home() / ".cache") / "sealbench"  # noqa: PTH117


def _home() -> Path:
    home = os.path.expanduser("~")  # noqa: PTH111 - same
    # A user whom nobody told the system of: containers give such a one the root.
    return Path(home if os.path.isabs(home) else "/")  # noqa: PTH117 - a str
