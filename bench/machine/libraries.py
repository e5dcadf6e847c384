"""The version of every library that does, or could do, measured work."""

import ctypes
import importlib.util
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterable
from importlib import metadata

from cryptography.hazmat.backends.openssl import backend

DISTRIBUTIONS = (
    "sealbench",
    "numpy",
    "numba",
    "llvmlite",
    "cryptography",
    "pylibsrtp",
    "av",
    "matplotlib",
    # Optional: what scanning is measured beside, and the private look-ups.
    "faiss-cpu",
    "ImageHash",
    "pdqhash",
    "pillow",
    "openmined-psi",
    "tenseal",
)
CODEC_LIBRARIES = ("libx264", "libx265", "libvpx", "libSvtAv1Enc", "libdav1d")
"""The encoders and decoders whose version PyAV does not tell, but its wheel's file names do."""


def library_versions() -> dict[str, str | None]:
    """Return the version of each library by name; None where it is absent or does not tell.

    `a/b` is the library b that distribution a carries or is linked to.
    """
    versions: dict[str, str | None] = {name: _distribution(name) for name in DISTRIBUTIONS}
    versions["cryptography/openssl"] = backend.openssl_version_text()
    versions["python/openssl"] = ssl.OPENSSL_VERSION
    versions["openssl program"] = _openssl_program()
    versions |= _in_pylibsrtp()
    # Here, because it loads all of FFmpeg: the schema of a machine is read by whoever sizes one.
    import av  # noqa: PLC0415 - see above

    versions["av/ffmpeg"] = av.ffmpeg_version_info
    for library, numbers in sorted(av.library_versions.items()):
        versions[f"av/{library}"] = ".".join(map(str, numbers))
    versions |= bundled_codecs(_files_of("av"))
    return versions


def bundled_codecs(files: Iterable[str]) -> dict[str, str | None]:
    """Return the version that a wheel's bundled codec libraries carry in their file names.

    `av.libs/libx264-d6533a8d.so.165` is libx264 165; the digits between are the wheel's own mark of
    that build, and are kept: `165 (d6533a8d)`.
    """
    versions: dict[str, str | None] = {f"av/{library}": None for library in CODEC_LIBRARIES}
    for file in files:
        match = re.search(r"/(lib[A-Za-z0-9]+)-([0-9a-f]{8})\.so\.([0-9.]+)$", file)
        if match and match[1] in CODEC_LIBRARIES:
            versions[f"av/{match[1]}"] = f"{match[3]} ({match[2]})"
    return versions


def _distribution(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _files_of(name: str) -> list[str]:
    try:
        return [file.as_posix() for file in metadata.files(name) or ()]
    except metadata.PackageNotFoundError:
        return []


def _openssl_program() -> str | None:
    program = shutil.which("openssl")
    if program is None:
        return None
    try:
        # `openssl version` tells the program's and the loaded library's version.
        told = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return told.stdout.strip() or None


def _in_pylibsrtp() -> dict[str, str | None]:
    """Return the libsrtp and OpenSSL inside pylibsrtp: its extension module exports both."""
    versions: dict[str, str | None] = {"pylibsrtp/libsrtp": None, "pylibsrtp/openssl": None}
    try:
        spec = importlib.util.find_spec("pylibsrtp._binding")
        if spec is None or spec.origin is None:
            return versions
        module = ctypes.CDLL(spec.origin)
    except (ImportError, OSError):
        return versions
    for name, function, arguments in (
        ("pylibsrtp/libsrtp", "srtp_get_version_string", ()),
        ("pylibsrtp/openssl", "OpenSSL_version", (0,)),
    ):
        try:
            version = module[function]
        except AttributeError:  # another build may link them without exporting them
            continue
        version.restype = ctypes.c_char_p
        text: bytes | None = version(*arguments)
        versions[name] = text.decode("ascii", "replace") if text else None
    return versions
