"""How kernels are compiled: without the interpreter's lock, once per machine, for one signature."""

import hashlib
import inspect
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])

LOG = logging.getLogger(__name__)
"""Says which kernel is being compiled; a kernel that comes from the cache is not mentioned."""


def step(function: Function) -> Function:
    """Return `function` as compiled code that kernels call, and that LLVM may inline there."""
    return cast("Function", njit(nogil=True)(function))


def kernel(function: Function) -> Function:
    """Return `function` as compiled code that runs without the GIL and is cached on disk.

    It must be made `ready` for its one signature before it is called.
    """
    dispatcher = cast("Any", njit(nogil=True, cache=True)(function))
    # Numba recompiles where the file of the kernel changed, but does not see the files of the
    # steps that are linked into it: without this, an edited step would go on running as it was.
    index = dispatcher._cache._cache_file  # noqa: SLF001 - there is no public way to say it
    digest = _sources_digest(Path(inspect.getfile(function)).parent)
    index._source_stamp = (index._source_stamp, digest)  # noqa: SLF001 - same
    return cast("Function", dispatcher)


@cache
def _sources_digest(folder: Path) -> str:
    """Return a digest of `folder` and of wherever else a step may stand."""
    digest = hashlib.sha256()
    steps = Path(__file__).parent.glob("*/native/*.py")
    for path in sorted({*folder.glob("*.py"), *steps}):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ready(compiled: Function, *arguments: Any, returns: Any = None) -> Function:
    """Return the kernel `compiled` for Numba types `arguments`, from the cache or compiled now.

    `returns` is the type of its result where that must not be inferred. Arguments of other types
    then raise TypeError, unless they convert without a loss, instead of being compiled for in
    mid-measurement.
    """
    dispatcher = cast("Any", compiled)
    if arguments not in dispatcher.overloads:
        signature = arguments if returns is None else returns(*arguments)
        if not _is_cached(dispatcher, signature):
            LOG.info("compiling %s for this CPU; the next start finds it", dispatcher.__name__)
        dispatcher.disable_compile(False)  # noqa: FBT003 - Numba's own way to allow it again
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return compiled


def _is_cached(dispatcher: Any, signature: Any) -> bool:
    store = dispatcher._cache  # noqa: SLF001 - Numba tells only afterwards, in its statistics
    key = store._index_key(signature, dispatcher.targetctx.codegen())  # noqa: SLF001 - same
    return key in store._cache_file._load_index()  # noqa: SLF001 - same
