"""Which engines and libraries take part here, and which can not."""

from dataclasses import dataclass

from bench.peers.cell import Missing, Part
from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.libsrtp import LibsrtpEngine
from pipelines.engines.native.library import NativeLibrary, NoNativeLibrary, best_library
from pipelines.engines.native.libsrtp_session import LibsrtpUnavailable
from pipelines.engines.pyca import CRYPTOGRAPHY


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The engines that are here, the libcrypto of the compiled ones, and who is absent."""

    engines: tuple[Engine, ...]
    libcrypto: NativeLibrary | None
    missing: tuple[Missing, ...]


def present_engines() -> Present:
    """Return what can be compared on this machine."""
    engines: list[Engine] = [CRYPTOGRAPHY]
    missing: list[Missing] = []
    library: NativeLibrary | None = None
    try:
        library = best_library()
        engines.append(LibcryptoEngine(library))
    except NoNativeLibrary as reason:
        missing += [
            Missing(part=part, name="engine libcrypto", reason=str(reason))
            for part in (Part.SRTP, Part.SFRAME, Part.RELAY)
        ]
    try:
        engines.append(LibsrtpEngine())
    except LibsrtpUnavailable as reason:
        missing.append(Missing(part=Part.SRTP, name="engine libsrtp", reason=str(reason)))
    return Present(engines=tuple(engines), libcrypto=library, missing=tuple(missing))
