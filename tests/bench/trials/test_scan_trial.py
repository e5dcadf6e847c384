"""Hooks are proven before they are timed: on noise, on black, and with hashers that cheat."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from bench.cases import Case
from bench.material import Library
from bench.progress import Silent
from bench.trials.lists import Lists
from bench.trials.scan import UNPROVEN, open_scan
from bench.trials.stream import StreamTrial
from bench.verdict import WrongAnswer
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.media import U8
from pipelines.registry import load_registry
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.hashes.table import HASHERS
from pipelines.scanning.hook import Hook, Point, ScanRefused
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.scanner import Scanner
from pipelines.scanning.table import SCANNERS

PIPELINES = load_registry(()).pipelines
WIDTH, HEIGHT, FRAMES = 96, 64, 12


def write_video(
    path: Path, pictures: Iterator[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    place = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(1)
    shape = (HEIGHT, WIDTH, 3)
    files = {
        "noise": write_video(
            place / "noise.mkv", (rng.integers(0, 256, shape, np.uint8) for _ in range(FRAMES))
        ),
        "black": write_video(
            place / "black.mkv", (np.zeros(shape, np.uint8) for _ in range(FRAMES))
        ),
    }
    return Library(files, Silent())


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALBENCH_CACHE", str(tmp_path / "cache"))


def opened(
    library: Library,
    clip: str,
    scanner: Scanner,
    *,
    point: Point = Point.SENDER_BEFORE_ENCODE,
    pipeline: str = "srtp-aes-128-gcm",
    media: str = "live",
) -> StreamTrial:
    hook = Hook(point=point, scanner=scanner.name, list_size=200)
    case = Case(
        why="w",
        model="stage",
        media="live" if media == "live" else "cached",
        clip=clip,
        codec="h264",
        pipeline=pipeline,
        hook=hook,
        seconds=0.1,
        rounds=2,
    )
    return open_scan(
        case,
        hook,
        scanner,
        pipeline=PIPELINES[pipeline],
        material=library.material(clip, "h264"),
        engine=CRYPTOGRAPHY,
        lists=Lists(library=library, seed=1, listed_clip=None),
    )


class Mean:
    """A hasher of 64 bits that can be told to cheat."""

    name = "mean"
    bits = 64
    radius = 2
    min_quality = 0

    def hash(self, luma: U8) -> Fingerprint:
        return Fingerprint(words=np.array([int(luma.mean())], dtype=np.uint64), quality=100)


class Vandal(Mean):
    def hash(self, luma: U8) -> Fingerprint:
        luma[:] = 0
        return super().hash(luma)


class Floating(Mean):
    def hash(self, luma: U8) -> Fingerprint:
        return Fingerprint(words=np.array([luma.mean()]), quality=100)


class TwoWords(Mean):
    def hash(self, luma: U8) -> Fingerprint:
        del luma
        return Fingerprint(words=np.zeros(2, dtype=np.uint64), quality=100)


class Restless(Mean):
    """Never the same answer twice, so that what was listed is not found."""

    count = 0

    def hash(self, luma: U8) -> Fingerprint:
        del luma
        Restless.count += 1
        words = np.random.default_rng(Restless.count).integers(0, 2**64, 1, np.uint64)
        return Fingerprint(words=words, quality=100)


def scanner_of(hasher: type[Mean]) -> Scanner:
    return Scanner(name="mine", summary="", source="", new_hasher=hasher, index=FLAT)


@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize("name", ["pdq", "phash", "dhash"])
def test_noise_that_a_codec_ruins_does_not_make_a_hook_wrong(
    library: Library, name: str, point: Point
) -> None:
    trial = opened(library, "noise", SCANNERS[name], point=point)
    try:
        assert UNPROVEN not in trial.remarks
    finally:
        trial.close()


def test_a_hook_on_pictures_too_poor_to_be_found_says_that_it_proves_nothing(
    library: Library,
) -> None:
    trial = opened(library, "black", SCANNERS["pdq"])
    trial.close()
    assert trial.remarks == (UNPROVEN,)


def test_the_list_of_a_hook_is_told_in_words(library: Library) -> None:
    trial = opened(library, "noise", SCANNERS["pdq"])
    trial.close()
    assert trial.list_origin == "random hashes only (0 given and 200 random hashes, seed 1)"


@pytest.mark.parametrize(
    ("hasher", "error", "told"),
    [
        (Vandal, WrongAnswer, "changes the picture"),
        (Floating, TypeError, "words are uint64"),
        (TwoWords, TypeError, "words are uint64"),
        (Restless, WrongAnswer, "was listed and not found"),
    ],
)
def test_a_hasher_that_breaks_its_contract_is_not_timed(
    library: Library, hasher: type[Mean], error: type[Exception], told: str
) -> None:
    before = library.footage("noise").frames[0].planes[0].copy()
    with pytest.raises(error, match=told):
        opened(library, "noise", scanner_of(hasher))
    assert np.array_equal(library.footage("noise").frames[0].planes[0], before)


def test_a_relay_without_plaintext_is_refused_before_anything_runs(library: Library) -> None:
    with pytest.raises(ScanRefused, match="there is nothing it could scan"):
        opened(
            library,
            "noise",
            SCANNERS["pdq"],
            point=Point.RELAY,
            pipeline="sframe-aes-128-gcm+srtp-aes-128-gcm",
        )


def test_a_relay_that_decodes_cached_units_begins_each_round_at_a_key_frame(
    library: Library,
) -> None:
    trial = opened(library, "noise", SCANNERS["pdq"], point=Point.RELAY, media="cached")
    try:
        for round_index in (0, 2, 1):
            samples = trial.measure(round_index, 5)
            assert samples["frame"].tolist() == [(5 * round_index + n) % FRAMES for n in range(5)]
            assert samples["scan_sampled"].all()
    finally:
        trial.close()


def test_hashers_of_one_name_do_not_share_a_list(library: Library) -> None:
    class NamedPdq(Mean):
        name = "pdq"

    lists = Lists(library=library, seed=1, listed_clip="noise")
    ours, theirs = lists.list_of(HASHERS["pdq"], 50), lists.list_of(NamedPdq, 50)
    assert (ours.bits, theirs.bits) == (256, 64)
