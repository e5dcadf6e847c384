"""Clips by name, as suites and the command line write them: what the rest of bench calls.

A name is a clip of the catalogue (`webcam-360p`), a synthetic one (`synthetic-head-360p`) or a
user's file (`file:PATH`); catalogue clips and files may be scaled down (`outdoor->720p`).
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import av
import msgspec

from bench.clips import synthetic
from bench.clips.cache import (
    cache_dir,
    drop_damaged,
    file_sha256,
    keep_checked,
    read_checked,
)
from bench.clips.catalogue import load_catalogue
from bench.clips.encoded import RAW_MAX_FRAMES, EncodedClip, cached_clip, encode_clip
from bench.clips.errors import ClipError
from bench.clips.fetch import cached_path, fetch
from bench.clips.footage import (
    MAX_BYTES,
    MAX_FRAMES,
    NORMALISATION,
    Footage,
    FootageFacts,
    open_footage,
)
from bench.clips.names import FILE_PREFIX, ClipName, parse_clip_name, scaled_size
from bench.progress import Progress, Silent
from pipelines.codecs.settings import CodecSettings, conference_settings


def load(
    name: str, *, codec: str, progress: Progress | None = None, cache: Path | None = None
) -> EncodedClip:
    """Return a clip in a codec at the ladder's bitrate: fetched, decoded, encoded where needed.

    A clip that was loaded before comes from the cache without decoding. `raw` holds at most
    RAW_MAX_FRAMES frames. Raises ClipError (FetchError without network) or CodecError.
    """
    cache = cache or cache_dir()
    if codec != "raw":
        cached = _from_cache(name, codec, cache, progress)
        if cached is not None:
            return cached
    max_frames = RAW_MAX_FRAMES if codec == "raw" else MAX_FRAMES
    footage = load_footage(name, max_frames, progress=progress, cache=cache)
    return encode_clip(footage, _settings(codec, footage.facts), cache=cache, progress=progress)


def prepare(
    wanted: Iterable[tuple[str, str]],
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> None:
    """Fill the cache for every (name, codec), decoding each clip once. Raises as `load` does."""
    cache = cache or cache_dir()
    codecs_by_name: dict[str, list[str]] = {}
    for name, codec in wanted:
        if codec != "raw" and _from_cache(name, codec, cache, progress) is None:
            codecs_by_name.setdefault(name, []).append(codec)
    for name, codecs in codecs_by_name.items():
        footage = load_footage(name, progress=progress, cache=cache)
        for codec in dict.fromkeys(codecs):
            settings = _settings(codec, footage.facts)
            encode_clip(footage, settings, cache=cache, progress=progress)


def load_footage(
    name: str,
    max_frames: int = MAX_FRAMES,
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Footage:
    """Return the decoded frames of a clip, at most `max_frames` and at most 512 MiB.

    Raises ClipError; FetchError where the clip is not here and cannot be downloaded.
    """
    cache = cache or cache_dir()
    if synthetic.is_synthetic(name):
        footage = synthetic.synthetic_footage(name, max_frames=max_frames, progress=progress)
    else:
        parsed = _parsed(name)
        path = _fetched(parsed, progress, cache)
        footage = open_footage(path, parsed, max_frames=max_frames, progress=progress)
    if max_frames == MAX_FRAMES:
        _remember(name, footage.facts, cache, progress)
    return footage


def check_name(name: str) -> None:
    """Raise ClipError unless `name` names a clip of the catalogue, a synthetic one or a file.

    Sizes are checked for catalogue clips; a file is opened only when it is loaded.
    """
    if synthetic.is_synthetic(name):
        synthetic.clip_size(name)
        return
    parsed = _parsed(name)
    if not parsed.clip.startswith(FILE_PREFIX):
        clip = load_catalogue().clip(parsed.clip)
        scaled_size(parsed, clip.width, clip.height)


def synthetic_stand_in(name: str) -> str:
    """Return the synthetic clip that stands in for a catalogue clip of about the same size."""
    parsed = parse_clip_name(name)
    clip = load_catalogue().clip(parsed.clip)
    return synthetic.stand_in(*scaled_size(parsed, clip.width, clip.height))


def _settings(codec: str, facts: FootageFacts) -> CodecSettings:
    return conference_settings(codec, facts.width, facts.height, facts.fps)


def _fetched(name: ClipName, progress: Progress | None, cache: Path) -> Path:
    """Return where the file of a clip stands, fetching it where it is not there."""
    if name.clip.startswith(FILE_PREFIX):
        return _own_file(name.clip)
    clip = load_catalogue().clip(name.clip)
    scaled_size(name, clip.width, clip.height)
    fetch([clip], progress, cache=cache)
    return cached_path(clip, cache)


def _from_cache(
    name: str, codec: str, cache: Path, progress: Progress | None
) -> EncodedClip | None:
    """Return a clip that was encoded before, without opening its source."""
    progress = progress or Silent()
    facts = _recall(name, cache, progress)
    if facts is None:
        return None
    return cached_clip(facts, _settings(codec, facts), cache=cache, progress=progress)


def _remember(name: str, facts: FootageFacts, cache: Path, progress: Progress | None) -> None:
    path = _facts_path(name, cache)
    keep_checked(path, [msgspec.json.encode(facts)], progress or Silent())


def _recall(name: str, cache: Path, progress: Progress) -> FootageFacts | None:
    try:
        path = _facts_path(name, cache)
    except OSError:
        return None
    entry = read_checked(path, progress)
    if entry is None:
        return None
    try:
        facts = msgspec.json.decode(entry, type=FootageFacts)
    except msgspec.DecodeError:
        drop_damaged(path, progress)
        return None
    return msgspec.structs.replace(facts, name=name)


def _facts_path(name: str, cache: Path) -> Path:
    """Return where the facts of a clip stand: by what it is made of, not by what it is called.

    Raises OSError for a file that cannot be read, ClipError for an unknown clip.
    """
    parsed = _parsed(name)
    if synthetic.is_synthetic(name):
        source = f"{name} {synthetic.VERSION}"
    elif parsed.clip.startswith(FILE_PREFIX):
        source = file_sha256(_own_file(parsed.clip))
    else:
        source = load_catalogue().clip(parsed.clip).sha256
    made_of = (source, parsed.rung, MAX_FRAMES, MAX_BYTES, NORMALISATION, av.__version__)
    key = hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()
    return cache / "footage" / f"{key}.json"


def _parsed(name: str) -> ClipName:
    """Return the parts of a name. A file that is itself called `a->720p` is not `a` scaled.

    Raises ClipError.
    """
    if name.startswith(FILE_PREFIX) and _own_file(name).is_file():
        return ClipName(clip=name)
    return parse_clip_name(name)


def _own_file(clip: str) -> Path:
    """Return the path in `file:PATH`; a file that is called `~name` is no home folder.

    Raises ClipError for a path that no text file could name.
    """
    path = Path(clip.removeprefix(FILE_PREFIX))
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ClipError(f"{str(path)!a}: the path is not UTF-8; rename file or folder") from error
    try:
        return path if path.exists() else path.expanduser()
    except RuntimeError:
        # There is no such user either.
        return path
