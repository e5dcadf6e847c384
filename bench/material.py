"""What cases work on: access units and decoded frames of a clip, loaded once for all its cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bench.cases import AnyCase, Case
from bench.clips import library
from bench.clips.encoded import RAW_MAX_FRAMES, EncodedClip
from bench.clips.footage import Footage
from bench.clips.names import FILE_PREFIX
from bench.progress import Progress
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.media import EncodedFrame, RawFrame


@dataclass(frozen=True)
class Material:
    """One clip in one codec. Not slotted: the decoded frames are loaded when first asked for."""

    clip: EncodedClip
    library: "Library" = field(repr=False)

    @property
    def access_units(self) -> tuple[EncodedFrame, ...]:
        """Return the clip's access units, the first a key frame."""
        return self.clip.frames

    @cached_property
    def raw_frames(self) -> tuple[RawFrame, ...]:
        """Return the clip's decoded frames, at most `RAW_MAX_FRAMES`. Raises ClipError."""
        return self.library.footage_of(self.clip.name).frames

    def new_encoder(self) -> Encoder:
        """Return an encoder with the settings the access units were made with."""
        return Encoder(self.clip.settings)

    def new_decoder(self) -> Decoder:
        """Return a decoder for the access units."""
        return Decoder(self.clip.codec, self.width, self.height)

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return self.clip.facts.width

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return self.clip.facts.height

    @property
    def fps(self) -> float:
        """Frames per second."""
        return float(self.clip.facts.fps)

    @property
    def frame_interval_ns(self) -> int:
        """Time between two frames in ns."""
        return round(1_000_000_000 / self.clip.facts.fps)

    @property
    def bitrate_bps(self) -> float:
        """What the access units really take, in bits per second."""
        return self.clip.achieved_bitrate_bps

    @property
    def note(self) -> str:
        """What a reader must know of the clip."""
        return self.clip.facts.note

    @property
    def encoder(self) -> str:
        """Library and options that the access units were made with."""
        return self.clip.description

    @property
    def sha256(self) -> str:
        """Hash of the file that the clip comes from."""
        return self.clip.facts.source_sha256

    @property
    def synthetic(self) -> bool:
        """Whether the clip was generated and shows no camera's picture."""
        return self.clip.facts.synthetic


@dataclass(slots=True)
class Library:
    """Clips by the names that cases use; `files` maps such a name to the user's own file."""

    files: Mapping[str, Path]
    progress: Progress
    _materials: dict[tuple[str, str], Material] = field(default_factory=dict)
    _footage: dict[str, Footage] = field(default_factory=dict)

    def check(self, cases: Iterable[AnyCase]) -> None:
        """Raise ClipError where a case's clip cannot be used: unknown, or the file is no video."""
        for name in dict.fromkeys(case.clip for case in cases):
            library.check_name(self._source(name))
            if self._source(name).startswith(FILE_PREFIX):
                self.footage(name)

    def load(self, cases: Iterable[AnyCase]) -> None:
        """Encode what `cases` need and the cache lacks, decoding each clip once."""
        wanted = [(self._source(case.clip), case.codec) for case in cases if isinstance(case, Case)]
        library.prepare(wanted, progress=self.progress)
        self.progress.end()

    def material(self, clip: str, codec: str) -> Material:
        """Return a clip in a codec. Raises ClipError, CodecError."""
        key = (clip, codec)
        if key not in self._materials:
            encoded = library.load(self._source(clip), codec=codec, progress=self.progress)
            self._materials[key] = Material(encoded, self)
        return self._materials[key]

    def footage(self, clip: str) -> Footage:
        """Return the first decoded frames of a case's clip. Raises ClipError."""
        return self.footage_of(self._source(clip))

    def long_footage(self, clip: str, frames: int) -> Footage:
        """Return at most `frames` decoded frames of a case's clip; keeps none. Raises ClipError."""
        return library.load_footage(self._source(clip), frames, progress=self.progress)

    def footage_of(self, source: str) -> Footage:
        """Return the first decoded frames of a clip of the clip library. Raises ClipError."""
        if source not in self._footage:
            self._footage[source] = library.load_footage(
                source, RAW_MAX_FRAMES, progress=self.progress
            )
        return self._footage[source]

    def forget(self, clip: str) -> None:
        """Give back the memory of a clip whose cases are done."""
        self._footage.pop(self._source(clip), None)
        for key in [key for key in self._materials if key[0] == clip]:
            del self._materials[key]

    def _source(self, name: str) -> str:
        """Return the clip library's name for a case's clip."""
        return f"{FILE_PREFIX}{self.files[name]}" if name in self.files else name
