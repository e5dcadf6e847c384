"""Encoded clips, kept in the cache so that crypto-only cases neither decode nor encode again."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import msgspec
import numpy as np

from bench.clips.cache import drop_damaged, keep_checked, read_checked
from bench.clips.footage import NORMALISATION, Footage, FootageFacts
from bench.progress import Progress, Silent
from bench.read_only import read_only
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import CodecSettings, describe
from pipelines.media import EncodedFrame

FORMAT_VERSION = 1
"""Of what a cache entry holds and how it was made; another version is made again."""

RAW_MAX_FRAMES = 60
"""`raw` is not cached on disk (83 MB at 720p): it is made from at most this many frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedClip:
    """The access units of one clip in one codec, in order, the first a key frame.

    `description` names library and options; `facts` are those of the footage that was encoded.
    Payloads are uint8 arrays that nobody can write into: all cases of a run share them.
    """

    name: str
    codec: str
    settings: CodecSettings
    description: str
    facts: FootageFacts
    frames: tuple[EncodedFrame, ...]

    @property
    def achieved_bitrate_bps(self) -> float:
        """Bits per second that the units really take at the clip's frame rate."""
        total_bytes = sum(len(frame.payload) for frame in self.frames)
        return total_bytes * 8 * float(self.facts.fps) / len(self.frames)


def encode_clip(
    footage: Footage,
    settings: CodecSettings,
    *,
    cache: Path,
    progress: Progress | None = None,
) -> EncodedClip:
    """Return `footage` in the codec of `settings`, from the cache or encoded and cached.

    Raises CodecError where the encoder refuses.
    """
    progress = progress or Silent()
    cached = cached_clip(footage.facts, settings, cache=cache, progress=progress)
    if cached is not None:
        return cached
    progress.begin(f"encoding {footage.facts.name} as {settings.codec}", len(footage.frames))
    encoder = Encoder(settings)
    frames = []
    for done, frame in enumerate(footage.frames, start=1):
        frames.append(encoder.encode(frame))
        progress.advance(done)
    if settings.codec != "raw":
        keep_checked(_entry_path(footage.facts, settings, cache), [_to_bytes(frames)], progress)
    return _clip(footage.facts, settings, frames)


def cached_clip(
    facts: FootageFacts,
    settings: CodecSettings,
    *,
    cache: Path,
    progress: Progress | None = None,
) -> EncodedClip | None:
    """Return the clip from the cache, or None where it is not there or was damaged."""
    if settings.codec == "raw":
        return None
    progress = progress or Silent()
    path = _entry_path(facts, settings, cache)
    entry = read_checked(path, progress)
    if entry is None:
        return None
    try:
        frames = _from_bytes(entry, settings.codec)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        # Whole, but not of this format.
        frames = []
    if len(frames) != facts.frames:
        drop_damaged(path, progress)
        return None
    return _clip(facts, settings, frames)


def _clip(
    facts: FootageFacts, settings: CodecSettings, frames: Sequence[EncodedFrame]
) -> EncodedClip:
    payloads = read_only([frame.payload for frame in frames])
    return EncodedClip(
        name=facts.name,
        codec=settings.codec,
        settings=settings,
        description=describe(settings),
        facts=facts,
        frames=tuple(
            frame.with_payload(payload, frame.codec)
            for frame, payload in zip(frames, payloads, strict=True)
        ),
    )


def _entry_path(facts: FootageFacts, settings: CodecSettings, cache: Path) -> Path:
    # Whatever could change a byte of the units: the pictures, how they were made, what was asked
    # of the encoder, and the build of FFmpeg and its libraries (a PyAV wheel pins them all).
    made_of = (
        FORMAT_VERSION,
        facts.content_sha256,
        NORMALISATION,
        describe(settings),
        av.__version__,
        sorted(av.library_versions.items()),
    )
    key = hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()
    return cache / "encoded" / f"{key}.npz"


def _to_bytes(frames: Sequence[EncodedFrame]) -> bytes:
    ends = np.cumsum([len(frame.payload) for frame in frames], dtype=np.int64)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        blob=np.concatenate([frame.payload for frame in frames]),
        ends=ends,
        is_keyframe=np.array([frame.is_keyframe for frame in frames], dtype=np.bool_),
        index=np.array([frame.index for frame in frames], dtype=np.int64),
        pts_ns=np.array([frame.pts_ns for frame in frames], dtype=np.int64),
    )
    return buffer.getvalue()


def _from_bytes(entry: bytes, codec: str) -> list[EncodedFrame]:
    with np.load(io.BytesIO(entry), allow_pickle=False) as arrays:
        blob, ends = arrays["blob"], arrays["ends"].tolist()
        keyframes, pts_ns = arrays["is_keyframe"].tolist(), arrays["pts_ns"].tolist()
        indices = arrays["index"].tolist()
    starts = [0, *ends[:-1]]
    return [
        EncodedFrame(index=index, pts_ns=pts, is_keyframe=key, codec=codec, payload=blob[start:end])
        for index, pts, key, start, end in zip(
            indices, pts_ns, keyframes, starts, ends, strict=True
        )
    ]
