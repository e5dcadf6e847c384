"""Time to hash a luma plane: our hashers, and the packages whose hashes they are.

Everyone is handed what it wants outside the timed region, written just before, as a camera or a
decoder would have: our hashers a plane, `pdqhash.compute` an RGB array of grey pixels,
`imagehash.phash` and `imagehash.dhash` a PIL picture of mode L. What a decoder's planes cost on the
way there is thus not in the packages' times. What a hash costs on planes that lie in cold memory,
behind an encoder that has swept the caches, is what the cases with hooks tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from bench.cases import HashCase
from bench.clock import now
from bench.measure import FrameFailed, collector_off
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.results import HashSummary, Row
from bench.samples import Samples
from bench.stats import Bootstrap
from bench.verdict import WrongAnswer
from pipelines.media import U8, RawFrame
from pipelines.not_installed import NotInstalled
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.hashes.table import HASHERS

COLUMNS = ("round", "frame", "start_ns", "end_ns", "quality")
"""One sample per frame."""

CHECKED_FRAMES = 5
"""Frames, spread over the clip, on which a hasher and its package must agree beforehand."""

WARM_UP_FRAMES = 8
SETTLE_FRAMES = 3
"""Frames hashed untimed at the start of each round, after another case has used the caches."""

MOST_FRAMES_PER_ROUND = 400
"""Keeps raw samples small; more precision comes from more rounds, not from longer ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to hash a plane.

    `start` returns what is timed; it takes what `prepare` makes of a plane, and `read` finds the
    bits of the hash, uint8 of shape (bits,), and the quality in what it returns. `package` is the
    distribution that it comes from, none for ours; `counterpart` must find the same.
    """

    name: str
    bits: int
    start: Callable[[], Callable[[Any], Any]]
    prepare: Callable[[U8], Any]
    read: Callable[[Any], tuple[U8, int]]
    counterpart: str
    package: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashTrial:
    """A contender that was verified and is warm, and the frames whose planes it hashes."""

    case: HashCase
    contender: Contender
    run: Callable[[Any], Any]
    frames: Sequence[RawFrame]
    fit: int
    peak_rss_bytes: int
    case_rss_bytes: int

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return the clip: hashers are compared on the same frames."""
        return ("hash", self.case.clip)

    @property
    def period(self) -> int:
        """Frames of the clip."""
        return len(self.frames)

    def measure(self, round_index: int, units: int) -> Samples:
        """Return the samples of one round of `units` frames. Raises FrameFailed."""
        start = round_index * units
        hash_frames = partial(_hash_frames, self.contender, self.run, self.frames)
        hash_frames(start=start - SETTLE_FRAMES, count=SETTLE_FRAMES)
        samples = hash_frames(start=start, count=units)
        samples["round"] = round_index
        return samples

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with the time per frame and the mean quality."""
        duration_ns = samples["end_ns"] - samples["start_ns"]
        bootstrap = Bootstrap(samples["round"], seed=seed)
        p50, p99 = bootstrap.quantiles(duration_ns, (0.5, 0.99))
        height, width = self.frames[0].planes[0].shape
        package = self.contender.package
        return msgspec.structs.replace(
            row,
            library=f"{package} {version(package)}" if package else "",
            width=width,
            height=height,
            frames=len(samples),
            rounds=len(np.unique(samples["round"])),
            peak_rss_bytes=self.peak_rss_bytes,
            case_rss_bytes=self.case_rss_bytes,
            hash=HashSummary(
                hasher=self.contender.name,
                bits=self.contender.bits,
                p50_ns=p50,
                p99_ns=p99,
                mean_ns=bootstrap.mean(duration_ns),
                quality_mean=float(samples["quality"].mean()),
            ),
        )

    def close(self) -> None:
        """Do nothing: the frames belong to all cases of the clip."""


def open_hash(case: HashCase, frames: Sequence[RawFrame]) -> HashTrial:
    """Return the trial of a case on a clip's decoded frames: verified, warm, its round chosen.

    Raises NotInstalled where the case's package is missing, WrongAnswer where ours and the package
    disagree on a frame, FrameFailed.
    """
    before = rss_bytes()
    can_reset = reset_peak()
    contender = HASH_CONTENDERS[case.hasher]
    run = contender.start()
    verify_contender(contender, frames)
    warm = _hash_frames(contender, run, frames, start=0, count=WARM_UP_FRAMES)
    frame_ns = max(1.0, float(np.median(warm["end_ns"] - warm["start_ns"])))
    round_ns = case.seconds * 1e9 / case.rounds
    peak = peak_rss_bytes()
    return HashTrial(
        case=case,
        contender=contender,
        run=run,
        frames=frames,
        fit=max(2, min(MOST_FRAMES_PER_ROUND, round(round_ns / frame_ns))),
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
    )


def verify_contender(contender: Contender, frames: Sequence[RawFrame]) -> None:
    """Raise WrongAnswer unless ours and the package find the same hash, and the same quality.

    Nothing is compared where the package is not installed: then only ours can be timed.
    """
    other = HASH_CONTENDERS[contender.counterpart]
    try:
        hashes = contender.start(), other.start()
    except NotInstalled:
        return
    for at in np.linspace(0, len(frames) - 1, CHECKED_FRAMES).astype(int):
        luma = frames[at].planes[0]
        (bits, quality), (other_bits, other_quality) = (
            side.read(run(side.prepare(luma)))
            for side, run in zip((contender, other), hashes, strict=True)
        )
        differing = int((bits != other_bits).sum())
        if differing or quality != other_quality:
            raise WrongAnswer(
                f"frame {frames[at].index}: {contender.name} and {other.name} differ in"
                f" {differing} of {contender.bits} bits, quality {quality} and {other_quality}"
            )


def _hash_frames(
    contender: Contender,
    run: Callable[[Any], Any],
    frames: Sequence[RawFrame],
    *,
    start: int,
    count: int,
) -> Samples:
    """Return the samples of `count` frames from `start` on, counted round. Raises FrameFailed."""
    samples = np.zeros(count, dtype=[(name, np.int64) for name in COLUMNS])
    with collector_off():
        for at in range(count):
            frame = frames[(start + at) % len(frames)]
            try:
                picture = contender.prepare(frame.planes[0])
                start_ns = now()
                answer = run(picture)
                end_ns = now()
            except Exception as error:
                raise FrameFailed(at, error) from error
            samples[at] = (0, frame.index, start_ns, end_ns, contender.read(answer)[1])
    return samples


# ---- contenders ----------------------------------------------------------------------------------


def _plane(luma: U8) -> U8:
    return luma.copy()


def grey_rgb(luma: U8) -> U8:
    """Return a plane as a contiguous RGB array of grey pixels, uint8 of (height, width, 3)."""
    return np.repeat(luma[:, :, np.newaxis], 3, axis=2)


def _picture(luma: U8) -> Any:
    from PIL import Image  # noqa: PLC0415 - comes with the optional ImageHash

    return Image.fromarray(luma)


def _read_fingerprint(fingerprint: Fingerprint) -> tuple[U8, int]:
    bits = np.unpackbits(fingerprint.words.astype("<u8").view(np.uint8), bitorder="little")
    return bits, fingerprint.quality


def _read_pdqhash(answer: Any) -> tuple[U8, int]:
    bits, quality = answer
    return bits.astype(np.uint8), int(quality)


def _read_imagehash(answer: Any) -> tuple[U8, int]:
    # ImageHash knows no quality; ours then says 100.
    return answer.hash.reshape(-1).astype(np.uint8), 100


def _start_ours(name: str) -> Callable[[U8], Fingerprint]:
    return HASHERS[name]().hash


def _start_pdqhash() -> Callable[[U8], Any]:
    try:
        import pdqhash  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise NotInstalled("pdqhash is not installed: pip install 'sealbench[scan]'") from error
    compute: Callable[[U8], Any] = pdqhash.compute
    return compute


def _start_imagehash(function: str) -> Callable[[Any], Any]:
    try:
        import imagehash  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise NotInstalled("imagehash is not installed: pip install 'sealbench[scan]'") from error
    run: Callable[[Any], Any] = getattr(imagehash, function)
    return run


def _ours(name: str, bits: int, counterpart: str) -> Contender:
    return Contender(
        name=name,
        bits=bits,
        start=partial(_start_ours, name),
        prepare=_plane,
        read=_read_fingerprint,
        counterpart=counterpart,
    )


def _imagehash(function: str) -> Contender:
    return Contender(
        name=f"imagehash.{function}",
        bits=64,
        start=partial(_start_imagehash, function),
        prepare=_picture,
        read=_read_imagehash,
        counterpart=function,
        package="ImageHash",
    )


HASH_CONTENDERS: Mapping[str, Contender] = MappingProxyType(
    {
        contender.name: contender
        for contender in (
            _ours("pdq", 256, "pdqhash.compute"),
            _ours("phash", 64, "imagehash.phash"),
            _ours("dhash", 64, "imagehash.dhash"),
            Contender(
                name="pdqhash.compute",
                bits=256,
                start=_start_pdqhash,
                prepare=grey_rgb,
                read=_read_pdqhash,
                counterpart="pdq",
                package="pdqhash",
            ),
            _imagehash("phash"),
            _imagehash("dhash"),
        )
    }
)
"""Whatever a case may name as its `hasher`."""
