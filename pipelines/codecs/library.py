"""FFmpeg's codecs by name: not every build has all of them (x265 and x264 are under the GPL)."""

from typing import Literal

import av
from av.codec.codec import UnknownCodecError

from pipelines.codecs.settings import ENCODER_LIBRARIES, CodecError
from pipelines.not_installed import NotInstalled


def can_encode(codec: str) -> bool:
    """Say whether this FFmpeg has the library that encodes `codec`; `raw` needs none."""
    if codec == "raw":
        return True
    try:
        av.Codec(ENCODER_LIBRARIES[codec].name, "w")
    except UnknownCodecError:
        return False
    return True


def new_context(name: str, mode: Literal["r", "w"], codec: str) -> av.VideoCodecContext:
    """Return a context, not opened yet, of what reads ("r") or writes `codec` in FFmpeg.

    Raises NotInstalled where this FFmpeg does not have it.
    """
    try:
        context = av.CodecContext.create(name, mode)
    except UnknownCodecError as error:
        verb = "encodes" if mode == "w" else "decodes"
        raise NotInstalled(
            f"{name}, which {verb} {codec}, is not in this FFmpeg ({av.ffmpeg_version_info}); "
            "the wheels of PyAV on PyPI have it"
        ) from error
    if not isinstance(context, av.VideoCodecContext):
        raise CodecError(f"{name} is no video codec")
    return context
