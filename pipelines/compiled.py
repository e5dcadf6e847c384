"""How kernels are compiled: without the interpreter's lock, once per machine, for one signature.

Kernels are kept in our own cache folder, not beside their source, which may be read-only. This is
the only module that knows the inside of Numba's cache: `KernelCache` stands in its place.
"""

import hashlib
import logging
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numpy as np
from numba import njit
from numba.core import config, serialize
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult

from pipelines.cache_folder import CACHE_VARIABLE, cache_folder
from pipelines.interrupts import interrupts_wait
from pipelines.kernel_files import Damaged, read_kernel, write_kernel
from pipelines.kernel_sources import sources_digest

Function = TypeVar("Function", bound=Callable[..., object])

LOG = logging.getLogger(__name__)
"""Says which kernel is being compiled, and warns where one cannot be kept or was damaged.

A kernel that comes from the cache is not mentioned.
"""

# Numba's own types say little about its inside.
SETTINGS = cast("Any", config)
COMPILED = cast("Any", CompileResult)
SERIALIZE = cast("Any", serialize)

NO_SETTINGS_OF_CODE = frozenset(
    {"CACHE_DIR", "CACHE_LOCATOR_CLASSES", "NUMBA_DEFAULT_NUM_THREADS", "NUMBA_NUM_THREADS"}
)
"""Settings of Numba that may differ from one start to the next and change no machine code."""


def step(function: Function) -> Function:
    """Return `function` as compiled code that kernels call, and that LLVM may inline there."""
    return cast("Function", njit(nogil=True)(function))


def kernel(function: Function) -> Function:
    """Return `function` as compiled code that runs without the GIL and is cached on disk.

    It must be made `ready` for its one signature before it is called.
    """
    dispatcher = cast("Any", njit(nogil=True)(function))
    if not SETTINGS.DISABLE_JIT:
        dispatcher._cache = KernelCache(function)  # noqa: SLF001 - there is no public way
    return cast("Function", dispatcher)


def ready(compiled: Function, *arguments: Any, returns: Any = None) -> Function:
    """Return the kernel `compiled` for Numba types `arguments`, from the cache or compiled now.

    `returns` is the type of its result where that must not be inferred. Arguments of other types
    then raise TypeError, unless they convert without a loss, instead of being compiled for in
    mid-measurement.
    """
    if SETTINGS.DISABLE_JIT:
        raise RuntimeError("NUMBA_DISABLE_JIT is set: nothing here runs without Numba's compiler")
    dispatcher = cast("Any", compiled)
    if arguments not in dispatcher.overloads:
        signature = arguments if returns is None else returns(*arguments)
        dispatcher.disable_compile(False)  # noqa: FBT003 - Numba's own way to allow it again
        # Numba's callbacks swallow what a signal raises in them.
        with interrupts_wait():
            dispatcher.compile(signature)
        dispatcher.disable_compile()
    return compiled


class KernelCache(NullCache):
    """Numba's cache of one kernel. Numba asks it for the compiled code before it compiles."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def load_overload(self, sig: object, target_context: Any) -> Any:
        """Return the code that is kept for `sig`; None where it has to be compiled."""
        # Otherwise what the code refers to may not be there yet.
        target_context.refresh()
        path = self.path(sig, target_context.codegen())
        kept = None if path is None else self._kept(path)
        if kept is not None:
            return COMPILED._rebuild(target_context, *kept)  # noqa: SLF001 - as Numba does itself
        LOG.info("compiling %s for this CPU; the next start finds it", self._function.__name__)
        return None

    def save_overload(self, sig: object, data: Any) -> None:
        """Keep the code that was compiled for `sig`, where that can be."""
        path = self.path(sig, data.codegen)
        if path is None or data.library.has_dynamic_globals:
            return
        try:
            write_kernel(path, SERIALIZE.dumps(data._reduce()))  # noqa: SLF001 - same
        except OSError as error:
            LOG.warning(
                "%s: %s: kernels are compiled at every start; %s names another folder",
                path.parent,
                error.strerror or error,
                CACHE_VARIABLE,
            )

    def _kept(self, path: Path) -> Any:
        try:
            data = read_kernel(path)
        except Damaged as damage:
            LOG.warning("%s: %s: it is compiled again", path, damage)
            return None
        # Ours, and every bit as it was written.
        return None if data is None else pickle.loads(data)  # noqa: S301 - see above

    def path(self, sig: object, codegen: Any) -> Path | None:
        """Return the file of the code for `sig`; None where its source is not known."""
        function = self._function
        sources = sources_digest(function.__module__)
        if sources is None:
            return None
        settings = {
            name: value
            for name, value in vars(SETTINGS).items()
            if name.isupper()
            and name not in NO_SETTINGS_OF_CODE
            and isinstance(value, int | float | str | None)
        }
        # Whatever makes other code of the same source, and who may be trusted to have written it.
        key = (
            (function.__module__, function.__qualname__, str(sig), sources),
            (numba.__version__, llvmlite.__version__, np.__version__),
            (sys.version, sys.flags.optimize, os.geteuid()),
            codegen.magic_tuple(),
            sorted(settings.items()),
        )
        digest = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
        return cache_folder() / "kernels" / f"{function.__name__.strip('_')}-{digest}"
