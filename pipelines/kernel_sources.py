"""What a kernel was compiled from: its module, and whatever that imports of the same packages.

Numba looks at the file of the kernel only. The steps that are linked into it, and the constants
that are frozen into both, stand in others.
"""

import hashlib
import re
import sys
from functools import cache

# At the left margin: what is imported later or for the type checker only is compiled into nothing.
_IMPORT = re.compile(r"^(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|.*)|import\s+(.*))", re.MULTILINE)
_NAME = re.compile(r"[\w.]+")


@cache
def sources_digest(module: str) -> str | None:
    """Return a digest of the sources of `module` and its imports; None where one is not known."""
    packages = {module.partition(".")[0], __name__.partition(".")[0]}
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.partition(".")[0] not in packages or name not in sys.modules:
            continue
        source = _source(name)
        if source is None:
            return None
        found[name] = source
        waiting += _imports(name)
    digest = hashlib.sha256()
    for name, source in sorted(found.items()):
        digest.update(f"{name}\0{len(source)}\0{source}".encode())
    return digest.hexdigest() if found else None


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return what a module imports; what it takes from another may be a module itself."""
    names: list[str] = []
    for package, members, modules in _IMPORT.findall(_source(module) or ""):
        names += _NAME.findall(modules)
        if package:
            names.append(package)
            names += (f"{package}.{member}" for member in _NAME.findall(members))
    return tuple(names)


@cache
def _source(module: str) -> str | None:
    """Return the source of an imported module, which may have come from an archive."""
    spec = sys.modules[module].__spec__
    get_source = getattr(spec and spec.loader, "get_source", None)
    try:
        source: str | None = get_source(module) if get_source else None
    except (ImportError, OSError):
        return None
    return source
