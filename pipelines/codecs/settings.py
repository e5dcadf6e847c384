"""How a clip is encoded: real-time settings and our bitrate ladder."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from pipelines.media import CODECS


class CodecError(Exception):
    """The encoder or decoder could not do one unit in, one unit out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSettings:
    """What one encoder is asked for. `codec` is one of `pipelines.media.CODECS`."""

    codec: str
    width: int
    height: int
    fps: Fraction
    bitrate_bps: int
    keyframe_interval_frames: int

    def __post_init__(self) -> None:
        """Refuse what no encoder could do."""
        if self.codec not in CODECS:
            raise ValueError(f"unknown codec {self.codec!r}; known: {', '.join(CODECS)}")
        if min(self.width, self.height, self.bitrate_bps, self.keyframe_interval_frames) < 1:
            raise ValueError(f"{self.codec}: size, bitrate and key frame interval must be positive")
        if self.fps <= 0:
            raise ValueError(f"{self.codec}: fps must be positive, not {self.fps}")


# Our choice, in the range that conferencing services use at 30 frames/s: the two older codecs at
# the same rate, H.265 and VP9 about 30 % and AV1 about 40 % below. Rows are (width, height) of 16:9
# rungs.
LADDER_KBPS: Mapping[tuple[int, int], Mapping[str, int]] = {
    (320, 180): {"h264": 150, "h265": 110, "vp8": 150, "vp9": 110, "av1": 90},
    (640, 360): {"h264": 600, "h265": 420, "vp8": 600, "vp9": 420, "av1": 350},
    (960, 540): {"h264": 1200, "h265": 850, "vp8": 1200, "vp9": 850, "av1": 700},
    (1280, 720): {"h264": 1800, "h265": 1300, "vp8": 1800, "vp9": 1300, "av1": 1100},
    (1920, 1080): {"h264": 3000, "h265": 2100, "vp8": 3000, "vp9": 2100, "av1": 1800},
}
LADDER_FPS = 30

KEYFRAME_INTERVAL_S = 3
"""Our choice: short enough that a clip of ten seconds shows key frame bursts."""


def ladder_bitrate_bps(codec: str, width: int, height: int, fps: Fraction) -> int:
    """Return the bitrate of `LADDER_KBPS` for a picture size, in bits per second.

    Between two rungs: linear in pixels. Beyond the ends: in proportion to pixels. Frame rates
    other than 30: times sqrt(fps / 30), for neighbouring frames resemble each other more. For
    `raw` it is the exact rate of I420.
    """
    if codec == "raw":
        return round(raw_frame_bytes(width, height) * 8 * fps)
    rungs = [(w * h, rates[codec] * 1000) for (w, h), rates in LADDER_KBPS.items()]
    pixels = width * height
    above = bisect_left(rungs, (pixels, 0))
    if above in {0, len(rungs)}:
        edge_pixels, edge_bps = rungs[min(above, len(rungs) - 1)]
        bps = edge_bps * pixels / edge_pixels
    else:
        (low_pixels, low_bps), (high_pixels, high_bps) = rungs[above - 1], rungs[above]
        bps = low_bps + (high_bps - low_bps) * (pixels - low_pixels) / (high_pixels - low_pixels)
    return max(1000, round(bps * sqrt(fps / LADDER_FPS) / 1000) * 1000)


def raw_frame_bytes(width: int, height: int) -> int:
    """Return the bytes of one contiguous I420 frame."""
    return width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)


def conference_settings(codec: str, width: int, height: int, fps: Fraction) -> CodecSettings:
    """Return the settings of the suites: the ladder's bitrate, a key frame every three seconds."""
    return CodecSettings(
        codec=codec,
        width=width,
        height=height,
        fps=fps,
        bitrate_bps=ladder_bitrate_bps(codec, width, height, fps),
        keyframe_interval_frames=1 if codec == "raw" else max(1, round(KEYFRAME_INTERVAL_S * fps)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderLibrary:
    """The library FFmpeg calls for a codec, and the options it gets."""

    name: str
    options: Mapping[str, str]
    rate_control: str


# One thread everywhere: the time of a frame is then the time of one core (and VP8 collapses with
# two). No look-ahead, no reordering: a frame goes in, its unit comes out.
ENCODER_LIBRARIES: Mapping[str, EncoderLibrary] = {
    "h264": EncoderLibrary(
        name="libx264",
        # zerolatency: no B frames, no look-ahead. repeat-headers: SPS and PPS before every IDR.
        # scenecut=0: key frames where the settings or the caller want them, nowhere else.
        options={
            "preset": "superfast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": "repeat-headers=1:annexb=1:scenecut=0:sliced-threads=0",
        },
        rate_control="vbv-1s",
    ),
    "h265": EncoderLibrary(
        name="libx265",
        # The fastest preset: x265 has several times the work of x264. pools=none and one frame
        # thread: x265 has a thread count of its own. open-gop=0: key frames are IDR pictures.
        # info=0: no message of 2 kB with the settings before every key frame.
        options={
            "preset": "ultrafast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x265-params": "repeat-headers=1:annexb=1:scenecut=0:open-gop=0:pools=none:"
            "frame-threads=1:info=0:log-level=none",
        },
        rate_control="vbv-1s",
    ),
    "vp8": EncoderLibrary(
        name="libvpx",
        # A negative cpu-used is a fixed speed; a positive one follows the clock, so that the same
        # input would give other bytes on another day.
        options={
            "deadline": "realtime",
            "cpu-used": "-6",
            "lag-in-frames": "0",
            "auto-alt-ref": "0",
        },
        rate_control="cbr-1s",
    ),
    "vp9": EncoderLibrary(
        name="libvpx-vp9",
        options={
            "deadline": "realtime",
            "cpu-used": "7",
            "lag-in-frames": "0",
            "auto-alt-ref": "0",
            "row-mt": "0",
            "aq-mode": "3",
        },
        rate_control="cbr-1s",
    ),
    "av1": EncoderLibrary(
        name="libsvtav1",
        # pred-struct=1 is low delay, rc=2 constant bitrate; lp=1 gives the same bytes as lp=2 in
        # the same time, on one core instead of one and a half.
        options={"preset": "11", "svtav1-params": "rtc=1:pred-struct=1:lp=1:rc=2"},
        rate_control="library",
    ),
}


def encoder_options(settings: CodecSettings) -> dict[str, str]:
    """Return the FFmpeg options of an encoder other than `raw`, rate control included."""
    library = ENCODER_LIBRARIES[settings.codec]
    options = dict(library.options)
    bitrate = str(settings.bitrate_bps)
    if library.rate_control == "library":
        return options
    options |= {"maxrate": bitrate, "bufsize": bitrate}
    if library.rate_control == "cbr-1s":
        # FFmpeg asks libvpx for constant bitrate when the three rates are equal.
        options |= {"minrate": bitrate}
    return options


def describe(settings: CodecSettings) -> str:
    """Return one line that names library and options: for reports and for cache keys."""
    size = f"{settings.width}x{settings.height} at {settings.fps} frames/s"
    if settings.codec == "raw":
        return f"contiguous I420, {size}"
    library = ENCODER_LIBRARIES[settings.codec]
    options = " ".join(f"{key}={value}" for key, value in encoder_options(settings).items())
    return (
        f"{library.name}, {size}, {settings.bitrate_bps} bit/s, "
        f"key frame every {settings.keyframe_interval_frames} frames, 1 thread, {options}"
    )
