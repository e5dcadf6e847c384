"""The clips that the media probes work on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bench.calibrate.probe import Bench
from bench.clips.errors import ClipError
from bench.clips.library import prepare
from bench.material import Material
from pipelines.codecs.library import can_encode

CODECS = ("h264", "h265", "vp8", "vp9", "av1")


def installed_codecs() -> tuple[str, ...]:
    """Return those of `CODECS` that can be encoded here: an FFmpeg may lack x265."""
    return tuple(filter(can_encode, CODECS))


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaClips:
    """Clips by name: one to measure on for each height in lines, and those that give traces."""

    ladder: Mapping[int, str]
    traced: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every clip once."""
        return tuple(dict.fromkeys((*self.ladder.values(), *self.traced)))

    def renamed(self, rename: Callable[[str], str]) -> "MediaClips":
        """Return these clips by other names: stand-ins for those that cannot be had."""
        return MediaClips(
            ladder={height: rename(clip) for height, clip in self.ladder.items()},
            traced=tuple(dict.fromkeys(map(rename, self.traced))),
        )

    def material(self, bench: Bench, height: int, codec: str) -> Material:
        """Return the clip of `height` in a codec. Raises ClipError for another height, CodecError.

        A stand-in may be smaller than what it stands for: its costs are not those of `height`.
        """
        material = bench.library.material(self.ladder[height], codec)
        if material.height != height:
            raise ClipError(
                f"{self.ladder[height]} has {material.height} lines: nothing to measure {height} on"
            )
        return material


CLIPS = MediaClips(
    ladder=MappingProxyType(
        {180: "outdoor->180p", 360: "outdoor->360p", 720: "outdoor->720p", 994: "outdoor"}
    ),
    traced=(
        *("outdoor", "outdoor->720p", "outdoor->360p", "outdoor->180p"),
        *("head-360p", "head-360p->180p", "webcam-360p", "webcam-360p->180p"),
    ),
)
"""Of the core set: people and leaves outdoors at every height, and two heads as far as they go."""


def prepare_clips(bench: Bench, clips: MediaClips = CLIPS) -> None:
    """Encode what the cache lacks of `clips` in every installed codec, decoding each clip once.

    Raises ClipError, CodecError.
    """
    prepare(
        [(clip, codec) for clip in clips.names for codec in installed_codecs()],
        progress=bench.progress,
    )
    bench.progress.end()
