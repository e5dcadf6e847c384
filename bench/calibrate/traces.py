"""How large access units are: real clips in every codec at the heights they can have."""

from bench.calibrate.media_clips import CLIPS, MediaClips, installed_codecs
from bench.calibrate.probe import Bench
from bench.material import Material
from bench.profile.schema import Trace


def traces(bench: Bench, clips: MediaClips = CLIPS) -> tuple[Trace, ...]:
    """Return the sizes of every traced clip in every installed codec, at the ladder's bitrate.

    A clip that was encoded before comes from the cache. Raises ClipError, CodecError.
    """
    return tuple(
        trace_of(clip, bench.library.material(clip, codec))
        for clip in clips.traced
        for codec in installed_codecs()
    )


def trace_of(clip: str, material: Material) -> Trace:
    """Return the sizes of a clip's access units: key frames and the others apart."""
    units = material.access_units
    return Trace(
        codec=material.clip.codec,
        height=material.height,
        clip=clip,
        fps=material.fps,
        bitrate_bps=material.bitrate_bps,
        keyframe_bytes=tuple(len(unit.payload) for unit in units if unit.is_keyframe),
        delta_bytes=tuple(len(unit.payload) for unit in units if not unit.is_keyframe),
        synthetic=material.synthetic,
    )
