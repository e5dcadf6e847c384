"""Every engine by name, and the choice of one that this machine has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.libsrtp import LibsrtpEngine
from pipelines.engines.native.library import NoNativeLibrary
from pipelines.engines.native.libsrtp_session import LibsrtpUnavailable
from pipelines.engines.pyca import PycaEngine

AUTO = "auto"
"""Compiled batches where a libcrypto is found: fastest for packets and for frames alike."""

ENGINES: Mapping[str, Callable[[], Engine]] = {
    "cryptography": PycaEngine,
    "libcrypto": LibcryptoEngine,
    "libsrtp": LibsrtpEngine,
}

ENGINE_NAMES = (AUTO, *ENGINES)
"""What a suite or `--engine` can name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The engine that stands for a name; `fallback` says in one line why it is another one."""

    engine: Engine
    fallback: str | None = None


@cache
def choose_engine(name: str) -> Choice:
    """Return the engine called `name`, or `cryptography` where its library is missing.

    Raises KeyError for a name that is not in `ENGINE_NAMES`.
    """
    make = LibcryptoEngine if name == AUTO else ENGINES[name]
    try:
        return Choice(engine=make())
    except (NoNativeLibrary, LibsrtpUnavailable) as reason:
        return Choice(
            engine=PycaEngine(),
            fallback=f"engine {name!r} is not here ({reason}): cryptography, call by call, instead",
        )
