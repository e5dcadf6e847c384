"""Whether a test measures the code of its own checkout."""

import os
import sys
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path


class ImportedElsewhere(Exception):  # noqa: N818 - what happened
    """A package of the checkout was imported from another place: all sides would run the same."""


def look_at_imports(checkout: Path) -> None:
    """Raise ImportedElsewhere where a module that `checkout` has came from outside it.

    That is what a package does that is installed, editable or not, in an environment that all
    checkouts share: base and head would be the same code, and nothing would ever be slower. Such
    a package may lie anywhere in the checkout; a single module counts at its top and in `src`.
    """
    checkout = checkout.resolve()
    paths = [str(checkout), str(checkout / "src")]
    for name, module in sorted(sys.modules.items()):
        if "." in name or name == "__main__" or name in sys.stdlib_module_names:
            continue
        places = _places(module)
        if not places or any(place.is_relative_to(checkout) for place in places):
            continue
        own = PathFinder.find_spec(name, paths)
        if name in _packages(checkout) or (own is not None and own.has_location):
            raise ImportedElsewhere(
                f"{name} is imported from {places[0]}, not from this checkout; pytest's setting"
                ' pythonpath, as in pythonpath = ["src"], makes tests import the code beside them'
            )


@cache
def _packages(checkout: Path) -> frozenset[str]:
    """Return the names of the packages in `checkout` that are part of no other package."""
    return frozenset(
        Path(folder).name
        for folder, _, files in os.walk(checkout)
        if "__init__.py" in files and not Path(folder).parent.joinpath("__init__.py").exists()
    )


def _places(module: object) -> list[Path]:
    """Return where `module` lies: its file, or the folders of a package without one."""
    file = getattr(module, "__file__", None)
    found = [file] if isinstance(file, str) else list(getattr(module, "__path__", ()))
    return [Path(place).resolve() for place in found]
