"""The stand-in for a machine without network: a still portrait made to move, and labelled so.

The picture is the portrait of Grace Hopper that matplotlib ships as sample data. Camera sway, a
talking mouth, blinks and sensor noise give an encoder something like a webcam to work on; it is
not one, and its name says `synthetic` wherever it appears.
"""

import hashlib
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from bench.clips.errors import ClipError
from bench.clips.footage import MAX_FRAMES, Footage, FootageFacts, content_sha256, raw_frames
from bench.clips.names import RUNGS
from bench.progress import Progress, Silent
from bench.read_only import read_only
from pipelines.media import U8

PREFIX = "synthetic-head-"
VERSION = 1
"""Of how the clip is drawn."""
NOTE = "synthetic: a still portrait made to sway, talk and blink, with noise; no camera video"
FPS = Fraction(30)
SEED = 1906
NOISE_LEVELS = 1.6

# Of the portrait, in its pixels: the part that is shown, and what moves in it.
WINDOW = (480, 270)
WINDOW_CENTRE = (256.0, 200.0)
MOUTH = (268, 278, 44, 26)
EYES = ((222, 192, 30, 16), (306, 188, 30, 16))
MASTER_SCALE = 4


def is_synthetic(name: str) -> bool:
    """Return whether `name` is one of ours: `synthetic-head-360p`."""
    return name.startswith("synthetic")


def stand_in(width: int, height: int) -> str:
    """Return the name of the synthetic clip whose size comes nearest to a picture from below."""
    fitting = [rung for rung, lines in RUNGS.items() if lines <= min(width, height)]
    return PREFIX + (fitting or list(RUNGS))[-1 if fitting else 0]


def synthetic_footage(
    name: str, *, max_frames: int = MAX_FRAMES, progress: Progress | None = None
) -> Footage:
    """Return the clip called `name`, drawn at its own size; the same bytes every time.

    Raises ClipError for a size that is not a rung.
    """
    width, height = clip_size(name)
    progress = progress or Silent()
    progress.begin(f"drawing {name}", max_frames)
    source = _portrait_path().read_bytes()
    portrait = _Portrait(_portrait_path())
    reformatter = VideoReformatter()
    random = np.random.default_rng(SEED)
    grain = _grain(random, width, height)
    planes = []
    for index in range(max_frames):
        seconds = index / FPS
        y, u, v = _shot(reformatter, portrait.at(float(seconds)), float(seconds), width, height)
        row, column = random.integers(0, 64, size=2)
        noisy = y.astype(np.int16) + grain[row : row + height, column : column + width]
        y, u, v = read_only([np.clip(noisy, 16, 235).astype(np.uint8), u, v])
        planes.append((y, u, v))
        progress.advance(index + 1)
    frames = raw_frames(planes, FPS)
    facts = FootageFacts(
        name=name,
        note=NOTE,
        width=width,
        height=height,
        fps_numerator=FPS.numerator,
        fps_denominator=FPS.denominator,
        frames=len(frames),
        synthetic=True,
        content_sha256=content_sha256(frames),
        source_sha256=hashlib.sha256(source).hexdigest(),
    )
    return Footage(facts=facts, frames=frames)


def clip_size(name: str) -> tuple[int, int]:
    """Return width and height of a synthetic clip. Raises ClipError for an unknown name."""
    rung = re.fullmatch(re.escape(PREFIX) + r"(\d+p)", name)
    if rung is None or rung[1] not in RUNGS:
        known = ", ".join(PREFIX + known for known in RUNGS)
        raise ClipError(f"unknown clip {name!r}; known: {known}")
    lines = RUNGS[rung[1]]
    return 2 * round(lines * 16 / 9 / 2), lines


def _portrait_path() -> Path:
    # Only the stand-in needs matplotlib, and importing it takes 0.2 s.
    from bench.drawing import mpl  # noqa: PLC0415 - see above

    return Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"


class _Portrait:
    """The portrait, enlarged once so that whole-pixel crops of it move smoothly."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            picture = next(container.decode(video=0))
        large = picture.reformat(
            picture.width * MASTER_SCALE,
            picture.height * MASTER_SCALE,
            "yuv420p",
            interpolation=Interpolation.BICUBIC,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
        )
        self._still = [
            np.frombuffer(memoryview(plane), dtype=np.uint8)
            .reshape(plane.height, plane.line_size)[:, : plane.width]
            .copy()
            for plane in large.planes
        ]

    def at(self, seconds: float) -> list[U8]:
        """Return the planes with mouth and eyes as they are at a time."""
        planes = [plane.copy() for plane in self._still]
        # Syllables come about five a second, and speech has pauses.
        speaking = max(0.0, np.sin(0.9 * seconds) + 0.6)
        opening = 0.30 * speaking * abs(np.sin(2 * np.pi * 2.6 * seconds))
        _stretch(planes, self._still, MOUTH, lambda y: y * (1 - opening * (1 - y * y)))
        if (seconds + 1.5) % 3.4 < 0.17:
            for eye in EYES:
                # Both lids: rows beside the eye close over it.
                _stretch(planes, self._still, eye, lambda y: y + 0.75 * (1 - y * y))
        return planes


def _stretch(
    planes: list[U8],
    still: list[U8],
    box: tuple[int, int, int, int],
    source_row: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
) -> None:
    """Redraw an elliptic patch from other rows of itself; heights run from -1 to 1 in the box."""
    for plane, original, step in zip(planes, still, (1, 2, 2), strict=True):
        x, y, half_width, half_height = (side * MASTER_SCALE // step for side in box)
        rows = np.linspace(-1, 1, 2 * half_height)
        columns = np.linspace(-1, 1, 2 * half_width)
        taken = np.rint(y + source_row(rows) * half_height).astype(np.intp)
        patch = slice(y - half_height, y + half_height), slice(x - half_width, x + half_width)
        weight = np.clip(2 * (1 - rows[:, None] ** 2 - columns[None, :] ** 2), 0, 1)
        mixed = original[patch] * (1 - weight) + original[taken, patch[1]] * weight
        plane[patch] = mixed.astype(np.uint8)


def _shot(
    reformatter: VideoReformatter, planes: list[U8], seconds: float, width: int, height: int
) -> tuple[U8, U8, U8]:
    """Return what the camera sees: a window of the portrait that drifts, nods and breathes."""
    zoom = 1 - 0.05 * (1 + np.sin(0.35 * seconds))
    centre_x = WINDOW_CENTRE[0] + 9 * np.sin(0.8 * seconds) + 2 * np.sin(2.9 * seconds)
    centre_y = WINDOW_CENTRE[1] + 5 * np.sin(1.1 * seconds + 1) + 1.5 * np.sin(4.3 * seconds)
    # In halves of a master pixel pair, so that chroma is cut where luma is.
    scale = MASTER_SCALE / 2
    half_width = round(WINDOW[0] * zoom * scale / 2)
    half_height = round(WINDOW[1] * zoom * scale / 2)
    left, top = round(centre_x * scale) - half_width, round(centre_y * scale) - half_height
    window = [
        plane[
            top * step : (top + 2 * half_height) * step,
            left * step : (left + 2 * half_width) * step,
        ]
        for plane, step in zip(planes, (2, 1, 1), strict=True)
    ]
    picture = av.VideoFrame.from_dlpack(
        tuple(window), format="yuv420p", width=4 * half_width, height=4 * half_height
    )
    small = reformatter.reformat(
        picture, width, height, "yuv420p", interpolation=Interpolation.BICUBIC
    )
    y, u, v = (
        np.frombuffer(memoryview(plane), dtype=np.uint8)
        .reshape(plane.height, plane.line_size)[:, : plane.width]
        .copy()
        for plane in small.planes
    )
    return y, u, v


def _grain(random: np.random.Generator, width: int, height: int) -> npt.NDArray[np.int16]:
    """Return noise a little larger than the picture; each frame takes another part of it."""
    noise = random.normal(0, NOISE_LEVELS, size=(height + 64, width + 64))
    return np.rint(noise).astype(np.int16)
