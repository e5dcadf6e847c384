"""How far a hash of the decoder's Y plane is from the reference's of the same frame as RGB.

The reference takes RGB pictures, so whoever calls it on video converts: here swscale does, from
limited-range BT.601 to full-range rgb24 with its default bicubic scaler, as FFmpeg itself would for
a clip that does not say its matrix. What then differs from hashing Y is the range (16 to 235 is
stretched to 0 to 255), and what is rounded, and clipped where a colour is out of gamut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import msgspec
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from bench.cases import DriftCase
from bench.measure import FrameFailed
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.results import DriftSummary, Row
from bench.samples import Samples
from bench.stats import quantile
from pipelines.codecs.picture import picture_of
from pipelines.media import U8, RawFrame
from pipelines.not_installed import NotInstalled
from pipelines.scanning.hashes.pdq import Pdq

COLUMNS = ("round", "frame", "bits", "quality_y", "quality_rgb")
"""One sample per frame; `bits` is the Hamming distance of the two hashes."""

STRIDE = 3
"""Neighbouring frames differ too little to tell more."""

MOST_FRAMES = 100

QUANTILES = (0.5, 0.95, 1.0)
"""Of the distances, as `DriftSummary` has them."""

PACKAGE = "pdqhash"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTrial:
    """Our PDQ, the reference, and the frames of a clip that both hash in the one round there is."""

    case: DriftCase
    hasher: Pdq
    reference: Callable[[U8], tuple[npt.NDArray[np.int64], int]]
    frames: Sequence[RawFrame]
    peak_rss_bytes: int
    case_rss_bytes: int

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return nothing: nothing is timed, and there is one round."""
        return ()

    @property
    def fit(self) -> int:
        """Frames that are hashed."""
        return len(self.frames)

    @property
    def period(self) -> int:
        """Return the same."""
        return len(self.frames)

    def measure(self, round_index: int, units: int) -> Samples:
        """Return how far the hashes of `units` frames are apart. Raises FrameFailed."""
        samples = np.zeros(units, dtype=[(name, np.int64) for name in COLUMNS])
        reformatter = VideoReformatter()
        for at in range(units):
            frame = self.frames[at % len(self.frames)]
            try:
                ours = self.hasher.hash(frame.planes[0])
                bits, quality = self.reference(rgb_of(reformatter, frame))
            except Exception as error:
                raise FrameFailed(at, error) from error
            own = np.unpackbits(ours.words.astype("<u8").view(np.uint8), bitorder="little")
            apart = int((own != bits).sum())
            samples[at] = (round_index, frame.index, apart, ours.quality, quality)
        return samples

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with the distances over the frames that pass the gate both ways."""
        del seed
        gate = self.hasher.min_quality
        good = samples[(samples["quality_y"] >= gate) & (samples["quality_rgb"] >= gate)]
        bits = good["bits"]
        height, width = self.frames[0].planes[0].shape
        return msgspec.structs.replace(
            row,
            library=f"{PACKAGE} {version(PACKAGE)}",
            width=width,
            height=height,
            frames=len(samples),
            rounds=1,
            peak_rss_bytes=self.peak_rss_bytes,
            case_rss_bytes=self.case_rss_bytes,
            drift=DriftSummary(
                hasher=self.hasher.name,
                reference=f"{PACKAGE}.compute",
                frames=len(samples),
                good=len(good),
                mean_bits=float(bits.mean()) if len(good) else 0.0,
                quantile_bits=tuple(float(quantile(bits, p)) for p in QUANTILES)
                if len(good)
                else (),
                quality_difference_mean=float(
                    (samples["quality_y"] - samples["quality_rgb"]).mean()
                ),
            ),
        )

    def close(self) -> None:
        """Do nothing: the frames belong to all cases of the clip."""


def open_drift(case: DriftCase, frames: Sequence[RawFrame]) -> DriftTrial:
    """Return the trial of a case on a clip's decoded frames, of which every third is taken.

    Raises NotInstalled where the reference is missing.
    """
    before = rss_bytes()
    can_reset = reset_peak()
    try:
        import pdqhash  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise NotInstalled("pdqhash is not installed: pip install 'sealbench[scan]'") from error
    peak = peak_rss_bytes()
    return DriftTrial(
        case=case,
        hasher=Pdq(),
        reference=pdqhash.compute,
        frames=frames[::STRIDE][:MOST_FRAMES],
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
    )


def rgb_of(reformatter: VideoReformatter, frame: RawFrame) -> U8:
    """Return a frame as swscale's RGB, uint8 of shape (height, width, 3), contiguous."""
    rgb = reformatter.reformat(
        picture_of(frame.planes),
        format="rgb24",
        src_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    return np.ascontiguousarray(rgb.to_ndarray(), dtype=np.uint8)
